// Brands of the catalogue, in the reader's language.

import { must, type Schemas } from '../api/client.ts';
import { app } from '../app.svelte.ts';

export type Brand = Schemas['BrandBody'];

const SHOWN = 12;
const WHOLE = 100;
const http = app.api.http;

/** Those with such a name; what is met most on the road first, so that most people type nothing. */
export const findBrands = async (q: string): Promise<Brand[]> =>
  (await must(http.GET('/api/v1/catalog/brands', { params: { query: { limit: SHOWN, sort: 'common', ...(q ? { q } : {}) } } }))).data;

/** Every one, for the names of those that are known by number. */
export async function allBrands(): Promise<Brand[]> {
  const all: Brand[] = [];
  let cursor: string | undefined;
  do {
    const page = await must(http.GET('/api/v1/catalog/brands', { params: { query: { limit: WHOLE, cursor } } }));
    all.push(...page.data);
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return all;
}
