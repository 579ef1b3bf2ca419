// The way back of a device closes first what lies over the page.
//
// An entry of the history may be deeper than sheets are open: one was closed by hand, and its entry stays until somebody goes back
// over it or another sheet takes it. Going back at once instead would race with whatever leads to another page meanwhile, for a
// browser goes back later than it is told to, and from wherever it is then.

const sheets: (() => void)[] = [];
const look = () => ({
  page: location.hash.split('?')[0],
  depth: (history.state as { depth?: number } | null)?.depth ?? 0,
});
let at = look();

addEventListener('popstate', () => {
  const before = at;
  at = look();
  const closes = sheets.splice(at.depth);
  for (const close of closes.reverse()) close();
  // An entry that a closed sheet left behind is no step of anybody's way.
  if (!closes.length && at.page === before.page && at.depth < before.depth) history.back();
});

/** Has the way back call `close` once, instead of leaving the page. Call the answer when it closed in another way. */
export function onBack(close: () => void): () => void {
  sheets.push(close);
  if (look().depth < sheets.length) history.pushState({ depth: sheets.length }, '');
  at = look();
  return () => {
    const index = sheets.indexOf(close);
    if (index >= 0) sheets.splice(index, 1);
  };
}
