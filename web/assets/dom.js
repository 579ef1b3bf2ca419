// Elements without a framework. Text always goes in as text, so nothing a merchant writes is ever markup.

/** An element: `h('p.note', {id: 'x', onclick: f}, 'text', child)`. */
export function h(selector, ...rest) {
  const [tag, ...classes] = selector.split('.');
  const element = document.createElement(tag || 'div');
  if (classes.length) element.className = classes.join(' ');
  for (const part of rest.flat(Infinity)) {
    if (part === null || part === undefined || part === false) continue;
    if (part instanceof Node || typeof part === 'string' || typeof part === 'number') element.append(part);
    else setAll(element, part);
  }
  return element;
}

function setAll(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value') element.value = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
}

/** Changes an element's text only when it differs, so that nothing is announced or painted twice. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

let fieldNumber = 0;
/** A labelled input with its hint and a place for its error. */
export function field(label, input, hint = null) {
  const id = `f${++fieldNumber}`;
  input.id = id;
  const error = h('p.error', { id: `${id}e`, hidden: true });
  const described = [hint && `${id}h`, `${id}e`].filter(Boolean).join(' ');
  input.setAttribute('aria-describedby', described);
  const box = h('div.field', h('label', { for: id }, label), input, hint && h('p.hint', { id: `${id}h` }, hint), error);
  box.fail = (text) => {
    error.hidden = !text;
    setText(error, text ?? '');
    input.toggleAttribute('aria-invalid', Boolean(text));
    if (text) input.setAttribute('aria-invalid', 'true');
  };
  return box;
}

/** Tells screen readers something, politely. */
export function say(text) {
  const place = document.getElementById('say');
  place.textContent = '';
  // A region that is filled with the same text twice is not read twice.
  requestAnimationFrame(() => { place.textContent = text; });
}

/** Shows a line for a few seconds. */
export function toast(text, kind = 'bad') {
  const line = h(`p.toast.${kind}`, text);
  document.getElementById('toasts').append(line);
  setTimeout(() => line.remove(), 6_000);
}
