// A room that is being watched: its connection, its state, its clock.

import { must, type Schemas } from '../../api/client.ts';
import { app } from '../../app.svelte.ts';
import {
  EMPTY, RoomLink, ServerClock, apply, onWake, position, remember, type Command, type LinkStatus, type News, type ProblemBody, type Question,
  type Reply, type Room, type RoomEvent, type RoomFrame,
} from '../../room/index.ts';
import { renew, socketAt } from '../../socket.ts';

const TICK_MS = 200;
/** Pages of stored events that are read for the chart: enough for the longest trail. */
const HISTORY_PAGES = 6;
const HISTORY_LIMIT = 100;

export class LiveRoom {
  /** Raw: a frame makes a new state, and nothing in it is ever changed. */
  room = $state.raw<Room>(EMPTY);
  status = $state<LinkStatus>('connecting');
  problem = $state<ProblemBody | null>(null);
  request = $state.raw<Schemas['RequestBody'] | null>(null);
  error = $state<unknown>(null);
  questions = $state.raw<Question[]>([]);
  /** The server's time in milliseconds, five times a second. */
  now = $state(Date.now());
  /** The clock's largest error in milliseconds. */
  clockError = $state<number | null>(null);
  readonly id: string;
  readonly clock = new ServerClock();
  #link: RoomLink;
  #next: Room = EMPTY;
  #painting = false;
  #heard: (news: News) => void;
  #remembered = '';
  #connected = false;

  constructor(id: string, heard: (news: News) => void) {
    this.id = id;
    this.#heard = heard;
    this.#link = new RoomLink({
      ...socketAt(`/api/v1/bidding/requests/${encodeURIComponent(id)}/live`),
      clock: this.clock,
      position: () => position(this.#next),
      onFrame: (frame) => this.#take(frame),
      onStatus: (status, detail) => this.#tell(status, detail?.problem ?? null),
    });
  }

  get live(): boolean {
    return this.status === 'live';
  }

  /** Comes in, and stays until the answer is called. */
  watch(): () => void {
    void this.load();
    const ticking = setInterval(() => {
      this.now = this.clock.now();
      this.clockError = this.clock.error;
    }, TICK_MS);
    const asleep = onWake(() => this.#link.hurry());
    return () => {
      this.#link.stop();
      clearInterval(ticking);
      asleep();
    };
  }

  load = async (): Promise<void> => {
    try {
      this.request = await must(app.api.http.GET('/api/v1/orders/requests/{id}', { params: { path: { id: this.id } } }));
      this.error = null;
    } catch (error) {
      if (!this.request) this.error = error;
      return;
    }
    if (this.request.status === 'draft') return;
    if (!this.#connected) {
      this.#connected = true;
      void this.#link.open();
    }
    void this.loadQuestions();
  };

  loadQuestions = async (): Promise<void> => {
    const query = { limit: HISTORY_LIMIT };
    const list = await must(app.api.http.GET('/api/v1/bidding/requests/{id}/questions', { params: { path: { id: this.id }, query } })).catch(() => null);
    if (list) this.questions = list.data;
  };

  /** Tries once more where the server said to stay away: the reason may be gone. */
  again = (): void => void this.#link.open();

  command = (command: Command): Promise<Reply> => this.#link.command(command);

  #take(frame: RoomFrame): void {
    if (frame.type === 'question.asked' || frame.type === 'question.answered') {
      this.questions = [...this.questions.filter((one) => one.id !== frame.question.id), frame.question];
    }
    const { room, gap, news } = apply(this.#next, frame);
    if (gap) return this.#link.join();
    const state = this.#next.state;
    this.#next = room;
    if (frame.type === 'snapshot') void this.#recall();
    // A number of bids or a state in the request may have changed with it.
    if (state !== null && room.state !== state) void this.load();
    if (news) this.#heard(news);
    this.#schedule();
  }

  // Frames may come hundreds a second; the page is painted once a frame of the screen.
  #schedule(): void {
    if (this.#painting) return;
    this.#painting = true;
    const paint = () => {
      this.#painting = false;
      this.room = this.#next;
    };
    // A page that is not looked at is not painted, but must be right when it is.
    if (document.visibilityState === 'visible') requestAnimationFrame(paint);
    else setTimeout(paint, TICK_MS);
  }

  /** What happened before this page came, once for each epoch. */
  async #recall(): Promise<void> {
    if (this.#remembered === this.#next.epoch) return;
    this.#remembered = this.#next.epoch ?? '';
    const events: RoomEvent[] = [];
    let after_seq = 0;
    for (let page = 0; page < HISTORY_PAGES; page++) {
      const query = { after_seq, limit: HISTORY_LIMIT };
      const answer = await must(app.api.http.GET('/api/v1/bidding/requests/{id}/events', { params: { path: { id: this.id }, query } })).catch(() => null);
      const found = answer as unknown as { data: RoomEvent[]; next_after_seq?: number | null } | null;
      if (!found) break;
      events.push(...found.data);
      if (!found.next_after_seq || found.data.length < HISTORY_LIMIT) break;
      after_seq = found.next_after_seq;
    }
    this.#next = remember(this.#next, events);
    this.#schedule();
  }

  #tell(status: LinkStatus, problem: ProblemBody | null): void {
    const back = status === 'live' && this.status !== 'live';
    this.status = status;
    this.problem = problem;
    // Questions carry no number, so whoever comes back reads them again.
    if (back) void this.loadQuestions();
    if (status === 'signin') void renew(this.#link);
  }
}
