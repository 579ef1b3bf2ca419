// The way back of a device closes first what lies over the page.

let sheets = 0;
const at = () => (history.state as { sheet?: number } | null)?.sheet;
// The page was loaded anew while one was open.
if (at()) history.back();

/** Has the way back call `close` once, instead of leaving the page. Call the answer when it closed in another way. */
export function onBack(close: () => void): () => void {
  sheets += 1;
  const sheet = sheets;
  history.pushState({ sheet }, '');
  const look = () => { if (at() !== sheet) close(); };
  addEventListener('popstate', look);
  return () => {
    removeEventListener('popstate', look);
    // Whoever goes on to another page at the same time does not come back here.
    setTimeout(() => { if (at() === sheet) history.back(); });
  };
}
