import { app } from '../../app.svelte.ts';
import { DESK } from '../../words/desk.ts';
import { own } from '../../words/own.ts';

/** The words of administration. */
export const { t, named } = own(() => app.style, DESK);
