// Answers for pictures of pages whose figures take weeks to come about. That the pages show what the server says is tested elsewhere.

const DAYS = 30;
const MONTHS = 9;
const NOW = new Date();
const AS_OF = NOW.toISOString();
const day = (n) => new Date(NOW.getTime() - (DAYS - 1 - n) * 86_400_000).toISOString().slice(0, 10);
const month = (n) => new Date(Date.UTC(NOW.getUTCFullYear(), NOW.getUTCMonth() - (MONTHS - 1 - n), 1)).toISOString().slice(0, 7);
/** A market that grows and rests on Fridays; the same every time. */
const wave = (n, least, most) => Math.round(least + (most - least) * (0.5 + 0.3 * Math.sin(n * 1.7) + 0.2 * Math.sin(n / 4)));
const list = (length, make) => Array.from({ length }, (_, n) => make(n));

const dashboard = () => ({
  total_requests: 1_284, active_requests: 37, total_bids: 6_911, completed_orders: 402, total_revenue: '318450.75', average_bid_value: '812.40',
  merchant_satisfaction: 4_412, customer_satisfaction: 4_655, conversion_permille: 388, answered_permille: 941, contested_permille: 702,
  cancellation_permille: 46, average_response_time_s: 412, median_response_within_s: 300, currency: 'SAR', as_of: AS_OF,
  by_day: list(DAYS, (n) => ({
    date: day(n), requests: wave(n, 20, 70), bids: wave(n, 120, 380), orders: wave(n + 2, 8, 30), completed_orders: wave(n + 3, 6, 24), revenue: `${wave(n + 3, 5_000, 21_000)}.50`,
  })),
});
const requests = () => ({
  requests_by_status: [['draft', 61], ['published', 9], ['bidding_open', 37], ['bidding_closed', 0], ['reviewing', 44], ['accepted', 498], ['expired', 571], ['cancelled', 64]]
    .map(([status, count]) => ({ status, count })),
  requests_by_day: list(DAYS, (n) => ({ date: day(n), count: wave(n, 20, 70) })),
  popular_parts: [['صدام امامي', 212], ['مصباح امامي', 188], ['رديتر', 133], ['دينامو', 97], ['فحمات', 91], ['مساعدات', 77], ['كمبروسر مكيف', 60], ['مرايه يسار', 41]]
    .map(([part_name, count]) => ({ part_name, count })),
  average_response_time_s: 412, as_of: AS_OF,
  answered_within: [[60, 211], [300, 604], [900, 873], [3_600, 1_044], [14_400, 1_138], [86_400, 1_190]].map(([within_s, count]) => ({ within_s, count })),
});
const ofMerchant = (n) => ({
  bids: 14 + 3 * n, won: 3 + (n % 4) + Math.floor(n / 2), win_rate_permille: 210 + 28 * n - 60 * (n % 3), ranked_first: 5 + n, ranked_second: 4, ranked_third: 3, ranked_behind: 2 + n, unranked: n % 2,
  average_competing_bids: 4 + (n % 3), average_response_time_s: 1_900 - 150 * n, price_gap_permille: 96 - 7 * n,
});
const ofCustomer = (n) => ({
  requests: 2 + (n % 4), published: 2 + (n % 3), bids: 9 + 2 * n, average_bids: 5, orders: 1 + (n % 3), completed_orders: 1 + (n % 2), spent: `${900 + 140 * n}.00`,
  saved_against_first: `${210 + 22 * n}.00`, saved_against_median: `${120 + 31 * (n % 5)}.50`, saved_against_median_permille: 118, average_choice_time_s: 2_700,
});
const merchants = () => ({ merchant_id: 'usr_0000000000001', ...ofMerchant(8), bids: 216, won: 58, win_rate_permille: 269, by_month: list(MONTHS, (n) => ({ month: month(n), ...ofMerchant(n) })), as_of: AS_OF });
const customers = () => ({ customer_id: 'usr_0000000000001', ...ofCustomer(8), requests: 31, bids: 148, by_month: list(MONTHS, (n) => ({ month: month(n), ...ofCustomer(n) })), currency: 'SAR', as_of: AS_OF });
const prices = () => ({ part_name: 'صدام', brand_id: 1, p25: '415.00', p50: '480.00', p75: '610.00', currency: 'SAR' });

/** What analytics answer. */
export function analytics(route) {
  const [, what] = new URL(route.request().url()).pathname.match(/analytics\/(\w+)/);
  return route.fulfill({ json: { dashboard, requests, merchants, customers, prices }[what]() });
}

/** Messages that were given up. */
export const letters = (user) => (route) => route.fulfill({
  json: {
    data: [['sms', 'order_step', null, 'too_late'], ['email', 'closing_soon', 'smtp', 'connection refused'], ['push', 'outbid', 'webpush', 'http_410']].map(([channel, type, provider, fault], n) => ({
      id: `ntc_000000000000${n + 1}.${channel}`, notification_id: `ntc_000000000000${n + 1}`, type, user_id: user, channel, device_id: null, attempts: 8, provider, fault, created_at: AS_OF, dead_at: AS_OF,
    })),
    next_cursor: null,
  },
});
