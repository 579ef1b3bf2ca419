// When a connection is worth a look: whoever slept, went under ground or changed networks is told so by nobody else.

interface Network extends EventTarget { type?: string }

/** Calls `look` whenever the device wakes, the page is looked at again, or the network may be another. The answer ends it. */
export function onWake(look: () => void): () => void {
  const seen = () => { if (document.visibilityState === 'visible') look(); };
  // Only some browsers tell when a telephone goes from one network to another without being offline.
  const network = (navigator as Navigator & { connection?: Network }).connection;
  document.addEventListener('visibilitychange', seen);
  for (const name of ['online', 'offline', 'pageshow'] as const) addEventListener(name, look);
  network?.addEventListener?.('change', look);
  return () => {
    document.removeEventListener('visibilitychange', seen);
    for (const name of ['online', 'offline', 'pageshow'] as const) removeEventListener(name, look);
    network?.removeEventListener?.('change', look);
  };
}
