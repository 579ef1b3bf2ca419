// What happened, in words.

import { app } from '../../app.svelte.ts';
import type { News, Ranked } from '../../room/index.ts';
import type { Key } from '../../words/index.ts';

const WORD: Record<News['type'], Key | null> = {
  'bid.placed': 'news_placed', 'bid.revised': 'news_revised', 'bid.withdrawn': 'news_withdrawn', 'bids.counted': null,
  'deadline.extended': 'news_extended', 'room.paused': 'news_paused', 'room.resumed': 'news_resumed', interrupted: 'news_interrupted',
  'ring.widened': 'news_widened', 'room.closed': 'news_closed', 'room.reviewing': 'news_reviewing', 'room.accepted': 'news_accepted',
  'room.expired': 'news_expired', 'room.cancelled': 'news_cancelled', 'room.opened': 'news_opened', 'room.published': 'news_published',
};

/** A stored event names its bid alone; `top` may know whose it is. */
export function newsText(news: News, now: number, top: Ranked[] = []): string {
  const key = WORD[news.type];
  if (!key) return news.type;
  const alias = news.alias ?? top.find((row) => row.bid === news.bid)?.alias;
  return app.t(key, {
    who: news.name ?? (alias ? app.t('alias', { alias }) : app.t('someone')),
    amount: app.money(news.landed),
    time: news.closesAt ? app.clock(news.closesAt, now) : '',
    cause: news.cause ? app.named('cause', news.cause) : '',
  });
}
