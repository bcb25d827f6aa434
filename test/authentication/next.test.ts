import { type Facts, next, refusalOf } from '../../src/authentication/next.ts';
import type { Ask } from '../../src/domain/ask.ts';
import type { Evidence, MethodClassName } from '../../src/domain/evidence.ts';
import type { User } from '../../src/domain/user.ts';
import { builtInPolicies } from '../../src/policy/built-in.ts';
import { decide } from '../../src/policy/decide.ts';
import type { Option } from '../../src/policy/plan.ts';
import { builtIn } from '../../src/policy/strengths.ts';
import { ana } from '../support/people.ts';

const wiki = { id: 'wiki', name: 'Wiki', protocol: 'oidc' as const, thirdParty: false, settings: {}, disabled: false };
const password: Option = { method: 'password', class: 'password', register: false, first: true };
const totp: Option = { method: 'totp', class: 'totp', register: false, first: false };
const passkey: Option = { method: 'webauthn', class: 'webauthn:verification:syncable', register: false, first: true };
const newTotp: Option = { ...totp, register: true };
const proved = (...classes: MethodClassName[]) =>
  classes.map((name, i): Evidence => ({ class: name, method: name.split(':')[0]!, at: i + 1 }));
const plain: Ask = { application: 'wiki', wants: [], choose: false, passive: false, keeps: true };
const wanting = (...ids: string[]): Ask => ({
  ...plain,
  wants: [{ anyOf: ids.map((id) => builtIn[id]!), essential: true }],
});

function facts(more: Partial<Facts> & { has?: Option[]; user?: User } = {}): Facts {
  const { has = [password, totp], user = ana, ...rest } = more;
  return {
    ask: plain,
    application: wiki,
    named: true,
    user,
    vouched: true,
    evidence: proved('password'),
    verdict: decide(builtInPolicies(), { user, application: wiki }),
    holdings: has.map((option) => ({ option })),
    standIns: [],
    recent: { evidence: more.evidence ?? proved('password'), standIns: [] },
    registrable: [],
    enrolment: { guarded: has.length > 1, opened: has.length === 1, openers: [] },
    fresh: true,
    registered: [],
    unshared: [],
    beginners: ['password'],
    unnamed: [],
    ...rest,
  };
}

describe('beginning', () => {
  test('asks for a name first', () => {
    expect(next(facts({ named: false, vouched: false }))).toEqual({ kind: 'identify', unnamed: [] });
  });

  test('shows the same password page for ana and for a name nobody has, locked or not', () => {
    const { user: _, verdict: __, ...nobody } = facts({ vouched: false, evidence: [], holdings: [] });
    const locked = [{ option: password, lockedUntil: 99 }];
    const page = { kind: 'prove', method: 'password', others: [], wanted: [] };
    expect(next(nobody)).toEqual(page);
    expect(next(facts({ vouched: false, evidence: [], holdings: locked }))).toEqual(page);
  });
});

describe('with a password proved', () => {
  test('nothing more is asked, even of somebody who has two factors', () => {
    expect(next(facts())).toEqual({ kind: 'done', met: [] });
  });

  test('an application that wants MFA gets only the second factor asked', () => {
    expect(next(facts({ ask: wanting('mfa') }))).toEqual({
      kind: 'prove',
      method: 'totp',
      others: [],
      wanted: ['totp'],
      ahead: 0,
    });
  });

  test('two-step sign-in turned on asks for the second factor without any application wanting it', () => {
    expect(next(facts({ user: { ...ana, twoStep: true } }))).toMatchObject({ kind: 'prove', method: 'totp' });
  });

  test('the first strength the person can meet is aimed at, later ones only if it is out of reach', () => {
    expect(next(facts({ ask: wanting('phr', 'mfa', 'aal1') }))).toMatchObject({ kind: 'prove', method: 'totp' });
    expect(next(facts({ ask: wanting('phr', 'aal1') }))).toEqual({ kind: 'done', met: [builtIn.aal1] });
    expect(next(facts({ ask: wanting('aal1', 'mfa') }))).toEqual({ kind: 'done', met: [builtIn.aal1] });
  });

  test('what nobody can meet is refused when needed and passed over when only wished', () => {
    const wish: Ask = { ...plain, wants: [{ anyOf: [builtIn.phr!], essential: false }] };
    expect(next(facts({ ask: wanting('phr') }))).toEqual({ kind: 'refused', code: 'requirements-unmet' });
    expect(next(facts({ ask: wish }))).toEqual({ kind: 'done', met: [undefined] });
  });

  test('of several ways the shortest comes first, and the wished one is followed', () => {
    const several = facts({ ask: wanting('mfa'), has: [password, totp, passkey] });
    expect(next(several)).toMatchObject({ kind: 'prove', method: 'totp', others: ['webauthn'] });
    expect(next(several, 'webauthn')).toMatchObject({ method: 'webauthn', others: ['totp'] });
    expect(next(several, 'nonsense')).toMatchObject({ method: 'totp' });
  });

  test('a locked second factor says until when', () => {
    const locked = facts({ ask: wanting('mfa'), holdings: [{ option: totp, lockedUntil: 99 }] });
    expect(next(locked)).toMatchObject({ kind: 'prove', method: 'totp', lockedUntil: 99 });
  });
});

