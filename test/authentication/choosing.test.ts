import { choosable } from '../../src/authentication/choosable.ts';
import { type Facts, type Holding, next, type Step } from '../../src/authentication/next.ts';
import { present } from '../../src/authentication/present.ts';
import type { SignIn } from '../../src/authentication/signins.ts';
import type { Ask } from '../../src/domain/ask.ts';
import { masked } from '../../src/domain/masked.ts';
import { builtInPolicies } from '../../src/policy/built-in.ts';
import { decide } from '../../src/policy/decide.ts';
import type { Option } from '../../src/policy/plan.ts';
import { ana } from '../support/people.ts';

const wiki = { id: 'wiki', name: 'Wiki', protocol: 'oidc' as const, thirdParty: false, settings: {}, disabled: false };
const user = { ...ana, email: 'ana.silva@northfold.example', twoStep: true };
const now = 1_800_000_000_000;
const option = (method: string, more: Partial<Option>): Option => ({ method, register: false, first: false, ...more });
const totp: Holding = { option: option('totp', { class: 'totp' }), label: 'Pixel 9', lastUsedAt: now - 1000 };
const key: Holding = {
  option: option('webauthn', { class: 'webauthn:verification:bound', first: true }),
  label: 'YubiKey',
  lastUsedAt: now - 500,
};
const laptop: Holding = { ...key, label: 'MacBook', lastUsedAt: now - 200 };
const mail: Holding = { option: option('email-code', { kind: 'email_code', mailbox: true }), label: 'Email' };
const recovery: Holding = { option: option('recovery-code', { class: 'recovery-code' }), label: 'Recovery codes' };
const pass: Holding = { option: option('access-pass', { kind: 'access_pass' }), label: 'Access pass' };
const ask: Ask = { application: 'wiki', wants: [], choose: false, passive: false, keeps: true };

function facts(holdings: readonly Holding[], more: Partial<Facts> = {}): Facts {
  return {
    ...{ ask, application: wiki, user, named: true, vouched: true, standIns: [], registered: [], unshared: [] },
    evidence: [{ class: 'password', method: 'password', at: now - 2000 }],
    recent: { evidence: [], standIns: [] },
    verdict: decide(builtInPolicies(), { user, application: wiki }),
    ...{ holdings, registrable: [], fresh: true },
    enrolment: { guarded: true, opened: false, openers: [] },
    ...{ beginners: ['password', 'webauthn', 'access-pass'], unnamed: [] },
    ...more,
  };
}

/** The page at this point of a walk. */
function page(all: Facts, more: Partial<SignIn> = {}) {
  const signIn: SignIn = {
    ...{ id: 'w', asker: 'oidc', ticket: '', ask: all.ask, browser: 'b', startedAt: now, stay: false },
    proofs: all.evidence,
    ...more,
  };
  const step = next(all, signIn.chosen) as Exclude<Step, { kind: 'done' }>;
  return present({ kind: 'page', signIn, facts: all, step, session: undefined, leadsTo: [], show: {} }, now);
}
const methodsOn = (one: { data: Readonly<Record<string, unknown>> }) => one.data.methods as { id: string }[];

