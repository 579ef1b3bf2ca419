// Pages that are opened now and then: their code comes when they do.

import type { Component } from 'svelte';

type Load = () => Promise<{ default: Component<any> }>;

/** By the first word behind the `#`; what stands behind it is the page's `id`. */
export const MORE = new Map<string, Load>([
  ['notices', () => import('./Notices.svelte')],
  ['preferences', () => import('./Preferences.svelte')],
  ['profile', () => import('./Profile.svelte')],
  ['business', () => import('./Business.svelte')],
  ['cars', () => import('./Cars.svelte')],
  ['sessions', () => import('./Sessions.svelte')],
  ['privacy', () => import('./Privacy.svelte')],
  ['payments', () => import('./Payments.svelte')],
]);