describe('with nothing that counts any more', () => {
  test('MFA asked afresh takes both factors again, the password first', () => {
    const stale = facts({ ask: wanting('mfa'), evidence: [] });
    expect(next(stale)).toMatchObject({ kind: 'prove', method: 'password', ahead: 1 });
    expect(next({ ...stale, evidence: proved('password') })).toMatchObject({ method: 'totp', ahead: 0 });
  });
});

describe('registering', () => {
  const mei = (more: Parameters<typeof facts>[0] = {}) =>
    facts({ has: [password], registrable: [newTotp], ask: wanting('mfa'), ...more });

  test('whoever has no second factor is walked through setting one up', () => {
    expect(next(mei())).toMatchObject({ kind: 'register', method: 'totp' });
  });

  test('a session left open registers nothing: the password is asked anew', () => {
    expect(next(mei({ fresh: false }))).toMatchObject({ kind: 'prove', method: 'password' });
  });

  test('proving what one has always goes before registering', () => {
    expect(next(mei({ has: [password, totp] }))).toMatchObject({ kind: 'prove', method: 'totp' });
  });

  describe.each([
    ['the mailbox', ['mailed-link', 'access-pass']],
    ['a pass', ['access-pass']],
  ])('where it takes %s', (_, openers) => {
    const closed = { enrolment: { guarded: false, opened: false, openers } };

    test('that is asked for first, and what opens it otherwise is one click away', () => {
      const [method, ...others] = openers;
      expect(next(mei(closed))).toMatchObject({ kind: 'prove', method, others, opens: true });
      for (const other of others) expect(next(mei(closed), other)).toMatchObject({ method: other, opens: true });
    });

    test('it goes on once it was shown', () => {
      expect(next(mei({ enrolment: { ...closed.enrolment, opened: true } }))).toMatchObject({ kind: 'register' });
    });

    test('the password is asked anew before, of a session left open', () => {
      expect(next(mei({ ...closed, fresh: false }))).toMatchObject({ kind: 'prove', method: 'password' });
    });
  });

  test('where nothing here opens it, the answer is no and says who can help', () => {
    const closed = mei({ enrolment: { guarded: false, opened: false, openers: [] } });
    expect(next(closed)).toEqual({ kind: 'refused', code: 'requirements-unmet', because: 'pass-needed' });
  });

  test('for a mere wish nobody is sent for a pass, nor made to add to what they have', () => {
    const wish: Ask = { ...plain, wants: [{ anyOf: [builtIn.mfa!], essential: false }] };
    expect(next(mei({ ask: wish }))).toMatchObject({ kind: 'register' });
    const needsPass = { guarded: false, opened: false, openers: ['access-pass'] };
    expect(next(mei({ ask: wish, enrolment: needsPass }))).toEqual({ kind: 'done', met: [undefined] });
    const passkeys = { ...passkey, register: true };
    const stronger: Ask = { ...plain, wants: [{ anyOf: [builtIn.phr!], essential: false }] };
    expect(next(facts({ ask: stronger, registrable: [passkeys] }))).toEqual({ kind: 'done', met: [undefined] });
  });

  test('whoever has a second factor, and needs another kind, proves two before it is added', () => {
    const needs = { ask: wanting('phr'), registrable: [{ ...passkey, register: true }] };
    expect(next(facts(needs))).toMatchObject({ kind: 'prove', method: 'totp' });
    expect(next(facts({ ...needs, evidence: proved('password', 'totp') }))).toMatchObject({
      kind: 'register',
      method: 'webauthn',
    });
  });

  test('a code to the mailbox is no half of what adding another takes, though it counts as a factor', () => {
    const shown: Evidence[] = [
      ...proved('password'),
      { class: 'email-code', method: 'email-code', at: 2, mailbox: true },
    ];
    const needs = { ask: wanting('phr'), registrable: [{ ...passkey, register: true }], evidence: shown };
    expect(next(facts(needs))).toMatchObject({ kind: 'prove', method: 'totp' });
  });

  test('a way back in for the day everything is lost is suggested, and may be put off', () => {
    expect(next(facts({ offered: 'recovery-code', evidence: proved('password', 'totp') }))).toEqual({
      kind: 'register',
      method: 'recovery-code',
      others: [],
      ahead: 0,
      optional: true,
    });
  });

  test("the account page's registration comes after everything else is proved", () => {
    const adding: Ask = { ...wanting('mfa'), register: 'totp' };
    expect(next(facts({ ask: adding }))).toMatchObject({ kind: 'prove', method: 'totp' });
    expect(next(facts({ ask: adding, evidence: proved('password', 'totp') }))).toMatchObject({
      kind: 'register',
      method: 'totp',
    });
    expect(next(facts({ ask: adding, evidence: proved('password', 'totp'), registered: ['totp'] }))).toMatchObject({
      kind: 'done',
    });
  });
});

