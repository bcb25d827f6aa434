import { join } from 'node:path';
import { assets } from '../../src/web/assets.ts';
import { brandCss } from '../../src/web/brand.ts';
import { views } from '../../src/web/views.ts';

const root = join(import.meta.dirname, '../..');

export const now = Date.UTC(2026, 4, 14, 9, 47);

export const files = assets({
  dir: join(root, 'public'),
  made: { 'brand.css': brandCss(undefined) },
  secure: false,
});

/** Views in which a missing word is an error. */
export const strictViews = views({
  brand: { name: 'Stile' },
  dir: join(root, 'views'),
  locales: join(root, 'locales'),
  dev: true,
  secure: false,
  asset: files.href,
  now: () => now,
});

const application = { id: 'wiki', name: 'Wiki' };
const ours = { id: 'stile:account', name: 'Your account' };
const common = { action: '/signin/7Q', csrf: 'c', application };
const password = {
  ...common,
  username: 'ana.silva@northfold.example',
  changeable: true,
  others: true,
  stay: { offered: true },
};
const totp = { ...common, digits: 6, label: 'Stile', others: true, changeable: true };
const mailed = {
  ...totp,
  ...{ to: 'a•••@northfold.example', sentAt: now - 10_000, againAt: now + 20_000, until: now + 590_000 },
};
const troubles = ['unsent', 'limited'].flatMap((trouble) =>
  [true, false].flatMap((others) => [
    { trouble, others },
    { trouble, others, resent: true },
  ]),
);
const why = {
  kind: 'policy',
  application: 'Wiki',
  proved: [{ name: 'password', at: now - 3_600_000 }],
  policies: ['Payroll needs a second factor'],
  signedIn: true,
};
const kinds = ['application', 'policy', 'two-step', 'fresh', 'account'];
const qr = { size: 25, path: 'M0 0h7v1h-7zM9 0h1v1h-1zM11 3h4v9h-4z' };
const register = { ...common, qr, secret: 'JBSW Y3DP EHPK 3PXP', digits: 6, others: false };
const options = { challenge: 'AAAA', rpId: 'id.example', allowCredentials: [] };
const passkey = { ...common, options, username: 'ana', others: true, changeable: true };
const newPasskey = { ...passkey, options: { ...options, user: { id: 'AA', name: 'ana', displayName: 'Ana' } } };
const nameless = { ...common, username: '', step: 'identify', unnamed: { webauthn: { options } } };
const keptCodes = Array.from({ length: 10 }, () => 'K7QF-2MXR-9TDW');
const demoMail = { number: 1, to: 'mei@northfold.example', subject: 'Your code for Wiki', at: now, language: 'en' };
const codes = [
  'requirements-unmet',
  'denied',
  'not-yours',
  'pass-needed',
  'other-person',
  'unavailable',
  'sign-in-needed',
  'interaction-needed',
  'consent-needed',
  'selection-needed',
];
const faults = [
  'not-found',
  'bad-request',
  'forged',
  'left-open',
  'cookies',
  'not-a-form',
  'too-large',
  'not-allowed',
  'application',
  'slow-down',
  'away',
  'fault',
];
const user = { name: 'Ana Silva', username: 'ana', email: 'ana@northfold.example', groups: ['Finance', 'Everyone'] };
const mine = { csrf: 'c', user };
const firefox = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0';
const phone = {
  ...{ id: 'c2', method: 'totp', label: 'Pixel 9', createdAt: now - 8e9, lastUsedAt: now - 60_000 },
  ...{ from: '192.0.2.7', locked: true, preferred: true, page: true },
};
const byMail = { id: 'c7', method: 'mail', label: 'Email', createdAt: now - 8e9, does: 'both', page: true };
const held = {
  twoStep: { on: true, changeable: true, forced: [], byMail: false },
  methods: [
    { id: 'c1', method: 'password', label: '', createdAt: now - 9e9, lastUsedAt: now - 60_000, page: false },
    phone,
    { ...phone, id: 'c3', label: '', lost: true, locked: false, preferred: false, from: undefined },
    { ...phone, id: 'c4', method: 'other', label: 'Key', off: true, kept: 'synced', lastUsedAt: undefined },
    { ...phone, id: 'c5', method: 'codes', label: '', left: 0, of: 10 },
    { ...phone, id: 'c6', method: 'pass', label: '', endsAt: now + 3_600_000, page: false },
    byMail,
  ],
  addable: [{ id: 'totp', required: true, replaces: false }],
  address: 'a•••@northfold.example',
  takes: 'two',
};
const itself = {
  ...mine,
  one: phone,
  address: held.address,
  preferable: true,
  own: true,
  most: 64,
  keeping: undefined,
};
const proofs = [
  { method: 'password', at: now - 3_600_000 },
  { method: 'totp', at: now - 60_000 },
];
const signIn = { at: now - 60_000, application: 'Wiki', address: '192.0.2.7', proved: proofs, asked: ['mfa'] };
const sayings = [
  ...[
    'added',
    'confirmed',
    'removed',
    'renamed',
    'lost',
    'preferred',
    'two-step-on',
    'two-step-off',
    'password-changed',
  ],
  ...['session-ended', 'withdrawn'],
];

