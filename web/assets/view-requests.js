// The list of requests: one's own for a customer, the open ones for a merchant. What is listed is the server's choice.

import { h } from './dom.js';
import { clockTime, count } from './format.js';

const PAGE = 20;

export function requestsView(app, main) {
  const { t, api, lang } = app;
  let cursor = null;
  let left = false;
  const list = h('ul.cards', { 'aria-busy': 'true' });
  const more = h('button.quiet.wide', { type: 'button', hidden: true, onclick: () => load() }, t('more'));
  const title = h('h1', t('requests'));
  const again = h('button.quiet', { type: 'button', onclick: () => { cursor = null; load(true); } }, t('refresh'));
  main.append(h('div.page', h('div.headline', title, again), list, more));
  load(true);
  whoAmI();
  return () => { left = true; };

  async function whoAmI() {
    try {
      const me = await api.get('/auth/me');
      if (left) return;
      const kind = (me.user ?? me).type;
      title.textContent = t(kind === 'merchant' ? 'openRequests' : 'myRequests');
    } catch { /* The list tells what there is to tell. */ }
  }

  async function load(afresh = false) {
    list.setAttribute('aria-busy', 'true');
    try {
      const page = await api.get(`/orders/requests?limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      if (left) return;
      if (afresh) list.replaceChildren();
      list.append(...page.data.map(card));
      cursor = page.next_cursor;
      more.hidden = !cursor;
      if (!list.children.length) list.append(h('li.empty', t('noRequests')));
    } catch (error) {
      if (!left) app.fail(error);
    } finally {
      list.setAttribute('aria-busy', 'false');
    }
  }

  function card(request) {
    const state = request.paused ? 'paused' : request.status;
    const facts = [
      request.total_parts !== undefined && `${count(request.total_parts, lang)} ${t('parts')}`,
      request.total_bids !== undefined && request.total_bids !== null && `${count(request.total_bids, lang)} ${t('bids')}`,
      request.closes_at && `${t('closesAt')} ${clockTime(request.closes_at, lang)}`,
    ].filter(Boolean);
    return h('li', h('a.card.request', { href: `#/room/${encodeURIComponent(request.id)}` },
      h('span', { class: `state ${state}` }, t(`state_${state}`)),
      h('strong', { dir: 'auto' }, request.title),
      request.vehicle?.full_name && h('span.muted', { dir: 'auto' }, request.vehicle.full_name),
      h('span.muted', facts.join(' · '))));
  }
}