test('a second factor come by meanwhile is proved before another is added, though the asker did not ask for it', () => {
  const adding: Ask = { ...plain, register: 'totp' };
  expect(next(facts({ ask: adding, has: [password] }))).toMatchObject({ kind: 'register' });
  expect(next(facts({ ask: adding }))).toMatchObject({ kind: 'prove', method: 'totp' });
  const lost = { guarded: true, opened: false, openers: ['access-pass'] };
  const pass = { kind: 'prove', method: 'access-pass', opens: true };
  expect(next(facts({ ask: adding, has: [password], enrolment: lost }))).toMatchObject(pass);
  expect(next(facts({ ask: adding, has: [password], enrolment: { ...lost, opened: true } }))).toMatchObject({
    kind: 'register',
  });
});

test("whoever is in none of the application's groups is told no before anything more is asked", () => {
  const application = { ...wiki, groups: ['HR'] };
  const verdict = decide(builtInPolicies(), { user: ana, application });
  expect(next(facts({ application, verdict, ask: wanting('mfa') }))).toEqual({
    kind: 'refused',
    code: 'denied',
    because: 'not-yours',
  });
});

test('consent is the last step', () => {
  expect(next(facts({ ask: wanting('mfa'), unshared: ['email'] }))).toMatchObject({ kind: 'prove' });
  expect(next(facts({ unshared: ['email'] }))).toEqual({ kind: 'consent', items: ['email'] });
});

test('a passive ask is told what would have been missing', () => {
  const told = (more: Parameters<typeof facts>[0]) => {
    const all = facts(more);
    const step = next(all);
    return step.kind === 'done' ? 'done' : refusalOf(step, all);
  };
  expect(told({ named: false, vouched: false, evidence: [] })).toBe('sign-in-needed');
  expect(told({ evidence: [] })).toBe('sign-in-needed');
  expect(told({ ask: wanting('mfa') })).toBe('interaction-needed');
  expect(told({ ask: wanting('phr') })).toBe('requirements-unmet');
  expect(told({ unshared: ['email'] })).toBe('consent-needed');
  expect(told({ ask: { ...plain, subject: 'u1' }, vouched: false, evidence: [] })).toBe('other-person');
});
