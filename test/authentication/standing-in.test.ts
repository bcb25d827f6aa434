/** Walks in which something stands in for a second factor, or opens the registration of one. */

import type { Ask } from '../../src/domain/ask.ts';
import type { Credential } from '../../src/domain/credential.ts';
import type { Method } from '../../src/domain/method.ts';
import type { MethodSetting } from '../../src/domain/method-setting.ts';
import type { User } from '../../src/domain/user.ts';
import { builtIn } from '../../src/policy/strengths.ts';
import { browser, credential, house, person, plain, typed } from './house.ts';

/** A code sent once; asked again, the same code with another word. */
const code: Method = {
  id: 'email-code',
  first: false,
  guards: false,
  mailbox: true,
  standsIn: 'email_code',
  worth: [],
  registers: [],
  classesOf: () => [],
  challenge: async () => ({ state: 'sent', show: { words: 'sent' } }),
  again: async (_subject, state) => ({ state, show: { words: 'sent again' } }),
  verify: async ({ credentials }, state, answer) =>
    state === 'sent' && answer.secret === 'the code'
      ? {
          kind: 'proved',
          standIn: { kind: 'email_code', method: 'email-code' },
          credential: credentials[0]?.id ?? '',
        }
      : { kind: 'wrong', reason: 'stale' },
};
const pass: Method = {
  ...code,
  id: 'access-pass',
  standsIn: 'access_pass',
  challenge: async () => ({ state: '', show: {} }),
  verify: async (_subject, _state, answer) =>
    answer.secret === 'the pass'
      ? { kind: 'proved', standIn: { kind: 'access_pass', method: 'access-pass' }, credential: 'mei-access-pass' }
      : { kind: 'wrong' },
};
const app = typed('totp', {
  registers: ['totp'],
  register: async () => ({ state: 'new', show: {} }),
  confirm: async (_state, answer) =>
    answer.secret === 'the new code'
      ? {
          kind: 'registered',
          credential: { method: 'totp', label: 'App', secret: 'x', data: {}, counter: -1 },
          class: 'totp',
        }
      : { kind: 'wrong' },
});
const spare: Method = {
  ...typed('totp'),
  id: 'recovery-code',
  spare: true,
  register: async () => ({ state: 'codes', show: {} }),
  confirm: async () => ({
    kind: 'registered',
    credential: { method: 'recovery-code', label: 'Codes', secret: 'x', data: {}, counter: -1 },
    replaces: true,
  }),
};

let now = 1_800_000_000_000;
let mei: User;
let holds: Credential[];
let setting: MethodSetting;
let begun: ReturnType<typeof open>;

function open(enrolment: 'password' | 'mailed-link' = 'mailed-link', window = 86_400_000) {
  return house({
    methods: [typed('password'), app, code, pass, spare],
    users: { get: () => mei } as unknown as ReadonlyMap<string, User>,
    held: () => holds,
    application: () => ({
      ...{ id: 'app', name: 'app', protocol: 'oidc', thirdParty: false, settings: {}, disabled: false },
    }),
    now: () => now,
    sources: {
      enrolment: { first: enrolment, window },
      settingOf: () => setting,
    },
  });
}

beforeEach(() => {
  mei = { ...person('mei'), twoStep: true };
  holds = ['password', 'email-code', 'access-pass'].map((id) => credential('mei', id));
  setting = { state: 'allowed', standsIn: true };
  begun = open();
});
afterEach(() => begun.kv.close());

async function signIn(ask: Ask, ...answers: Record<string, string>[]) {
  const who = browser('a browser');
  const { path } = await begun.engine.begin(who, ask, { asker: 'test', ticket: '' });
  now += 1;
  const id = path.split('/').at(-1) as string;
  const look = async () => {
    const view = await begun.walking.look(who, id);
    if (view.kind !== 'page') return view.kind;
    return 'method' in view.step ? `${view.step.kind} ${view.step.method}` : view.step.kind;
  };
  const pages: string[] = [];
  const answer = async (one: Record<string, string>) => {
    pages.push(await look());
    await begun.walking.answer(who, id, one);
  };
  for (const one of [{ username: 'mei' }, { secret: "mei's password" }, ...answers]) await answer(one);
  return { who, id, look, answer, pages, now: await look() };
}
const show = async (walk: { who: ReturnType<typeof browser>; id: string }) => {
  const view = await begun.walking.look(walk.who, walk.id);
  return view.kind === 'page' ? view : undefined;
};
const mfa = (more: Partial<Ask> = {}): Ask => ({
  ...plain,
  wants: [{ anyOf: [builtIn.mfa!], essential: true }],
  ...more,
});

