// Words of a part that is loaded when it is opened: they travel with it, not with the first page.

import { shown, type Style } from '../format.ts';
import { fill, type Blanks } from './index.ts';

/** What gives a part's words in the reader's language. */
export function own<K extends string>(style: () => Style, words: Record<Style['lang'], Record<K, string>>) {
  return {
    t: (key: K, blanks: Blanks = {}): string => fill(shown(words[style().lang][key], style()), blanks),
    /** A word that the server chose; its own where there is none. */
    named: (prefix: string, name: string): string => {
      const key = `${prefix}_${name}`;
      return key in words.ar ? words[style().lang][key as K] : name;
    },
  };
}