describe('choosing', () => {
  test('the preferred or strongest is asked first, the others are one click away, each with its fact', () => {
    const all = facts([key, laptop, totp, mail, pass]);
    expect(page(all)).toMatchObject({ view: 'methods/webauthn', data: { others: true } });
    expect(page(all, { choosing: true })).toMatchObject({ view: 'signin/choose', data: { register: false } });
    expect(methodsOn(page(all, { choosing: true }))).toEqual([
      { id: 'webauthn', details: ['YubiKey', 'MacBook'], held: true, lastUsedAt: now - 200 },
      { id: 'totp', details: ['Pixel 9'], held: true, lastUsedAt: now - 1000 },
      { id: 'email-code', details: ['a•••@northfold.example'], held: true },
      { id: 'access-pass', details: ['Access pass'], held: true },
    ]);
  });

  test('the list stays as it was, whatever was tried in between', () => {
    const all = facts([totp, mail, recovery]);
    const ids = (chosen: string) => methodsOn(page(all, { choosing: true, chosen })).map(({ id }) => id);
    expect(ids('totp')).toEqual(['totp', 'email-code', 'recovery-code']);
    expect(ids('recovery-code')).toEqual(['totp', 'email-code', 'recovery-code']);
  });

  test('before anything is proved the list is the same for every name, and tells nothing of anybody', () => {
    const { user: _, verdict: __, ...rest } = facts([]);
    const nobody = { ...rest, vouched: false, evidence: [] };
    const somebody = facts([key, totp], { vouched: false, evidence: [] });
    for (const more of [{ choosing: true }, { lost: true }, {}] as const)
      expect(page(somebody, { ...more, name: 'ana' })).toEqual(page(nobody, { ...more, name: 'ana' }));
    expect(methodsOn(page(somebody, { choosing: true }))).toEqual(
      ['password', 'webauthn', 'access-pass'].map((id) => ({ id, details: [], held: false })),
    );
  });

  test('what may be set up comes from the best on, and where the person was going is asked for it', () => {
    const registrable = ['webauthn', 'totp'].map((method) =>
      option(method, { class: method === 'totp' ? 'totp' : 'webauthn:verification:syncable', register: true }),
    );
    const enrolment = { guarded: false, opened: true, openers: [] };
    const all = facts([], { registrable, enrolment });
    expect(page(all)).toMatchObject({
      view: 'methods/webauthn-register',
      data: { others: true, why: { kind: 'two-step' } },
    });
    const choosing = page(all, { choosing: true, chosen: 'totp' });
    expect(choosing).toMatchObject({ view: 'signin/choose', data: { register: true } });
    expect(methodsOn(choosing).map(({ id }) => id)).toEqual(['webauthn', 'totp']);
  });

  test('a page says when its proof opens the setting up of another, and when setting up may wait', () => {
    const enrolment = { guarded: false, opened: false, openers: ['mailed-link', 'access-pass'] };
    const registrable = [option('totp', { class: 'totp', register: true })];
    expect(page(facts([], { registrable, enrolment }))).toMatchObject({
      view: 'methods/mailed-link',
      data: { opens: true, others: true },
    });
    const asked = { ...user, twoStep: false };
    const offered = facts([], {
      ...{ user: asked, verdict: decide(builtInPolicies(), { user: asked, application: wiki }) },
      ...{ offered: 'recovery-code', enrolment: { guarded: false, opened: true, openers: [] } },
    });
    expect(page(offered)).toMatchObject({ view: 'methods/recovery-code-register', data: { optional: true } });
  });
});

describe('whoever has lost everything', () => {
  test.each([
    ['codes and a pass', [totp, recovery, pass], ['recovery-code', 'access-pass']],
    ['codes', [totp, recovery], ['recovery-code']],
    ['nothing', [totp], []],
  ])('is shown what still helps where there is %s', (_, holdings, resorts) => {
    const { view, status, data } = page(facts(holdings), { lost: true });
    expect({ view, status, resorts: data.resorts, back: data.back }).toEqual({
      ...{ view: 'signin/lost', status: 200, resorts, back: 'totp' },
    });
  });

  test('where nothing leads on the answer is 403, with the same heading', () => {
    expect(page(facts([]))).toMatchObject({
      ...{ view: 'signin/refused', status: 403, data: { code: 'requirements-unmet' } },
    });
  });

  test('a locked method leads there too', () => {
    const locked = page(facts([{ ...totp, lockedUntil: now + 60_000 }]));
    expect(locked).toMatchObject({ view: 'signin/locked', status: 429, data: { lost: true } });
    expect(page(facts([{ ...totp, lockedUntil: now + 60_000 }]), { lost: true }).view).toBe('signin/lost');
  });
});

describe('on the name page', () => {
  const unnamed = facts([], { named: false, vouched: false, unnamed: ['webauthn'] });
  const said = (more: object) => page(unnamed, { said: { method: 'webauthn', ...more } as never });

  test('a passkey that was refused is told there, and tries of one that is guessed at are slowed', () => {
    expect(said({ kind: 'wrong' })).toMatchObject({ view: 'signin/identify', data: { wrong: true, by: 'webauthn' } });
    expect(said({ kind: 'locked', until: now + 5000, reference: 'ABCD' })).toMatchObject({
      status: 429,
      retryAfter: 5,
    });
  });

  test('what was said of another method is not', () => {
    expect(page(unnamed, { said: { method: 'totp', kind: 'wrong' } }).data).not.toHaveProperty('wrong');
  });
});

test('an address is masked so that only its owner knows it', () => {
  expect(masked('ana.silva@northfold.example')).toBe('a•••@northfold.example');
  expect(masked('"a@b"@northfold.example')).toBe('"•••@northfold.example');
});

test('a step without others is a list of one', () => {
  const all = facts([totp]);
  expect(choosable(all, next(all) as never).map(({ id }) => id)).toEqual(['totp']);
});