test('a code by email stands in before two-step sign-in, on record, as no evidence, and for the length of the session', async () => {
  const walk = await signIn(plain, { secret: 'the code' });
  expect(walk.pages).toEqual(['identify', 'prove password', 'prove email-code']);
  expect(walk.now).toBe('go');
  const done = await begun.engine.evaluate(walk.who, plain, { walk: walk.id });
  expect(done).toMatchObject({ kind: 'done', outcome: { evidence: [{ class: 'password' }] } });
  expect(begun.record.at(-1)).toMatchObject({
    detail: { required: [{ strength: 'mfa', stoodIn: 'email_code' }], proved: [['password', expect.any(Number)]] },
  });
  expect((await begun.engine.evaluate(walk.who, plain)).kind).toBe('done');
  expect(await begun.sessions.load(walk.who.session)).toMatchObject({
    evidence: [{ class: 'password' }],
    standIns: [{ kind: 'email_code', method: 'email-code', credential: 'mei-email-code' }],
  });
});

describe('it does not', () => {
  test('before what an application asks for', async () => {
    const walk = await signIn(mfa(), { secret: 'the code' });
    expect(walk.pages).not.toContain('prove email-code');
  });

  test('where the sign-in is forced', async () => {
    const walk = await signIn({ ...plain, after: now, unaided: true });
    expect(walk.now).not.toBe('prove email-code');
  });

  test('where her store or groups say so', async () => {
    setting = { state: 'allowed', standsIn: false };
    expect((await signIn(plain)).now).not.toBe('prove email-code');
  });

  test('once she prefers something stronger', async () => {
    mei = { ...mei, preferred: 'totp' };
    expect((await signIn(plain)).now).not.toBe('prove email-code');
  });

  test('in a session older than the credential it was shown by', async () => {
    const walk = await signIn(plain);
    await walk.answer({ secret: 'the code' });
    holds = holds.filter(({ method }) => method !== 'email-code');
    expect(await walk.look()).not.toBe('go');
  });
});

test('"send again" keeps the code and changes the page; a wrong one says why and keeps it too', async () => {
  const walk = await signIn(plain);
  expect((await show(walk))?.show).toEqual({ words: 'sent' });
  await walk.answer({ secret: 'a guess' });
  expect((await show(walk))?.signIn.said).toEqual({ kind: 'wrong', method: 'email-code', reason: 'stale' });
  await walk.answer({ do: 'again' });
  expect((await show(walk))?.show).toEqual({ words: 'sent again' });
  await walk.answer({ secret: 'the code' });
  expect(await walk.look()).toBe('go');
});

test('of twenty right codes sent at once one is taken', async () => {
  const walk = await signIn(plain);
  await walk.look();
  const { walking } = begun;
  await Promise.all(Array.from({ length: 20 }, () => walking.answer(walk.who, walk.id, { secret: 'the code' })));
  const accepted = begun.record.filter(({ type, detail }) => type === 'proof.accepted' && detail?.standIn);
  expect(accepted).toHaveLength(1);
  expect(await walk.look()).toBe('go');
});

describe('registering the first second factor', () => {
  beforeEach(() => {
    mei = { ...mei, emailVerified: true, twoStep: false };
  });

  test.each([
    ['a code by email', 'email-code', 'the code'],
    ['an access pass', 'access-pass', 'the pass'],
  ])('%s shown in this walk opens it', async (_, method, secret) => {
    const walk = await signIn(mfa(), { method }, { secret });
    expect(walk.pages.at(-2)).toBe('prove access-pass');
    // The code by email is no opener of its own here: only where it was asked for anyway.
    expect(walk.now).toBe(method === 'access-pass' ? 'register totp' : 'prove access-pass');
    expect(begun.asked).toContain('mei');
  });

  test('a spare way in is suggested afterwards, and "later" is taken for an answer', async () => {
    const walk = await signIn(mfa(), { secret: 'the pass' }, { secret: 'the new code' });
    expect(walk.now).toBe('register recovery-code');
    expect(await show(walk)).toMatchObject({ step: { optional: true } });
    await walk.answer({ do: 'later' });
    expect(await walk.look()).toBe('go');
  });

  test('or registered, which proves nothing', async () => {
    const walk = await signIn(mfa(), { secret: 'the pass' }, { secret: 'the new code' }, { kept: 'yes' });
    expect(walk.now).toBe('go');
    const { evidence } = (await begun.sessions.load(walk.who.session))!;
    expect(evidence.map((piece) => piece.class)).toEqual(['password', 'totp']);
  });

  test('what is not optional cannot be put off', async () => {
    const walk = await signIn(mfa(), { secret: 'the pass' }, { do: 'later' });
    expect(walk.now).toBe('register totp');
  });

  test('is open to her alone only so long from being asked for the first time', async () => {
    begun.kv.close();
    begun = open('password', 1000);
    expect((await signIn(mfa())).now).toBe('register totp');
    mei = { ...mei, enrolmentAskedAt: now - 1001 };
    expect((await signIn(mfa())).now).toBe('prove access-pass');
  });

  test('a phone reported lost keeps whoever has the password from registering his own', async () => {
    begun.kv.close();
    begun = open('password');
    holds.push({ ...credential('mei', 'totp'), lost: true });
    const walk = await signIn(mfa());
    expect(walk.now).toBe('prove access-pass');
    await walk.answer({ secret: 'the pass' });
    expect(await walk.look()).toBe('register totp');
  });
});
