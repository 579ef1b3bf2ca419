// A bid as it is typed: texts of fields, and what they come to.

import { landed, type Offer } from '../../offer.ts';
import { latinDigits, parseAmount, wireAmount, type BidContent } from '../../room/index.ts';

/** A part that is asked for; `condition` where only one will do. */
export interface Item { id: string; part_name: string; quantity: number; condition?: string | null | undefined }
export interface Draft {
  prices: Record<string, string>; conditions: Record<string, string>; fee: string; hours: string; warranty: string; terms: string;
  notes: string; floor: string;
}

export const fresh = (terms: string): Draft => ({ prices: {}, conditions: {}, fee: '0.00', hours: '48', warranty: '90', terms, notes: '', floor: '' });

export interface Line { id: string; quantity: number; unitPrice: number | null }

const typed = (draft: Draft, id: string) => (draft.prices[id] ?? '').trim();
/** The parts that are offered: all of them, or, where some may be left out, those that have a price. */
export const offered = (draft: Draft, items: Item[], partial: boolean): Item[] => (partial ? items.filter(({ id }) => typed(draft, id)) : items);

/** The amounts that are typed so far. */
export function offerOf(draft: Draft, items: Item[], partial: boolean): Offer<Line> {
  return {
    lines: offered(draft, items, partial).map((item) => ({ id: item.id, quantity: item.quantity, unitPrice: parseAmount(typed(draft, item.id)) })),
    deliveryFee: parseAmount(draft.fee || '0'),
  };
}

/** What it comes to; null while nothing, or something that is no price, is typed. */
export function sumOf(draft: Draft, items: Item[], partial: boolean): number | null {
  const offer = offerOf(draft, items, partial);
  return offer.lines.length ? landed(offer) : null;
}

/** Which fields make no sense: on the first screen the prices, on the second the terms. */
export function faultsOf(draft: Draft, items: Item[], partial: boolean): { prices: string[]; terms: string[] } {
  const whole = (text: string, least: number) => /^\d{1,5}$/.test(latinDigits(text)) && Number(latinDigits(text)) >= least;
  // Somebody who offers nothing at all is asked for the first price.
  const asked = offered(draft, items, partial).length ? offered(draft, items, partial) : items.slice(0, 1);
  const wrong = new Set(asked.filter(({ id }) => !parseAmount(typed(draft, id))).map(({ id }) => id));
  return {
    prices: [
      ...items.flatMap(({ id }, at) => (wrong.has(id) ? [`items[${at}].unit_price`] : [])),
      ...(parseAmount(draft.fee || '0') === null ? ['delivery_fee'] : []),
    ],
    terms: [
      ...(whole(draft.hours, 1) ? [] : ['delivery_hours']), ...(whole(draft.warranty, 0) ? [] : ['warranty_days']),
      ...(draft.floor.trim() && parseAmount(draft.floor) === null ? ['floor'] : []),
    ],
  };
}

/** The field of the form for one that the server names: it counts the lines that were sent, the form the parts that are asked for. */
export function fieldOf(name: string, draft: Draft, items: Item[], partial: boolean): string {
  const sent = offered(draft, items, partial);
  return name.replace(/^items\[(\d+)\]/, (whole, at: string) => {
    const item = sent[Number(at)];
    return item ? `items[${items.indexOf(item)}]` : whole;
  });
}

/** The body to send; for a draft without faults. */
export function contentOf(draft: Draft, items: Item[], partial: boolean, confirmed: boolean): BidContent {
  const floor = parseAmount(draft.floor);
  return {
    items: offered(draft, items, partial).map((item) => ({
      request_item_id: item.id, quantity: item.quantity, unit_price: wireAmount(parseAmount(typed(draft, item.id)) ?? 0),
      // Where one is asked for, that one is meant.
      ...(!item.condition && draft.conditions[item.id] ? { condition: draft.conditions[item.id] } : {}),
    })),
    delivery_fee: wireAmount(parseAmount(draft.fee || '0') ?? 0),
    delivery_hours: Number(latinDigits(draft.hours)),
    warranty_days: Number(latinDigits(draft.warranty)),
    payment_terms: draft.terms,
    ...(draft.notes.trim() ? { notes: draft.notes.trim() } : {}),
    ...(floor === null ? {} : { floor: wireAmount(floor) }),
    ...(confirmed ? { confirmed: true } : {}),
  };
}
