// The merchant's own side of a room: place, revise, withdraw, and what it would take to lead.

import { field, h, setText, toast } from './dom.js';
import { count, latinDigits, money, parseAmount, wireAmount } from './format.js';
import { landed, nextLanded, reach, step } from './offer.js';
import { problemTitle } from './words.js';

export function bidPanel(app, box, { request, send }) {
  const { t, api, lang } = app;
  const store = `mazad.offer.${request}`;
  let room = null;
  let items = [];
  let inputs = null;
  let connected = false;
  let busy = false;
  let remembered = JSON.parse(sessionStorage.getItem(store) ?? 'null');

  const standing = h('div.standing');
  const place = h('div');
  const verdict = h('p.verdict', { role: 'status', 'aria-live': 'polite' });
  box.append(h('h2', t('yourBid')), standing, verdict, place);
  return {
    setItems(list) { items = list; build(); },
    setConnected(now) { connected = now; lock(); },
    update(now) { room = now; box.hidden = room.you?.role !== 'merchant'; build(); paint(); },
  };

  // ---- the form, once its items and the viewer's role are known
  function build() {
    if (inputs || !items.length || room?.you?.role !== 'merchant') return;
    const amount = (value) => h('input', { inputmode: 'decimal', dir: 'ltr', autocomplete: 'off', value: value ?? '' });
    const whole = (value) => h('input', { inputmode: 'numeric', dir: 'ltr', autocomplete: 'off', value });
    const prices = items.map((item) => {
      const input = amount(remembered?.prices?.[item.id]);
      return { item, input, box: field([h('bdi', item.part_name), ` × ${count(item.quantity, lang)} — ${t('unitPrice')}`], input) };
    });
    const fee = amount(remembered?.fee ?? '0.00');
    const hours = whole(remembered?.hours ?? '48');
    const warranty = whole(remembered?.warranty ?? '90');
    const terms = h('select', ['pay_delivery', 'pay_transfer'].map((key) => h('option', { value: t(key) }, t(key))));
    const notes = h('textarea', { rows: 2, maxlength: 1000, dir: 'auto' });
    const floor = amount('');
    notes.value = remembered?.notes ?? '';
    inputs = { prices, fee, hours, warranty, terms, notes, floor };
    const boxes = {
      delivery_fee: field(t('deliveryFee'), fee), delivery_hours: field(t('deliveryHours'), hours),
      warranty_days: field(t('warrantyDays'), warranty), payment_terms: field(t('paymentTerms'), terms),
      notes: field(t('notes'), notes), floor: field(t('floor'), floor, t('floorHint')),
    };
    inputs.boxes = boxes;
    inputs.sum = h('output.sum');
    inputs.hint = h('p.hint');
    inputs.submit = h('button.primary', { type: 'submit' });
    inputs.cut = h('button.quiet', { type: 'button', onclick: () => aim(nextLanded(room.you.bid.landed)) });
    inputs.lead = h('button.quiet', { type: 'button', onclick: askLead }, t('priceToLead'));
    inputs.withdraw = h('button.danger', { type: 'button', onclick: askWithdraw }, t('withdraw'));
    inputs.form = h('form', { novalidate: true, onsubmit: (event) => { event.preventDefault(); submit(false); }, oninput: paintSum },
      prices.map((price) => price.box),
      h('div.pair', boxes.delivery_fee, boxes.delivery_hours), h('div.pair', boxes.warranty_days, boxes.payment_terms),
      h('details', h('summary', `${t('notes')} · ${t('floor')}`), boxes.notes, boxes.floor),
      h('div.total', h('span', t('sum')), inputs.sum), inputs.hint,
      h('div.actions', inputs.submit, inputs.cut, inputs.lead, inputs.withdraw));
    place.replaceChildren(inputs.form);
    if (room.you.bid && !remembered) recall(room.you.bid.id);
    paint();
  }

  /** The prices of a bid that another tab or device sent. */
  async function recall(id) {
    try {
      const bid = await api.get(`/bidding/bids/${encodeURIComponent(id)}`);
      for (const line of bid.items ?? []) {
        const price = inputs.prices.find(({ item }) => item.id === line.request_item_id);
        if (price && !price.input.value) price.input.value = line.unit_price;
      }
      inputs.fee.value = bid.delivery_fee ?? inputs.fee.value;
      inputs.hours.value = bid.delivery_hours ?? inputs.hours.value;
      inputs.warranty.value = bid.warranty_days ?? inputs.warranty.value;
      paintSum();
    } catch { /* The merchant types them again. */ }
  }

  function read() {
    return {
      lines: inputs.prices.map(({ item, input }) => ({ id: item.id, quantity: item.quantity, unitPrice: parseAmount(input.value) })),
      deliveryFee: parseAmount(inputs.fee.value || '0'),
    };
  }

  /** The body to send; null when a field makes no sense, which is then said beside it. */
  function body(confirmed) {
    const offer = read();
    let fine = true;
    const check = (box, ok) => { box.fail(ok ? null : t('badAmount')); fine &&= ok; };
    inputs.prices.forEach((price, at) => check(price.box, offer.lines[at].unitPrice > 0));
    check(inputs.boxes.delivery_fee, offer.deliveryFee !== null);
    const [hours, warranty] = [inputs.hours, inputs.warranty].map((input) => Number(latinDigits(input.value)));
    check(inputs.boxes.delivery_hours, Number.isInteger(hours) && hours > 0);
    check(inputs.boxes.warranty_days, Number.isInteger(warranty) && warranty >= 0);
    const floor = inputs.floor.value.trim() ? parseAmount(inputs.floor.value) : undefined;
    check(inputs.boxes.floor, floor !== null);
    if (!fine) {
      inputs.form.querySelector('[aria-invalid]')?.focus();
      return null;
    }
    return {
      items: offer.lines.map((line) => ({ request_item_id: line.id, quantity: line.quantity, unit_price: wireAmount(line.unitPrice) })),
      delivery_fee: wireAmount(offer.deliveryFee), delivery_hours: hours, warranty_days: warranty, payment_terms: inputs.terms.value,
      ...(inputs.notes.value.trim() ? { notes: inputs.notes.value.trim() } : {}),
      ...(floor === undefined ? {} : { floor: wireAmount(floor) }),
      ...(confirmed ? { confirmed: true } : {}),
    };
  }

  async function submit(confirmed) {
    const bid = body(confirmed);
    if (!bid || busy) return;
    const live = room.you.bid;
    const key = crypto.randomUUID();
    const frame = live ? { type: 'bid.revise', bid_id: live.id, idempotency_key: key, bid } : { type: 'bid.place', idempotency_key: key, bid };
    const sum = landed(read());
    const answer = await perform(frame, t('sending'), { landed: sum });
    if (!answer) return;
    remembered = { prices: Object.fromEntries(inputs.prices.map(({ item, input }) => [item.id, input.value])),
      fee: inputs.fee.value, hours: inputs.hours.value, warranty: inputs.warranty.value, notes: inputs.notes.value };
    sessionStorage.setItem(store, JSON.stringify(remembered));
    tell(answer.rank ? t('acceptedRank', { rank: count(answer.rank, lang) }) : t('accepted'), 'good');
  }

  /** Sends a command, shows it at once as under way, and then what the server said. */
  async function perform(frame, words, expected) {
    busy = true;
    tell(connected ? words : t('sentWaiting'), 'wait');
    paint(expected);
    lock();
    const reply = await send(frame);
    busy = false;
    lock();
    paint();
    if (!reply.problem) return reply.ok ?? {};
    refused(reply.problem);
    return null;
  }

  function refused(problem) {
    for (const fault of problem.errors ?? []) {
      const line = /^items\[(\d+)\]/.exec(fault.field);
      (line ? inputs.prices[Number(line[1])]?.box : inputs.boxes[fault.field])?.fail(problemTitle(lang, { code: fault.code, title: fault.message }));
    }
    tell(problemTitle(lang, problem), 'bad');
    const most = parseAmount(problem.max_landed);
    const least = parseAmount(problem.min_landed);
    if (most !== null) suggest(t('atMost', { amount: money(most, lang) }), t('useIt'), () => aim(most));
    else if (problem.code === 'confirm_required') {
      suggest(least === null ? '' : t('atLeast', { amount: money(least, lang) }), t('meant'), () => submit(true));
    }
  }

  function tell(text, kind) {
    verdict.className = `verdict ${kind}`;
    verdict.replaceChildren(text);
  }

  function suggest(text, button, use) {
    verdict.append(h('span.hint', text),  h('button.quiet', { type: 'button', onclick: use }, button));
  }

  /** Lowers the prices in the form until they reach `target`. */
  function aim(target) {
    const offer = read();
    if (landed(offer) === null) return inputs.form.querySelector('input')?.focus();
    const lowered = reach(offer, target);
    if (!lowered) return toast(t('leadNone'));
    lowered.lines.forEach((line, at) => { inputs.prices[at].input.value = wireAmount(line.unitPrice); });
    paintSum();
    return inputs.submit.focus();
  }

  async function askLead() {
    try {
      const price = await api.get(`/bidding/requests/${encodeURIComponent(request)}/price-to-lead`);
      const [exact, low, high] = [price.landed, price.at_least, price.below].map((text) => parseAmount(text));
      if (exact !== null) {
        tell(t('leadAt', { amount: money(exact, lang) }), 'wait');
        suggest('', t('useIt'), () => aim(exact));
      } else if (low !== null) {
        tell(t('leadBetween', { low: money(low, lang), high: money(high, lang) }), 'wait');
        suggest('', t('useIt'), () => aim(low));
      } else tell(t('leadNone'), 'wait');
    } catch (error) {
      tell(app.problem(error), 'bad');
    }
  }

  function askWithdraw() {
    const reason = h('input', { maxlength: 1000, dir: 'auto', required: true });
    const boxed = field(t('withdrawReason'), reason);
    const dialog = h('dialog.card', h('form', { method: 'dialog' },
      h('p', t('withdrawConfirm')), boxed,
      h('div.actions', h('button.danger', { type: 'submit', value: 'yes' }, t('withdraw')),
        h('button.quiet', { type: 'submit', value: 'no', formnovalidate: true }, t('cancel')))));
    dialog.addEventListener('close', async () => {
      dialog.remove();
      const live = room.you?.bid;
      if (dialog.returnValue !== 'yes' || !live) return;
      const frame = { type: 'bid.withdraw', bid_id: live.id, reason: reason.value, idempotency_key: crypto.randomUUID() };
      if (await perform(frame, t('sending'), null)) tell(t('withdrawn'), 'good');
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  function paint(expected) {
    if (!room) return;
    const you = room.you;
    const bid = you?.bid;
    const shown = expected?.landed ?? bid?.landed;
    standing.className = `standing${expected ? ' pending' : ''}`;
    standing.replaceChildren(...(shown === undefined ? [h('p.muted', t('notBidding'))] : [
      you?.rank && h('div', h('span.muted', t('yourRank')), h('strong.rank', { class: you.rank === 1 ? 'rank first' : 'rank' }, count(you.rank, lang))),
      h('div', h('span.muted', t('landed')), h('strong', money(shown, lang))),
    ].filter(Boolean)));
    if (!inputs) return;
    setText(inputs.submit, t(bid ? 'reviseBid' : 'placeBid'));
    inputs.cut.hidden = !bid;
    inputs.withdraw.hidden = !bid;
    inputs.lead.hidden = !bid || you.rank === 1;
    if (bid) setText(inputs.cut, t('cutStep', { amount: money(step(bid.landed), lang) }));
    place.hidden = room.state !== 'bidding_open' && room.state !== null;
    paintSum();
    lock();
  }

  function paintSum() {
    const sum = landed(read());
    setText(inputs.sum, sum === null ? '—' : money(sum, lang));
    const most = room.you?.bid ? nextLanded(room.you.bid.landed) : null;
    const above = most !== null && sum !== null && sum > most && sum !== room.you.bid.landed;
    setText(inputs.hint, above ? t('atMost', { amount: money(most, lang) }) : '');
  }

  function lock() {
    if (!inputs) return;
    const open = room?.state === 'bidding_open' && !room.paused;
    inputs.submit.disabled = busy || !open;
    inputs.withdraw.disabled = busy || !open;
  }
}