export interface Sample {
  readonly name: string;
  readonly view: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly status?: number;
}

const sample = (name: string, view: string, data: Sample['data']): Sample => ({ name, view, data });

/** Every page, in every state it has. */
export const samples: readonly Sample[] = [
  sample('identify', 'signin/identify', { ...common, username: '', step: 'identify' }),
  sample('identify, empty', 'signin/identify', { ...common, username: 'ana', empty: true }),
  sample('identify for the account', 'signin/identify', { ...common, username: '', application: ours }),
  sample('identify, or a passkey', 'signin/identify', nameless),
  sample('identify, passkey refused', 'signin/identify', { ...nameless, by: 'webauthn', wrong: true }),
  sample('identify, key without a PIN', 'signin/identify', {
    ...nameless,
    ...{ by: 'webauthn', wrong: true, reason: 'unverified' },
  }),
  sample('passkey', 'methods/webauthn', {
    ...passkey,
    stay: { offered: true, checked: true },
    steps: { now: 2, of: 2 },
  }),
  sample('passkey, wrong', 'methods/webauthn', { ...passkey, wrong: true, reason: 'refused' }),
  sample('passkey, key without a PIN', 'methods/webauthn', { ...passkey, wrong: true, reason: 'unverified', why }),
  sample('set up a passkey', 'methods/webauthn-register', { ...newPasskey, why }),
  ...['taken', 'unreadable', 'refused', 'another word'].map((reason) =>
    sample(`set up a passkey, ${reason}`, 'methods/webauthn-register', { ...newPasskey, wrong: true, reason }),
  ),
  ...['denied', 'withdrawn', 'not-allowed', 'unproved'].flatMap((reason) =>
    [undefined, 'YubiKey 5 NFC'].map((named) =>
      sample(`set up a passkey, ${reason} ${named ?? ''}`, 'methods/webauthn-register', {
        ...{ ...newPasskey, wrong: true, reason, named, allowed: ['YubiKey Bio', 'Northfold Key 3'] },
      }),
    ),
  ),
  sample('identify, a passkey nobody has', 'signin/identify', {
    ...{ ...nameless, by: 'webauthn', wrong: true, reason: 'unknown', named: 'AAAA' },
  }),
  sample('set up a passkey from the account', 'methods/webauthn-register', { ...newPasskey, application: ours }),
  sample('password', 'methods/password', password),
  sample('password, wrong', 'methods/password', { ...password, wrong: true, steps: { now: 1, of: 2 } }),
  sample('password, empty', 'methods/password', { ...password, empty: true }),
  sample('password again', 'methods/password', { ...password, why: { ...why, kind: 'fresh', policies: [] } }),
  sample('code', 'methods/totp', { ...totp, steps: { now: 2, of: 2 } }),
  sample('code, wrong', 'methods/totp', { ...totp, wrong: true }),
  sample('code, empty, eight digits', 'methods/totp', { ...totp, empty: true, digits: 8 }),
  ...kinds.flatMap((kind) => [
    sample(`code, why ${kind}`, 'methods/totp', { ...totp, why: { ...why, kind } }),
    sample(`code, why ${kind}, in the same walk`, 'methods/totp', { ...totp, why: { ...why, kind, signedIn: false } }),
  ]),
  ...[{}, { to: undefined }, { wrong: true }, { empty: true }, { againAt: now }, ...troubles].map((more) =>
    sample(`code by email, ${JSON.stringify(more)}`, 'methods/email-code', { ...mailed, username: 'ana', ...more }),
  ),
  ...[{}, { wrong: true }, { until: now }, { againAt: now }, ...troubles].map((more) =>
    sample(`link by email, ${JSON.stringify(more)}`, 'methods/mailed-link', { ...mailed, opens: true, ...more }),
  ),
  sample('link, here', 'signin/link-here', { ...common, token: 't' }),
  sample('link, here, from the account', 'signin/link-here', { ...common, application: ours, token: 't' }),
  sample('link, elsewhere', 'signin/link-elsewhere', { application, agent: firefox, at: now - 60_000 }),
  sample('link, over', 'signin/link-over', {}),
  sample('code for the account', 'methods/totp', { ...totp, application: ours, why: { ...why, kind: 'account' } }),
  sample('set up', 'methods/totp-register', { ...register, steps: { now: 2, of: 2 }, why }),
  sample('set up, wrong', 'methods/totp-register', { ...register, wrong: true, others: true }),
  sample('set up from the account', 'methods/totp-register', { ...register, application: ours }),
  sample('choose', 'signin/choose', {
    ...common,
    methods: [
      { id: 'totp', details: ['Pixel 9'], held: true, lastUsedAt: now - 9e7 },
      { id: 'password', details: [''], held: true },
      { id: 'email-code', details: ['a•••@northfold.example'], held: true },
      { id: 'access-pass', details: [], held: false },
    ],
    ...{ register: false, changeable: true, steps: { now: 2, of: 2 }, why: { ...why, signedIn: false } },
  }),
  sample('choose what to set up', 'signin/choose', {
    ...common,
    methods: ['webauthn', 'totp', 'recovery-code'].map((id) => ({ id, details: [], held: false })),
    ...{ register: true, why: { ...why, signedIn: false } },
  }),
  ...[{}, { replaces: true }, { empty: true }].map((more) =>
    sample(`recovery codes to keep, ${JSON.stringify(more)}`, 'methods/recovery-code-register', {
      ...{ ...common, codes: keptCodes, at: now, account: 'ana', service: 'Northfold', optional: true, ...more },
    }),
  ),
  ...[{}, { wrong: true }, { empty: true }].flatMap((more) => [
    sample(`recovery code, ${JSON.stringify(more)}`, 'methods/recovery-code', { ...totp, ...more }),
    sample(`access pass, ${JSON.stringify(more)}`, 'methods/access-pass', { ...password, ...more }),
  ]),
  sample('anew, after a recovery code', 'signin/anew', {
    ...{ ...common, because: 'spare', methods: ['webauthn', 'totp'] },
  }),
  sample('anew, let in by a pass', 'signin/anew', {
    ...{ ...common, because: 'pass', methods: ['webauthn', 'totp', 'recovery-code'] },
  }),
  sample('lost', 'signin/lost', { ...common, resorts: ['recovery-code', 'access-pass'], back: 'totp', others: true }),
  sample('lost, and nothing helps but people', 'signin/lost', { ...common, resorts: [], back: 'password' }),
  sample('code before a registration', 'methods/totp', { ...totp, opens: true, why }),
  sample('set up, which may wait', 'methods/totp-register', { ...register, optional: true }),
  sample('consent', 'signin/consent', {
    ...common,
    host: 'wiki.example',
    items: ['openid', 'profile', 'email', 'groups', 'offline_access', 'phone', 'address', 'urn:x:payments'],
    who: 'ana@northfold.example',
  }),
  sample('consent without an address', 'signin/consent', { ...common, items: ['profile'], who: 'ana' }),
  ...codes.map((code) => sample(`refused: ${code}`, 'signin/refused', { ...common, code, reference: '7Q4M-K2VX' })),
  sample('refused, which its administrator can change', 'signin/refused', {
    ...common,
    code: 'requirements-unmet',
    advice: 'saml.advice.password',
  }),
  sample('refused for the account', 'signin/refused', {
    ...common,
    application: ours,
    code: 'denied',
    policies: ['A', 'B'],
  }),
  sample('on the way back by a form', 'saml/post', {
    ...{ application: { name: 'Payroll' }, action: 'https://payroll.example/acs', about: 'back' },
    fields: { SAMLResponse: 'PHg+', RelayState: '"deep"' },
  }),
  sample('on the way out by a form', 'saml/post', {
    ...{ application: { name: 'Payroll' }, action: 'https://payroll.example/slo', about: 'leaving' },
    fields: { SAMLRequest: 'PHg+' },
  }),
  sample('on the way out', 'saml/leaving', {
    ...{ to: '/saml/slo/7Q/next', finished: false, seconds: 2 },
    applications: [
      { name: 'Payroll', state: 'done' },
      { name: 'Library', state: 'waiting' },
    ],
  }),
  sample('on the way out, and not everybody was told', 'saml/leaving', {
    ...{ to: '/saml/slo/7Q/next', finished: true, asking: 'Payroll', seconds: 10 },
    applications: [
      { name: 'Library', state: 'failed' },
      { name: 'Lab', state: 'mute' },
    ],
  }),
  sample('locked', 'signin/locked', {
    ...common,
    until: now + 300_000,
    reference: 'K8RC-4TZN',
    others: true,
    lost: true,
  }),
  sample('locked for a minute, alone', 'signin/locked', { ...common, application: ours, until: now + 10_000 }),
  sample('expired', 'signin/expired', { key: 'expired', reference: '3D9T-PWH6', at: now }),
  sample('sign out?', 'signin/sign-out', { action: '/session/end/confirm', hidden: { xsrf: 'x' }, application }),
  sample('sign out, nobody asking', 'signin/sign-out', { action: '/session/end/confirm' }),
  sample('signed out', 'signin/signed-out', {
    applications: [
      { name: 'Wiki', ok: true },
      { name: 'Payroll', ok: false },
    ],
  }),
  ...faults.map((key) => sample(`error: ${key}`, 'errors/error', { key, reference: '5M2H-XA7E', at: now })),
  sample('error of an application', 'errors/error', {
    key: 'application',
    detail: { application: 'Wiki', detail: 'redirect_uri is not registered' },
    reference: '5M2H-XA7E',
  }),
  ...[undefined, 'empty', 'wrong'].map((problem) =>
    sample(`registration link, ${problem}`, 'registration/page', { ...mine, ...register, token: 't', problem }),
  ),
  sample('registration link, password too short', 'registration/page', {
    ...{ ...mine, ...register, token: 't', why: 'too-short' },
  }),
  sample('registration link for a password alone', 'registration/page', {
    ...mine,
    qr: undefined,
    guarded: true,
    token: 't',
  }),
  sample('registration link, dead', 'registration/dead', {}),
  sample('account', 'account/overview', {
    ...mine,
    climb: [{ method: 'password', createdAt: now }],
    sessions: [
      { sid: 's1', agent: firefox, address: '192.0.2.7', startedAt: now - 60_000, here: true },
      { sid: 's2', agent: 'curl/8', address: '198.51.100.1', startedAt: now - 9e7, here: false },
    ],
  }),
  sample('account methods', 'account/methods', { ...mine, ...held }),
  sample('account methods, off', 'account/methods', {
    ...mine,
    ...held,
    addable: [],
    twoStep: { on: false, changeable: true, forced: [], byMail: true },
  }),
  sample('account methods, none yet', 'account/methods', {
    ...mine,
    ...held,
    twoStep: { on: false, changeable: false, forced: [], byMail: true },
  }),
  sample('account methods, two-step by mail', 'account/methods', {
    ...mine,
    ...held,
    twoStep: { on: true, changeable: true, forced: [], byMail: true },
  }),
  sample('account methods, required', 'account/methods', {
    ...mine,
    ...held,
    twoStep: { on: false, changeable: false, forced: ['Required methods', 'Finance needs two'], byMail: false },
  }),
  ...['first', 'mailed-link', 'access-pass', 'closed'].map((takes) =>
    sample(`account methods, adding takes ${takes}`, 'account/methods', { ...mine, ...held, takes }),
  ),
  sample('account method', 'account/method', itself),
  sample('account method, wrong name', 'account/method', { ...itself, wrong: true, typed: 'x'.repeat(65) }),
  sample('account method, needed', 'account/method', {
    ...itself,
    keeping: { policies: ['Two-step sign-in'], lastWay: true },
  }),
  sample('account method, lost', 'account/method', {
    ...itself,
    ...{ one: { ...phone, lost: true, locked: false, preferred: false }, preferable: false, said: 'lost' },
  }),
  sample('account method, by mail', 'account/method', { ...itself, one: byMail, own: false }),
  sample('account method lost, signed out', 'account/lost', {}),
  ...sayings.map((said) => sample(`said: ${said}`, 'account/methods', { ...mine, ...held, said })),
  sample('account password', 'account/password', mine),
  ...['too-short', 'too-long', 'too-common', 'too-close'].map((broken) =>
    sample(`account password, ${broken}`, 'account/password', { ...mine, wrong: true, why: broken }),
  ),
  sample('account sign-ins', 'account/signins', {
    ...mine,
    events: [
      { ...signIn, silent: false, policies: ['Payroll needs a second factor'] },
      { ...signIn, silent: false, policies: ['A', 'B'] },
      { ...signIn, silent: true, policies: [], proved: [] },
      { ...signIn, silent: false, policies: [], application: undefined },
    ],
  }),
  sample('account sign-ins, none', 'account/signins', { ...mine, events: [] }),
  sample('account applications', 'account/applications', {
    ...mine,
    consents: [{ application: 'wiki', name: 'Wiki', items: ['openid', 'profile', 'urn:x:payments'], at: now }],
  }),
  sample('account applications, none', 'account/applications', { ...mine, consents: [], said: 'withdrawn' }),
];

/** Pages of the demo, which are in English alone. */
export const demoSamples: readonly Sample[] = [
  sample('mailbox', 'demo/mailbox', { mails: [demoMail] }),
  sample('mailbox, empty', 'demo/mailbox', { mails: [] }),
  sample('mail', 'demo/mail', { mail: demoMail, text: `Your link:\n\nhttp://localhost:3000/${'x'.repeat(120)}\n` }),
];
