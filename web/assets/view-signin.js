// Sign in, register, one-time code.

import { field, h, toast } from './dom.js';
import { latinDigits } from './format.js';

export function signInView(app, main, registering) {
  const { t, api } = app;
  const hero = h('section.hero', h('h1', t('welcome')), h('p', t('welcomeMore')));
  const place = h('div');
  main.append(h('div.narrow', hero, place));
  (registering ? registerForm : signInForm)();
  return null;

  function enter(session) {
    api.keep(session);
    app.go('#/requests');
  }

  /** Runs `work` with the form locked, and puts the server's words where they belong. */
  async function submit(form, boxes, work) {
    for (const box of Object.values(boxes)) box.fail(null);
    const button = form.querySelector('button[type=submit]');
    button.disabled = true;
    try {
      await work();
    } catch (error) {
      for (const fault of error.body?.errors ?? []) boxes[fault.field]?.fail(fault.message);
      app.fail(error);
    } finally {
      button.disabled = false;
    }
  }

  function signInForm() {
    const phone = h('input', { type: 'tel', autocomplete: 'username', inputmode: 'tel', dir: 'ltr', required: true });
    const password = h('input', { type: 'password', autocomplete: 'current-password', dir: 'ltr', required: true });
    const boxes = { phone: field(t('phone'), phone, t('phoneHint')), password: field(t('password'), password) };
    const form = h('form.card', h('h2', t('signIn')), Object.values(boxes),
      h('button.primary', { type: 'submit' }, t('signIn')),
      h('a.centre', { href: '#/register' }, t('noAccount')),
      { onsubmit: (event) => {
        event.preventDefault();
        submit(form, boxes, async () => {
          enter(await api.post('/auth/login', { phone: latinDigits(phone.value), password: password.value }));
        });
      } });
    place.replaceChildren(form);
  }

  function registerForm() {
    const name = h('input', { autocomplete: 'name', required: true, maxlength: 120 });
    const phone = h('input', { type: 'tel', autocomplete: 'tel', inputmode: 'tel', dir: 'ltr', required: true });
    const password = h('input', { type: 'password', autocomplete: 'new-password', dir: 'ltr', required: true, minlength: 8 });
    const kinds = ['customer', 'merchant'].map((kind, at) =>
      h('label.choice', h('input', { type: 'radio', name: 'kind', value: kind, checked: at === 0 }), h('span', t(kind))));
    const boxes = {
      name: field(t('business'), name), phone: field(t('phone'), phone, t('phoneHint')),
      password: field(t('password'), password, t('passwordHint')),
    };
    const form = h('form.card', h('h2', t('register')),
      h('fieldset.choices', h('legend', t('iAm')), kinds), Object.values(boxes),
      h('button.primary', { type: 'submit' }, t('createAccount')),
      h('a.centre', { href: '#/signin' }, t('haveAccount')),
      { onsubmit: (event) => {
        event.preventDefault();
        submit(form, boxes, async () => {
          const answer = await api.post('/auth/register', {
            name: name.value, phone: latinDigits(phone.value), password: password.value,
            type: form.elements.kind.value, locale: app.lang,
          });
          codeForm(answer.user_id);
        });
      } });
    place.replaceChildren(form);
  }

  function codeForm(user) {
    const code = h('input.code', { inputmode: 'numeric', autocomplete: 'one-time-code', dir: 'ltr', required: true, maxlength: 8 });
    const boxes = { otp_code: field(t('code'), code, t('codeSent')) };
    const again = h('button.quiet', { type: 'button', onclick: async () => {
      try { await api.post('/auth/resend-otp', { user_id: user }); toast(t('codeResent'), 'good'); } catch (error) { app.fail(error); }
    } }, t('codeAgain'));
    const form = h('form.card', h('h2', t('code')), Object.values(boxes), h('button.primary', { type: 'submit' }, t('confirm')), again,
      { onsubmit: (event) => {
        event.preventDefault();
        submit(form, boxes, async () => {
          enter(await api.post('/auth/verify-otp', { user_id: user, otp_code: latinDigits(code.value) }));
        });
      } });
    place.replaceChildren(form);
    code.focus();
  }
}
