import type { Lang } from '../format.ts';

/** The largest, to begin with; any other is typed. */
export const CITIES: Record<Lang, string[]> = {
  ar: ['الرياض', 'جدة', 'مكة', 'المدينة', 'الدمام', 'الخبر', 'الطائف', 'بريدة', 'تبوك', 'أبها', 'حائل', 'جازان'],
  en: ['Riyadh', 'Jeddah', 'Makkah', 'Madinah', 'Dammam', 'Khobar', 'Taif', 'Buraydah', 'Tabuk', 'Abha', 'Hail', 'Jazan'],
};
