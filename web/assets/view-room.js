// One room: the clock, the ranking, what happens, and the bidder's own side.

import { EMPTY, apply, countdown } from './board.js';
import { bidPanel } from './view-bid.js';
import { ServerClock } from './clock.js';
import { h, say, setText, toast } from './dom.js';
import { clockTime, count, money, points, remaining } from './format.js';
import { RoomLink } from './link.js';

// What is left when it is said aloud, in milliseconds.
const ANNOUNCE_MS = [300_000, 60_000, 10_000];
const TICK_MS = 200;
const MOVE_MS = 450;

export function roomView(app, main, request) {
  const { t, api, lang } = app;
  const clock = new ServerClock();
  let room = EMPTY;
  let about = null;
  let announced = Infinity;
  let leader = null;
  let link = null;
  let scheduled = false;
  // Names by account, for the customer, who may know them; frames carry the accounts alone.

  // ---- the page, once; afterwards only its texts change
  const status = h('span.live', { role: 'status' });
  const title = h('h1', { dir: 'auto' }, '…');
  const subtitle = h('p.muted', { dir: 'auto' });
  const state = h('span.state');
  const timerLabel = h('span.muted');
  const timer = h('div.timer', { role: 'timer', dir: 'ltr' }, '--:--');
  const deadline = h('p.muted');
  const synced = h('p.fine');
  const facts = h('dl.facts');
  const table = h('ol.board', { 'aria-label': t('ranking') });
  const boardNote = h('p.empty');
  const feed = h('ul.feed');
  const parts = h('ul.parts');
  const own = h('section.card.own', { hidden: true, 'aria-label': t('yourBid') });
  const outcome = h('section.card.outcome', { hidden: true });
  main.append(h('div.room',
    h('div.headline', h('a.back', { href: '#/requests' }, t('back')), status),
    h('section.card.head', h('div.title', state, title, subtitle),
      h('div.clock', timerLabel, timer, deadline, synced), facts),
    outcome,
    h('div.columns',
      h('div.column', h('section.card.ranking', h('h2', t('ranking')), legend(), table, boardNote),
        h('section.card.activity', h('h2', t('activity')), feed)),
      h('div.column', own, h('details.card', h('summary', t('details')), parts)))));

  const panel = bidPanel(app, own, {
    request,
    send: (frame) => link.command(frame),
    refresh: () => link.join(),
  });

  link = new RoomLink({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/bidding/requests/${encodeURIComponent(request)}/live`,
    token: () => api.token(),
    clock,
    position: () => (room.epoch === null ? null : { epoch: room.epoch, seq: room.seq }),
    onFrame: take,
    onStatus: showStatus,
  });
  link.open();
  const ticking = setInterval(tick, TICK_MS);
  const wake = () => { if (document.visibilityState === 'visible') { link.hurry(); link.ping(); } };
  const online = () => link.hurry();
  document.addEventListener('visibilitychange', wake);
  addEventListener('online', online);
  load();
  return () => {
    link.stop();
    clearInterval(ticking);
    document.removeEventListener('visibilitychange', wake);
    removeEventListener('online', online);
  };

  async function load() {
    try {
      about = await api.get(`/orders/requests/${encodeURIComponent(request)}`);
      if (!main.contains(title)) return;
      setText(title, about.title);
      document.title = `${about.title} — ${t('brand')}`;
      setText(subtitle, [about.vehicle?.full_name, about.description].filter(Boolean).join(' · '));
      parts.replaceChildren(...(about.items ?? []).map((item) => h('li',
        h('bdi', item.part_name), item.part_number && h('bdi.muted', ` ${item.part_number}`), ` × ${count(item.quantity, lang)}`,
        item.description && h('p.muted', { dir: 'auto' }, item.description))));
      panel.setItems(about.items ?? []);
      paint();
    } catch (error) {
      app.fail(error);
    }
  }

  async function showStatus(now, detail) {
    status.className = `live ${now}`;
    setText(status, t(now === 'signin' ? 'signInAgain' : now));
    panel.setConnected(now === 'live');
    if (now === 'refused') toast(app.problem({ body: detail }));
    if (now !== 'signin') return;
    if (api.session?.refresh_token && (await api.refresh())) link.open();
    else { api.keep(null); app.go('#/signin'); }
  }

  function take(frame) {
    const { state: after, gap, news } = apply(room, frame);
    if (gap) return link.join(frame.epoch !== room.epoch);
    const before = room;
    room = after;
    if (frame.type === 'deadline.extended') {
      announced = Infinity;
      say(t('extendedJust', { time: clockTime(room.closesAt, lang) }));
    }
    if (news?.type.startsWith('room.')) say(newsText(news));
    if (room !== before) schedule();
    return undefined;
  }

  // Frames may come hundreds a second; the page is painted once a frame of the screen.
  function schedule() {
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => { scheduled = false; paint(); });
  }

  function paint() {
    const shown = room.paused && room.state === 'bidding_open' ? 'paused' : room.state;
    state.className = `state ${shown ?? ''}`;
    setText(state, shown ? t(`state_${shown}`) : t('loading'));
    paintFacts();
    paintBoard();
    paintFeed();
    paintOutcome();
    panel.update(room);
    tick();
  }

  function paintFacts() {
    const known = [
      [t('best'), room.best ?? room.top[0]?.landed ?? null, (v) => money(v, lang)],
      [t('liveBids'), room.liveBids, (v) => count(v, lang)],
      [t('watchers'), room.watchers, (v) => count(v, lang)],
    ].filter(([, value]) => value !== null && value !== undefined);
    facts.replaceChildren(...known.map(([name, value, show]) => h('div', h('dt', name), h('dd', show(value)))));
  }

  function legend() {
    return h('p.legend', { 'aria-hidden': 'true' },
      h('span.price', t('price')), h('span.merchant', t('merchantScore')), h('span.delivery', t('delivery')));
  }

  function paintBoard() {
    const before = new Map([...table.children].map((row) => [row.dataset.bid, row]));
    const from = new Map([...before].map(([bid, row]) => [bid, row.getBoundingClientRect().top]));
    const rows = room.top.map((bid) => boardRow(bid, before.get(bid.bid)));
    table.replaceChildren(...rows);
    if (!matchMedia('(prefers-reduced-motion: reduce)').matches) {
      for (const row of rows) {
        const was = from.get(row.dataset.bid);
        const moved = was === undefined ? 24 : was - row.getBoundingClientRect().top;
        if (moved) row.animate([{ transform: `translateY(${moved}px)`, opacity: was === undefined ? 0 : 1 }, { transform: 'none', opacity: 1 }], { duration: MOVE_MS, easing: 'ease-out' });
      }
    }
    boardNote.hidden = room.top.length > 0 || room.state === null;
    setText(boardNote, emptyText());
    const first = room.top[0];
    if (first && leader && first.bid !== leader) say(t('newLeader', { who: who(first), amount: money(first.landed, lang) }));
    leader = first?.bid ?? leader;
  }

  function emptyText() {
    if (room.you?.role === 'host' && room.liveBids > 0) return t('sealedCount', { n: count(room.liveBids, lang) });
    return t(room.you?.role === 'merchant' && room.visibility !== 'open' ? 'hiddenBids' : 'noBids');
  }

  function boardRow(bid, old) {
    const mine = room.you?.bid?.id === bid.bid;
    const row = old ?? h('li', { 'data-bid': bid.bid });
    const print = JSON.stringify([bid, mine, who(bid)]);
    if (row.dataset.print === print) return row;
    const improved = old && Number(row.dataset.landed) > bid.landed;
    row.dataset.print = print;
    row.dataset.landed = bid.landed;
    row.className = [mine && 'mine', bid.rank === 1 && 'first'].filter(Boolean).join(' ');
    const parts = [['price', t('price')], ['merchant', t('merchantScore')], ['delivery', t('delivery')]];
    row.replaceChildren(
      h('span.rank', { 'aria-label': `${t('rank')} ${bid.rank}` }, count(bid.rank, lang)),
      h('div.who', h('strong', { dir: 'auto' }, mine ? `${t('you')} (${who(bid)})` : who(bid)),
        h('span.muted', `${count(bid.deliveryHours, lang)} ${t('hours')} · ${t('warranty')} ${count(bid.warrantyDays, lang)} ${t('days')}`)),
      h('div.amount', h('strong', money(bid.landed, lang)), h('span.muted', `${points(bid.score.total, lang, 2)} ${t('score')}`)),
      h('div.score', { role: 'img', 'aria-label': parts.map(([key, name]) => `${name} ${points(bid.score[key], lang)}`).join('، ') },
        parts.map(([key]) => bar(key, bid.score[key]))));
    if (improved && !matchMedia('(prefers-reduced-motion: reduce)').matches) row.animate([{ backgroundColor: 'var(--flash)' }, {}], { duration: 900 });
    return row;
  }

  function bar(key, value) {
    const fill = h('i');
    fill.style.inlineSize = `${Math.max(0, Math.min(100, value))}%`;
    return h(`span.bar.${key}`, fill, h('b', points(value, lang)));
  }

  function who(bid) {
    return bid.name ?? t('alias', { alias: bid.alias });
  }

  function paintFeed() {
    const known = new Map([...feed.children].map((line) => [line.dataset.key, line]));
    feed.replaceChildren(...room.feed.map((news) => known.get(news.key) ?? h('li', { 'data-key': news.key },
      h('span', newsText(news)), h('time', { datetime: news.at, dir: 'ltr' }, clockTime(news.at, lang, clock.now())))));
    if (!room.feed.length) feed.append(h('li.muted', t('nothingYet')));
  }

  function newsText(news) {
    const name = news.name ?? (news.alias ? t('alias', { alias: news.alias }) : t('someone'));
    const blanks = {
      who: name, amount: money(news.landed, lang),
      time: news.closesAt && clockTime(news.closesAt, lang, clock.now()), cause: news.cause && t(`cause_${news.cause}`),
    };
    const key = { 'deadline.extended': 'news_extended', interrupted: 'news_interrupted', 'room.closing': 'news_closed' }[news.type]
      ?? `news_${news.type.split('.')[1]}`;
    return t(key, blanks);
  }

  function paintOutcome() {
    const result = room.you?.outcome;
    outcome.hidden = !result;
    if (!result) return;
    outcome.replaceChildren(h('h2', t('outcome')),
      h('p', result.won ? t('won') : t('outcomeRank', { rank: result.rank ?? '—', bids: result.bids })));
  }

  function tick() {
    const { phase, left } = countdown(room, clock.now());
    const label = { open: 'timeLeft', opens: 'opensIn', closing: 'timeLeft', paused: 'state_paused', unknown: 'loading' }[phase] ?? 'ended';
    setText(timerLabel, t(label));
    const running = phase === 'open' || phase === 'opens';
    setText(timer, running ? remaining(left, t('day')) : phase === 'closing' ? t('closing') : phase === 'unknown' ? '--:--' : t(phase === 'paused' ? 'paused' : `state_${phase}`));
    timer.dir = running ? 'ltr' : 'auto';
    timer.className = `timer ${phase}${phase === 'open' && left < 60_000 ? ' soon' : ''}${running ? '' : ' words'}`;
    setText(deadline, deadlineText());
    setText(synced, clock.error === null ? '' : t('clockExact', { ms: Math.max(1, Math.round(clock.error)) }));
    if (phase !== 'open') return;
    const crossed = ANNOUNCE_MS.filter((ms) => left <= ms && ms < announced && left > ms - 3_000).at(-1);
    announced = ANNOUNCE_MS.filter((ms) => left <= ms).at(-1) ?? announced;
    if (crossed) say(t('announceLeft', { left: remaining(crossed, t('day')) }));
  }

  function deadlineText() {
    if (!room.closesAt) return '';
    const base = `${t('deadline')} ${clockTime(room.closesAt, lang, clock.now())} ${t('riyadhTime')}`;
    return room.extensions ? `${base} · ${t('extended', { n: count(room.extensions, lang) })}` : base;
  }
}
