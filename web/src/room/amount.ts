// Amounts as whole halalas: they never pass through a fraction.

/** Digits of any script as Latin ones; direction marks dropped. */
export function latinDigits(text: string): string {
  return text
    .replace(/[\u0660-\u0669]/g, (d) => String(d.charCodeAt(0) - 0x0660))
    .replace(/[\u06f0-\u06f9]/g, (d) => String(d.charCodeAt(0) - 0x06f0))
    .replace(/\u066b/g, '.')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u061c]/g, '')
    .trim();
}

/** Thousands as they are shown and typed: `1,250`, `١٬٢٥٠`, `١،٢٥٠`. */
const GROUPED = /^\d{1,3}([,\u066c\u060c]\d{3})+(?=\.|$)/;

/** Halalas of `"120.50"` or `"1,200"`, in any script's digits; null when it is no amount of at most two places. */
export function parseAmount(text: unknown): number | null {
  if (typeof text !== 'string') return null;
  const plain = latinDigits(text).replace(GROUPED, (whole) => whole.replace(/\D/g, ''));
  const match = /^(\d{1,13})(?:\.(\d{1,2}))?$/.exec(plain);
  if (!match) return null;
  return Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'));
}

/** `"120.50"`, as the API writes it. */
export function wireAmount(halalas: number): string {
  const rest = String(Math.abs(halalas) % 100).padStart(2, '0');
  return `${halalas < 0 ? '-' : ''}${Math.floor(Math.abs(halalas) / 100)}.${rest}`;
}
