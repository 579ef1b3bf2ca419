// Pushes to this browser: asked for by a button, known to the server as a device, taken back when its user leaves.

import { Problem, must, type Schemas } from './api/client.ts';
import { app } from './app.svelte.ts';

/**
 * `none`: the server pushes nothing to browsers; `unsupported`: the browser takes none; `blocked`: its user said no, and only its
 * settings say yes again.
 */
export type PushState = 'none' | 'unsupported' | 'blocked' | 'off' | 'on';

/** What this browser told the server, and for whom. */
interface Told { user: string; device: string; endpoint: string }

const STORE = 'mazad.push';
const WORKER = '/sw.js';
const http = app.api.http;

function told(): Told | null {
  try {
    return JSON.parse(localStorage.getItem(STORE) ?? 'null') as Told | null;
  } catch {
    return null;
  }
}

const isSupported = () => 'serviceWorker' in navigator && 'PushManager' in globalThis && 'Notification' in globalThis;

/** The server's key; null where it has none. */
async function serverKey(): Promise<string | null> {
  try {
    return (await must(http.GET('/api/v1/notifications/push-key'))).public_key;
  } catch (error) {
    if (error instanceof Problem && error.code === 'push_off') return null;
    throw error;
  }
}

async function subscription(): Promise<PushSubscription | null> {
  return (await (await navigator.serviceWorker.getRegistration(WORKER))?.pushManager.getSubscription()) ?? null;
}

/** How it stands here. */
export async function look(): Promise<PushState> {
  if ((await serverKey()) === null) return 'none';
  if (!isSupported()) return 'unsupported';
  if (Notification.permission === 'denied') return 'blocked';
  const mine = told()?.user === app.user?.id && (await subscription());
  return mine && Notification.permission === 'granted' ? 'on' : 'off';
}

/** Asks whoever sits there, then the browser, then tells the server. Call it from a click: browsers ask for nothing else. */
export async function turnOn(): Promise<PushState> {
  const permission = await Notification.requestPermission();
  if (permission !== 'granted') return permission === 'denied' ? 'blocked' : 'off';
  const key = await serverKey();
  if (key === null) return 'none';
  await navigator.serviceWorker.register(WORKER);
  const { pushManager } = await navigator.serviceWorker.ready;
  const before = await pushManager.getSubscription();
  const applicationServerKey = bytes(key);
  // A subscription is for one key for ever, and the operator may have made another.
  const fits = before && same(before.options.applicationServerKey, applicationServerKey);
  if (before && !fits) await before.unsubscribe();
  await tell(fits ? before : await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey }));
  return 'on';
}

/** Nothing is pushed here any more. */
export async function turnOff(): Promise<void> {
  const known = told();
  localStorage.removeItem(STORE);
  if (isSupported()) await (await subscription())?.unsubscribe();
  if (known && known.user === app.user?.id) await forget(known.device);
}

/** Takes a device away; one that is gone already is no fault. */
export async function forget(id: string): Promise<void> {
  await must(http.DELETE('/api/v1/notifications/devices/{id}', { params: { path: { id } } })).catch((error) => {
    if (!(error instanceof Problem && error.code === 'unknown_device')) throw error;
  });
}

/** Browsers move their subscriptions now and then, and a worker has no token to say so. */
export async function renew(): Promise<void> {
  const known = told();
  if (!known || known.user !== app.user?.id || !isSupported()) return;
  const now = await subscription();
  if (now && now.endpoint !== known.endpoint) await tell(now);
}

async function tell(made: PushSubscription): Promise<void> {
  const { endpoint, keys } = made.toJSON();
  const body = { endpoint, keys: keys as Schemas['KeysInput'], name: browserName(navigator.userAgent) };
  const device = await must(http.POST('/api/v1/notifications/devices', { body }));
  localStorage.setItem(STORE, JSON.stringify({ user: app.user?.id ?? '', device: device.id, endpoint: made.endpoint } satisfies Told));
}

/** The id of this browser among one's devices. */
export const ownDevice = (): string | null => told()?.device ?? null;

/** `Chrome, Android`: enough to know one's own device again. */
export function browserName(agent: string): string {
  const first = (names: [RegExp, string][]) => names.find(([mark]) => mark.test(agent))?.[1];
  const browser = first([[/Edg/, 'Edge'], [/SamsungBrowser/, 'Samsung Internet'], [/OPR|Opera/, 'Opera'], [/Firefox|FxiOS/, 'Firefox'], [/Chrome|CriOS/, 'Chrome'], [/Safari/, 'Safari']]);
  const system = first([[/Android/, 'Android'], [/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Windows/, 'Windows'], [/Mac OS/, 'macOS'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux']]);
  return [browser, system].filter(Boolean).join(', ') || 'Web';
}

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64url.replace(/-/g, '+').replace(/_/g, '/')), (char) => char.charCodeAt(0));
}

function same(one: ArrayBuffer | null, other: Uint8Array): boolean {
  return one !== null && one.byteLength === other.length && new Uint8Array(one).every((byte, at) => byte === other[at]);
}
