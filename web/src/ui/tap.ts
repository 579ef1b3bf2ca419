// The second tap of a double tap means what the first one did. What came to light under the finger in between must not take it.

const DOUBLE_MS = 500;
const NEAR_PX = 40;

let last: PointerEvent | null = null;
let spent = false;

/** The tap that is being answered has changed what lies under it. */
export const spend = (): void => { spent = true; };

addEventListener('click', (event) => {
  const tap = event as PointerEvent;
  // Browsers count the clicks of a mouse, and call the keyboard's nought; fingers are counted by time and place.
  const again = tap.pointerType === 'mouse' ? tap.detail > 1
    : tap.detail > 0 && last !== null && tap.timeStamp - last.timeStamp < DOUBLE_MS
      && Math.hypot(tap.clientX - last.clientX, tap.clientY - last.clientY) < NEAR_PX;
  if (spent && again) {
    tap.preventDefault();
    tap.stopImmediatePropagation();
    return;
  }
  last = tap;
  spent = false;
}, true);
