// A bid before it is sent: its sum, the least cut the rules take, and how to reach a wished total. All in halalas.

export interface OfferLine { quantity: number; unitPrice: number | null }
export interface Offer<L extends OfferLine = OfferLine> { lines: L[]; deliveryFee: number | null }

/** Σ(quantity × unit price) + delivery fee; null while a price is missing. */
export function landed(offer: Offer): number | null {
  let sum = offer.deliveryFee ?? 0;
  for (const line of offer.lines) {
    if (line.unitPrice === null) return null;
    sum += line.quantity * line.unitPrice;
  }
  return sum;
}

/** The least cut on one's own live landed total (the ladder, in riyals: 1, 2, 5, 20, 50). */
export function step(current: number): number {
  const riyals = Math.floor(current / 100);
  if (riyals < 100) return 100;
  if (riyals < 500) return 200;
  if (riyals < 2_000) return 500;
  if (riyals < 10_000) return 2_000;
  return 5_000;
}

/** The largest landed total that passes as the next revision. */
export function nextLanded(current: number): number {
  return Math.max(current - step(current), 1);
}

/**
 * The offer with unit prices lowered until its total is at most `target`, taking from the dearest line first;
 * null when that would need a price below one halala.
 */
export function reach<L extends OfferLine>(offer: Offer<L>, target: number): Offer<L> | null {
  const sum = landed(offer);
  if (sum === null) return null;
  const lines = offer.lines.map((line) => ({ ...line }));
  let over = sum - target;
  if (over <= 0) return { ...offer, lines };
  const worth = (line: OfferLine) => (line.unitPrice ?? 0) * line.quantity;
  for (const line of [...lines].sort((a, b) => worth(b) - worth(a))) {
    const price = line.unitPrice ?? 0;
    const cut = Math.min(Math.ceil(over / line.quantity), price - 1);
    line.unitPrice = price - cut;
    over -= cut * line.quantity;
    if (over <= 0) return { ...offer, lines };
  }
  return null;
}
