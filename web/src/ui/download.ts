// Files behind the sign-in: a link could not carry the token, so the bytes are fetched and handed to the browser, or sent.

import { Problem, type Schemas } from '../api/client.ts';
import { app } from '../app.svelte.ts';

/** Long enough for a browser to have taken the bytes. */
const TAKEN_MS = 60_000;

async function bytesOf(path: string): Promise<string> {
  const answer = await app.api.send(new Request(path)).catch(() => null);
  if (!answer) throw new Problem(0, { code: 'network' });
  if (!answer.ok) throw new Problem(answer.status, await answer.json().catch(() => null));
  const url = URL.createObjectURL(await answer.blob());
  setTimeout(() => URL.revokeObjectURL(url), TAKEN_MS);
  return url;
}

/** Saves what stands at a path of the API under a name. */
export async function download(path: string, name: string): Promise<void> {
  const link = document.createElement('a');
  link.href = await bytesOf(path);
  link.download = name;
  link.click();
}

/** Shows an image or a document of the API in a tab of its own; call it from a click. */
export async function show(path: string): Promise<void> {
  // A tab that is opened behind an await is taken for an advertisement.
  const tab = window.open('', '_blank');
  try {
    const url = await bytesOf(path);
    if (tab) tab.location.href = url;
    else location.href = url;
  } catch (error) {
    tab?.close();
    throw error;
  }
}

/** Sends a file, and gives what the server made of it. */
export async function upload(file: File): Promise<Schemas['FileBody']> {
  const body = new FormData();
  body.append('file', file, file.name);
  const answer = await app.api.send(new Request('/api/v1/files', { method: 'POST', body })).catch(() => null);
  if (!answer) throw new Problem(0, { code: 'network' });
  const content = await answer.json().catch(() => null);
  if (!answer.ok) throw new Problem(answer.status, content);
  return content as Schemas['FileBody'];
}
