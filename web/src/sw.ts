// The service worker: shows what is pushed and leads to it. It keeps nothing, and answers no request of the page.

/** The part of a worker's world that is needed here; the compiler's own conflicts with that of the page. */
interface Client { url: string; focused: boolean; focus(): Promise<unknown>; postMessage(message: unknown): void }
interface Worker {
  registration: { showNotification(title: string, options: NotificationOptions): Promise<void> };
  clients: {
    matchAll(which: { type: 'window'; includeUncontrolled: boolean }): Promise<Client[]>;
    openWindow(url: string): Promise<unknown>; claim(): Promise<void>;
  };
  location: Location;
  skipWaiting(): Promise<void>;
  addEventListener(name: 'install' | 'activate', heard: (event: Waits) => void): void;
  addEventListener(name: 'push', heard: (event: Waits & { data: { json(): unknown } | null }) => void): void;
  addEventListener(name: 'notificationclick', heard: (event: Waits & { notification: Notification }) => void): void;
}
interface Waits { waitUntil(work: Promise<unknown>): void }

/** What the server pushes (src/drivers/push). */
interface Pushed { title: string; body: string; url: string; tag: string; lang: string; dir: 'rtl' | 'ltr' }

const worker = self as unknown as Worker;

worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()));

worker.addEventListener('push', (event) => {
  let pushed: Partial<Pushed> = {};
  try {
    pushed = (event.data?.json() ?? {}) as Partial<Pushed>;
  } catch {
    // A browser takes the right to push away from whoever shows nothing.
  }
  const { title = 'مزاد', body = '', url = '/', tag = 'mazad', lang = 'ar', dir = 'rtl' } = pushed;
  event.waitUntil(worker.registration.showNotification(title, { body, tag, lang, dir, data: { url } }));
});

worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { url } = event.notification.data as { url: string };
  event.waitUntil(open(url));
});

/** Goes there in a window that is open, or in a new one. What is not of this site leads to its first page. */
async function open(given: string): Promise<void> {
  const { origin } = worker.location;
  const wanted = URL.canParse(given, origin) ? new URL(given, origin) : new URL(origin);
  // The operator may call the site otherwise than this browser reached it: where in the page is what counts.
  const hash = wanted.hash || '#/requests';
  const windows = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const shown = windows.find((one) => one.focused) ?? windows[0];
  if (!shown) return void (await worker.clients.openWindow(`${origin}/${hash}`));
  shown.postMessage({ open: hash });
  await shown.focus();
}
