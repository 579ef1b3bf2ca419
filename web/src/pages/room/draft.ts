// A bid as it is typed: texts of fields, and what they come to.

import { landed, type Offer } from '../../offer.ts';
import { latinDigits, parseAmount, wireAmount, type BidContent } from '../../room/index.ts';

export interface Item { id: string; part_name: string; quantity: number }
export interface Draft {
  prices: Record<string, string>; fee: string; hours: string; warranty: string; terms: string; notes: string; floor: string;
}

export const fresh = (terms: string): Draft => ({ prices: {}, fee: '0.00', hours: '48', warranty: '90', terms, notes: '', floor: '' });

export interface Line { id: string; quantity: number; unitPrice: number | null }

/** The amounts that are typed so far. */
export function offerOf(draft: Draft, items: Item[]): Offer<Line> {
  return {
    lines: items.map((item) => ({ id: item.id, quantity: item.quantity, unitPrice: parseAmount(draft.prices[item.id] ?? '') })),
    deliveryFee: parseAmount(draft.fee || '0'),
  };
}

export const sumOf = (draft: Draft, items: Item[]): number | null => landed(offerOf(draft, items));

/** Which fields make no sense: on the first screen the prices, on the second the terms. */
export function faultsOf(draft: Draft, items: Item[]): { prices: string[]; terms: string[] } {
  const offer = offerOf(draft, items);
  const whole = (text: string, least: number) => /^\d{1,5}$/.test(latinDigits(text)) && Number(latinDigits(text)) >= least;
  return {
    prices: [
      ...offer.lines.flatMap((line, at) => ((line.unitPrice ?? 0) > 0 ? [] : [`items[${at}].unit_price`])),
      ...(offer.deliveryFee === null ? ['delivery_fee'] : []),
    ],
    terms: [
      ...(whole(draft.hours, 1) ? [] : ['delivery_hours']), ...(whole(draft.warranty, 0) ? [] : ['warranty_days']),
      ...(draft.floor.trim() && parseAmount(draft.floor) === null ? ['floor'] : []),
    ],
  };
}

/** The body to send; for a draft without faults. */
export function contentOf(draft: Draft, items: Item[], confirmed: boolean): BidContent {
  const offer = offerOf(draft, items);
  const floor = parseAmount(draft.floor);
  return {
    items: offer.lines.map((line) => ({ request_item_id: line.id, quantity: line.quantity, unit_price: wireAmount(line.unitPrice ?? 0) })),
    delivery_fee: wireAmount(offer.deliveryFee ?? 0),
    delivery_hours: Number(latinDigits(draft.hours)),
    warranty_days: Number(latinDigits(draft.warranty)),
    payment_terms: draft.terms,
    ...(draft.notes.trim() ? { notes: draft.notes.trim() } : {}),
    ...(floor === null ? {} : { floor: wireAmount(floor) }),
    ...(confirmed ? { confirmed: true } : {}),
  };
}
