// What was typed and is not sent yet, kept with the tab for whoever typed it: a page that is loaded anew or left by mistake costs nobody
// their work.

import { app } from '../app.svelte.ts';

const place = (name: string) => `mazad.typed.${app.user?.id ?? ''}.${name}`;

export function recall<T>(name: string): T | null {
  return JSON.parse(sessionStorage.getItem(place(name)) ?? 'null') as T | null;
}

export const remember = (name: string, work: unknown): void => sessionStorage.setItem(place(name), JSON.stringify(work));

export const forget = (name: string): void => sessionStorage.removeItem(place(name));
