import { app } from '../../app.svelte.ts';
import { FIGURES } from '../../words/figures.ts';
import { own } from '../../words/own.ts';

/** The words of figures and charts. */
export const { t } = own(() => app.style, FIGURES);
