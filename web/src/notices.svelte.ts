// One's own notifications as they come: how many are unread, the newest, and who wants to know.

import { must } from './api/client.ts';
import { app } from './app.svelte.ts';
import { FeedLink, type Notice } from './feed/link.ts';
import { onWake } from './room/index.ts';
import { renew, socketAt } from './socket.ts';

const PEEK_MS = 8_000;

type Ear = (notice: Notice | null) => void;

class Notices {
  unread = $state(0);
  /** The one that just came, for a moment. */
  peek = $state.raw<Notice | null>(null);
  live = $state(false);
  #ears = new Set<Ear>();
  #peeking: ReturnType<typeof setTimeout> | undefined;

  /** Listens while somebody is signed in; call the answer to stop. In a language, because the feed writes in one. */
  follow(lang: string): () => void {
    const link = new FeedLink({
      ...socketAt(`/api/v1/notifications/live?lang=${lang}`),
      onNotice: (notice) => this.#take(notice),
      onUnread: (count) => { this.unread = count; },
      onReload: () => this.#tell(null),
      onStatus: (status) => {
        const back = status === 'live' && !this.live;
        this.live = status === 'live';
        if (back) this.#tell(null);
        if (status === 'signin' && !app.ending) void renew(link);
      },
    });
    void link.open();
    const asleep = onWake(() => link.hurry());
    return () => {
      link.stop();
      this.live = false;
      asleep();
    };
  }

  /** Hears of every notification, and `null` when a list that is shown may have missed some. The answer ends it. */
  hear(ear: Ear): () => void {
    this.#ears.add(ear);
    return () => { this.#ears.delete(ear); };
  }

  hide = (): void => {
    clearTimeout(this.#peeking);
    this.peek = null;
  };

  /** Marks as read: one, or everything. */
  async read(id: string | null): Promise<void> {
    const { http } = app.api;
    const answer = id === null
      ? await must(http.POST('/api/v1/notifications/read-all', { body: {} }))
      : await must(http.POST('/api/v1/notifications/{id}/read', { params: { path: { id } } }));
    this.unread = answer.unread_count;
  }

  #take(notice: Notice): void {
    this.#tell(notice);
    if (notice.type === 'verification') app.ask().catch(app.fail);
    // Whoever looks at what it is about sees it happen.
    if (`/${location.hash}` === notice.link) return;
    app.say(notice.title);
    this.peek = notice;
    clearTimeout(this.#peeking);
    this.#peeking = setTimeout(this.hide, PEEK_MS);
  }

  #tell(notice: Notice | null): void {
    for (const ear of this.#ears) ear(notice);
  }
}

export const notices = new Notices();
