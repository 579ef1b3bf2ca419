// Nouns with their number. Arabic has six forms and the digits are left out of one and two.

import type { Lang } from '../format.ts';

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
export type Noun = 'parts' | 'bids' | 'hours' | 'days' | 'times' | 'orders' | 'hashes';

export const COUNTED: Record<Lang, Record<Noun, Forms>> = {
  ar: {
    parts: { zero: 'لا قطع', one: 'قطعة واحدة', two: 'قطعتان', few: '{n} قطع', many: '{n} قطعة', other: '{n} قطعة' },
    bids: { zero: 'لا عروض', one: 'عرض واحد', two: 'عرضان', few: '{n} عروض', many: '{n} عرضًا', other: '{n} عرض' },
    hours: { zero: 'فورًا', one: 'ساعة', two: 'ساعتان', few: '{n} ساعات', many: '{n} ساعة', other: '{n} ساعة' },
    days: { zero: 'بلا', one: 'يوم', two: 'يومان', few: '{n} أيام', many: '{n} يومًا', other: '{n} يوم' },
    times: { zero: 'لم يُمدّد', one: 'مُدّد مرة', two: 'مُدّد مرتين', few: 'مُدّد {n} مرات', many: 'مُدّد {n} مرة', other: 'مُدّد {n} مرة' },
    hashes: { zero: 'لا بصمات', one: 'بصمة واحدة', two: 'بصمتان', few: '{n} بصمات', many: '{n} بصمة', other: '{n} بصمة' },
    orders: { zero: 'لا أوامر شراء', one: 'أمر شراء واحد', two: 'أمرا شراء', few: '{n} أوامر شراء', many: '{n} أمر شراء', other: '{n} أمر شراء' },
  },
  en: {
    parts: { one: '{n} part', other: '{n} parts' },
    bids: { one: '{n} bid', other: '{n} bids' },
    hours: { one: '{n} hour', other: '{n} hours' },
    days: { one: '{n} day', other: '{n} days' },
    times: { one: 'extended once', two: 'extended twice', other: 'extended {n} times' },
    hashes: { one: '{n} hash', other: '{n} hashes' },
    orders: { one: '{n} order', other: '{n} orders' },
  },
};
