// Sign in, register, one-time code, forgotten password, signing in with a provider.

import { field, h, toast } from './dom.js';
import { latinDigits } from './format.js';

export function signInView(app, main, page) {
  const { t, api } = app;
  const hero = h('section.hero', h('h1', t('welcome')), h('p', t('welcomeMore')));
  const place = h('div');
  main.append(h('div.narrow', hero, place));
  const answer = app.answer;
  app.answer = null;
  if (answer) goOn(answer);
  else if (page === 'register') registerForm();
  else if (page === 'forgot') forgotForm();
  else signInForm();
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
      h('a.centre', { href: '#/forgot' }, t('forgot')), h('a.centre', { href: '#/register' }, t('noAccount')),
      { onsubmit: (event) => {
        event.preventDefault();
        submit(form, boxes, async () => {
          enter(await api.post('/auth/login', { phone: latinDigits(phone.value), password: password.value }));
        });
      } });
    const providers = h('div.stack');
    place.replaceChildren(form, providers);
    api.get('/auth/oidc').then(({ data }) => providers.append(...data.map(({ name, label }) =>
      h('a.quiet', { href: `/api/v1/auth/oidc/${encodeURIComponent(name)}/start` }, t('signInWith', { name: label })))),
    ).catch(() => {});
  }

  /** A provider knows who this is. What it opens here, the server says; a phone is asked for the first time. */
  async function goOn({ provider, token }) {
    signInForm();
    if (!token) { toast(t('providerFailed')); return; }
    const path = `/auth/oidc/${encodeURIComponent(provider)}/link`;
    try {
      const state = await api.post(path, { link_token: token });
      if (state.access_token) enter(state);
      else linkForm(path, token);
    } catch (error) { app.fail(error); }
  }

  function linkForm(path, link_token) {
    const phone = phoneInput();
    const kinds = kindChoices();
    const boxes = { phone: field(t('phone'), phone, t('linkHint')) };
    const form = h('form.card', h('h2', t('signIn')), h('fieldset.choices', h('legend', t('iAm')), kinds), Object.values(boxes),
      h('button.primary', { type: 'submit' }, t('sendCode')),
      { onsubmit: (event) => {
        event.preventDefault();
        const body = { link_token, phone: latinDigits(phone.value), type: form.elements.kind.value, locale: app.lang };
        submit(form, boxes, async () => {
          await api.post(path, body);
          enterCode((otp_code) => api.post(path, { ...body, otp_code }).then(enter), () => api.post(path, body));
        });
      } });
    place.replaceChildren(form);
  }

  function forgotForm() {
    const phone = phoneInput();
    const boxes = { phone: field(t('phone'), phone, t('phoneHint')) };
    const form = h('form.card', h('h2', t('forgot')), Object.values(boxes), h('button.primary', { type: 'submit' }, t('sendCode')),
      h('a.centre', { href: '#/signin' }, t('haveAccount')),
      { onsubmit: (event) => {
        event.preventDefault();
        submit(form, boxes, async () => {
          await api.post('/auth/forgot-password', { phone: latinDigits(phone.value) });
          resetForm(latinDigits(phone.value));
        });
      } });
    place.replaceChildren(form);
  }

  function resetForm(phone) {
    const code = codeInput();
    const password = h('input', { type: 'password', autocomplete: 'new-password', dir: 'ltr', required: true, minlength: 8 });
    const boxes = { otp_code: field(t('code'), code, t('codePerhaps')), password: field(t('newPassword'), password, t('passwordHint')) };
    const form = h('form.card', h('h2', t('newPassword')), Object.values(boxes), h('button.primary', { type: 'submit' }, t('confirm')),
      { onsubmit: (event) => {
        event.preventDefault();
        submit(form, boxes, async () => {
          await api.post('/auth/reset-password', { phone, otp_code: latinDigits(code.value), password: password.value });
          enter(await api.post('/auth/login', { phone, password: password.value }));
        });
      } });
    place.replaceChildren(form);
    code.focus();
  }

  function phoneInput() {
    return h('input', { type: 'tel', autocomplete: 'tel', inputmode: 'tel', dir: 'ltr', required: true });
  }

  function codeInput() {
    return h('input.code', { inputmode: 'numeric', autocomplete: 'one-time-code', dir: 'ltr', required: true, maxlength: 8 });
  }

  function kindChoices() {
    return ['customer', 'merchant'].map((kind, at) =>
      h('label.choice', h('input', { type: 'radio', name: 'kind', value: kind, checked: at === 0 }), h('span', t(kind))));
  }

  function registerForm() {
    const name = h('input', { autocomplete: 'name', required: true, maxlength: 120 });
    const phone = phoneInput();
    const password = h('input', { type: 'password', autocomplete: 'new-password', dir: 'ltr', required: true, minlength: 8 });
    const kinds = kindChoices();
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
          const user_id = answer.user_id;
          enterCode((otp_code) => api.post('/auth/verify-otp', { user_id, otp_code }).then(enter),
            () => api.post('/auth/resend-otp', { user_id }));
        });
      } });
    place.replaceChildren(form);
  }

  /** Asks for the code that was sent; `take` takes it, `send` sends another. */
  function enterCode(take, send) {
    const code = codeInput();
    const boxes = { otp_code: field(t('code'), code, t('codeSent')) };
    const again = h('button.quiet', { type: 'button', onclick: async () => {
      try { await send(); toast(t('codeResent'), 'good'); } catch (error) { app.fail(error); }
    } }, t('codeAgain'));
    const form = h('form.card', h('h2', t('code')), Object.values(boxes), h('button.primary', { type: 'submit' }, t('confirm')), again,
      { onsubmit: (event) => {
        event.preventDefault();
        submit(form, boxes, () => take(latinDigits(code.value)));
      } });
    place.replaceChildren(form);
    code.focus();
  }
}
