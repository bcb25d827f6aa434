/** The engine: walks from beginning to end, for askers that keep what is proved and for those that keep nothing. */

import type { AuditEvent } from '../../src/audit/event.ts';
import { Attempts } from '../../src/authentication/attempts.ts';
import type { Browser } from '../../src/authentication/authentication.ts';
import { Engine } from '../../src/authentication/engine.ts';
import type { Sources } from '../../src/authentication/facts.ts';
import { Prover } from '../../src/authentication/proving.ts';
import { Sessions } from '../../src/authentication/sessions.ts';
import { SignIns } from '../../src/authentication/signins.ts';
import { Trail } from '../../src/authentication/trail.ts';
import { Walking } from '../../src/authentication/walking.ts';
import type { Application } from '../../src/domain/application.ts';
import type { Ask } from '../../src/domain/ask.ts';
import type { Credential, NewCredential } from '../../src/domain/credential.ts';
import type { Method } from '../../src/domain/method.ts';
import type { User } from '../../src/domain/user.ts';
import { builtInPolicies } from '../../src/policy/built-in.ts';
import { builtIn } from '../../src/policy/strengths.ts';
import { MemoryKv } from '../../src/state/memory.ts';
import { secretsSealer } from '../../src/state/sealer.ts';

const person = (id: string): User => ({
  id,
  store: 'local',
  username: id,
  name: id,
  emailVerified: false,
  groups: [],
  claims: {},
  twoStep: false,
  disabled: false,
});
const users = new Map(['ana', 'bob'].map((id) => [id, person(id)]));
const credential = (user: string, method: string): Credential => ({
  id: `${user}-${method}`,
  user,
  method,
  label: method,
  secret: `${user}'s ${method}`,
  data: {},
  counter: -1,
  failures: 0,
  disabled: false,
  createdAt: 0,
});

const held = (user: string) =>
  [credential(user, 'password'), credential(user, 'totp')].filter((one) => !removed.has(one.id));
const add = async (user: string, one: NewCredential): Promise<Credential> => ({
  ...credential(user, one.method),
  ...one,
});

/** Proved by typing the secret itself. */
const method = (id: 'password' | 'totp', first: boolean): Method => ({
  id,
  first,
  guards: !first,
  worth: [id],
  registers: [],
  classesOf: () => [id],
  challenge: async () => ({ state: '', show: {} }),
  verify: async ({ credentials }, _state, answer) => {
    if (waiting) return { kind: 'waiting', retryAfter: 2 };
    const found = credentials.find((one) => one.secret === answer.secret);
    return found ? { kind: 'proved', evidence: { class: id, method: id }, credential: found.id } : { kind: 'wrong' };
  },
});

function browser(id: string): Browser & { session: string | undefined; writes: number } {
  return {
    id,
    session: undefined,
    address: '192.0.2.1',
    agent: 'Firefox',
    languages: [],
    writes: 0,
    bind: () => id,
    keepSession(cookie) {
      this.session = cookie;
      this.writes++;
    },
    dropSession() {
      this.session = undefined;
    },
  };
}

let now: number;
let kv: MemoryKv;
let sessions: Sessions;
let engine: Engine;
let walking: Walking;
let record: AuditEvent[];
/** Ids of credentials that are gone. */
let removed: Set<string>;
/** Nobody has answered the challenge yet. */
let waiting: boolean;
/** Credentials whose try was taken back. */
let taken: string[];
let application: Application | undefined;

beforeEach(() => {
  now = 1_800_000_000_000;
  kv = new MemoryKv({ now: () => now });
  record = [];
  const recorder = { record: async (event: AuditEvent) => void record.push(event) };
  const methods = new Map([method('password', true), method('totp', false)].map((one) => [one.id, one]));
  removed = new Set();
  waiting = false;
  taken = [];
  application = { id: 'app', name: 'app', protocol: 'oidc', thirdParty: false, settings: {}, disabled: false };
  sessions = new Sessions(kv, { idle: 3600, absolute: 3600, stay: 3600 }, () => now);
  const signIns = new SignIns(kv, secretsSealer(['a secret of at least thirty-two characters']));
  const sources: Sources = {
    methods,
    begin: ['password'],
    policies: builtInPolicies(),
    enrolment: { first: 'password', window: 86_400_000 },
    application: () => application,
    userByName: async (name) => users.get(name),
    userById: async (id) => users.get(id),
    settingOf: () => ({ state: 'allowed', standsIn: true }),
    credentialsOf: async (user) => held(user.id),
    liveCredentials: async (user) => held(user).map(({ id }) => id),
    credentialBy: async () => undefined,
    agreedItems: async () => [],
  };
  engine = new Engine({
    sources,
    sessions,
    signIns,
    recorder,
    kv,
    now: () => now,
  });
  const counters = {
    attempt: async () => ({ kind: 'go' as const }),
    succeed: async () => true,
    release: async (id: string) => void taken.push(id),
  };
  const limits = { lockAfter: 10, lockSeconds: 900, disableAfter: 50, addressFailures: 300, addressSeconds: 600 };
  const trail = new Trail(recorder, () => now);
  const prover = new Prover({
    sources,
    attempts: new Attempts(kv, counters, limits),
    trail,
    credentials: { claim: add, replace: add },
    reference: () => 'ABCD-EFGH',
    now: () => now,
  });
  walking = new Walking({
    engine,
    prover,
    trail,
    people: { askedToEnrol: async () => {} },
    browsers: { remember: async () => {} },
    consents: { agree: async () => {} },
    service: 'Stile',
  });
  engine.register({ name: 'test', resume: ({ id }) => `/back/${id}`, leadsTo: () => [] });
});
afterEach(() => kv.close());

const plain: Ask = { application: 'app', wants: [], choose: false, passive: false, keeps: true };
const guest: Ask = { ...plain, keeps: false, subject: 'bob', wants: [{ anyOf: [builtIn.mfa!], essential: true }] };

async function begin(who: Browser, ask: Ask) {
  const { path } = await engine.begin(who, ask, { asker: 'test', ticket: 'resume here' });
  now += 1;
  return path.split('/').at(-1) as string;
}
async function step(who: Browser, id: string) {
  const view = await walking.look(who, id);
  return view.kind === 'page' ? ('method' in view.step ? view.step.method : view.step.kind) : view.kind;
}
const prove = (who: Browser, id: string, secret: string) => walking.answer(who, id, { secret });

async function signedIn(user: string) {
  const who = browser(`${user}'s browser`);
  const id = await begin(who, plain);
  await walking.answer(who, id, { username: user });
  await prove(who, id, `${user}'s password`);
  expect(await step(who, id)).toBe('go');
  return who;
}

test("bob is challenged as bob in ana's browser, with both factors, and ana's session neither serves nor changes", async () => {
  const who = await signedIn('ana');
  const before = { cookie: who.session, writes: who.writes, stored: await kv.read(sessions.key(who.session!)) };
  const id = await begin(who, guest);
  expect(await step(who, id)).toBe('password');
  await prove(who, id, "ana's password");
  expect(await step(who, id)).toBe('password');
  await prove(who, id, "bob's password");
  expect(await step(who, id)).toBe('totp');
  await prove(who, id, "bob's totp");
  expect(await step(who, id)).toBe('go');
  expect({ cookie: who.session, writes: who.writes, stored: await kv.read(sessions.key(who.session!)) }).toEqual(
    before,
  );
  expect(await sessions.ofUser('bob')).toEqual([]);

  const evaluation = await engine.evaluate(who, guest, { walk: id });
  expect(evaluation).toMatchObject({ kind: 'done', outcome: { user: { id: 'bob' }, met: [builtIn.mfa] } });
  expect('sid' in (evaluation as { outcome: object }).outcome).toBe(false);
  expect((await engine.evaluate(who, guest)).kind).toBe('missing');
});

test("bob's own session counts for nothing where nothing is kept", async () => {
  const who = await signedIn('bob');
  const id = await begin(who, guest);
  const view = await walking.look(who, id);
  expect(view).toMatchObject({ kind: 'page', facts: { evidence: [] } });
  expect((await engine.evaluate(who, guest)).kind).toBe('missing');
});

test('a walk that has not ended lets nobody through, whatever it has proved so far', async () => {
  const who = browser('a browser');
  const id = await begin(who, plain);
  await walking.answer(who, id, { username: 'ana' });
  await prove(who, id, "ana's password");
  expect(await engine.evaluate(who, plain, { walk: id })).toEqual({ kind: 'missing', refusal: 'interaction-needed' });
});

test('another browser cannot see, answer or use a walk', async () => {
  const who = browser('a browser');
  const id = await begin(who, plain);
  const thief = browser('another');
  expect((await walking.look(thief, id)).kind).toBe('gone');
  expect(await walking.answer(thief, id, { username: 'ana' })).toBe(false);
  expect(await engine.walk(thief, id, 'test')).toBeUndefined();
  // Nor does another asker answer it.
  expect(await engine.walk(who, id, 'other')).toBeUndefined();
  expect(await engine.walk(who, id, 'test')).toMatchObject({ ticket: 'resume here' });
});

test('proofs of one person are never counted for another named later in the same walk', async () => {
  const who = browser('a browser');
  const id = await begin(who, { ...plain, wants: [{ anyOf: [builtIn.mfa!], essential: true }] });
  await walking.answer(who, id, { username: 'ana' });
  await prove(who, id, "ana's password");
  expect(await step(who, id)).toBe('totp');
  await walking.answer(who, id, { do: 'identify' });
  await walking.answer(who, id, { username: 'bob' });
  expect(await step(who, id)).toBe('password');
  expect(await walking.look(who, id)).toMatchObject({ facts: { evidence: [], vouched: false } });
});

test('every sign-in is on record with what was asked, why, and what was proved; a quiet look is not', async () => {
  const who = await signedIn('ana');
  record = [];
  await engine.evaluate(who, plain, { quiet: true });
  expect(record).toEqual([]);
  await engine.evaluate(who, plain);
  expect(record).toMatchObject([
    {
      type: 'sign-in',
      user: 'ana',
      application: 'app',
      detail: { silent: true, asked: [], proved: [['password', expect.any(Number)]], trace: expect.any(Array) },
    },
  ]);
});

test('"stay signed in" is what the box said last, and is not lost at the second factor', async () => {
  const stays = async (...boxes: boolean[]) => {
    const who = browser(`a browser ${boxes}`);
    const id = await begin(who, { ...plain, wants: [{ anyOf: [builtIn.mfa!], essential: true }] });
    await walking.answer(who, id, { username: 'ana' });
    for (const [i, ticked] of boxes.entries()) {
      const secret = i === boxes.length - 1 ? "ana's password" : 'a slip';
      await walking.answer(who, id, { secret, ...(ticked ? { stay: 'yes' } : {}) });
    }
    await prove(who, id, "ana's totp");
    expect(await step(who, id)).toBe('go');
    return (await sessions.load(who.session))?.stay;
  };
  expect(await stays(true)).toBe(true);
  expect(await stays(true, false)).toBe(false);
  expect(await stays(false, true)).toBe(true);
});

test('an answer typed in one tab counts though the other tab shows the choice of methods meanwhile', async () => {
  const who = await signedIn('ana');
  const id = await begin(who, { ...plain, after: now });
  expect(await walking.look(who, id)).toMatchObject({ step: { method: 'password', others: ['totp'] } });
  await walking.answer(who, id, { do: 'another' });
  await prove(who, id, 'a slip');
  expect(await walking.look(who, id)).toMatchObject({ signIn: { said: { kind: 'wrong', method: 'password' } } });
  await walking.answer(who, id, { do: 'another' });
  await prove(who, id, "ana's password");
  expect(await step(who, id)).toBe('go');
});

describe('while somebody is on the way', () => {
  const both: Ask = { ...plain, wants: [{ anyOf: [builtIn.mfa!], essential: true }] };
  async function halfway(ask = both) {
    const who = browser('a browser');
    const id = await begin(who, ask);
    await walking.answer(who, id, { username: 'ana' });
    await prove(who, id, "ana's password");
    return { who, id };
  }

  test('ana changes her password: what the old one proved there proves nothing any more', async () => {
    const { who, id } = await halfway();
    expect(await step(who, id)).toBe('totp');
    removed.add('ana-password');
    expect(await step(who, id)).toBe('password');
    await prove(who, id, "ana's totp");
    expect(await sessions.ofUser('ana')).toEqual([]);
  });

  test('and where nothing is kept it counts no more after the end either', async () => {
    const who = browser('a browser');
    const id = await begin(who, guest);
    await prove(who, id, "bob's password");
    await prove(who, id, "bob's totp");
    expect(await step(who, id)).toBe('go');
    removed.add('bob-totp');
    expect((await engine.evaluate(who, guest, { walk: id })).kind).toBe('missing');
  });

  test('ana signs out elsewhere: her session counts no more, and the password is asked', async () => {
    const who = await signedIn('ana');
    const id = await begin(who, both);
    expect(await step(who, id)).toBe('totp');
    await sessions.end(who.session!.split('.')[0]!, 'ended by its owner');
    expect(await step(who, id)).toBe('password');
  });

  test('bob signs in in another tab: ana proves her password to go on as ana', async () => {
    const who = await signedIn('ana');
    const id = await begin(who, both);
    const other = await begin(who, { ...plain, choose: true });
    await walking.answer(who, other, { username: 'bob' });
    await prove(who, other, "bob's password");
    expect(await step(who, other)).toBe('go');
    expect(await walking.look(who, id)).toMatchObject({
      step: { method: 'password' },
      facts: { user: { id: 'ana' }, vouched: false, evidence: [] },
    });
  });

  test('a walk that came to its end names nobody when somebody else is signed in by the time it is asked about', async () => {
    const who = await signedIn('ana');
    const id = await begin(who, plain);
    expect(await step(who, id)).toBe('go');
    who.session = (await signedIn('bob')).session;
    expect((await engine.evaluate(who, plain, { walk: id })).kind).toBe('missing');
  });

  test('an administrator disables ana: she is told no, and her session opens nothing', async () => {
    const { who, id } = await halfway();
    users.set('ana', { ...person('ana'), disabled: true });
    try {
      expect(await walking.look(who, id)).toMatchObject({ step: { kind: 'refused', code: 'denied' } });
    } finally {
      users.set('ana', person('ana'));
    }
  });

  test('the application is switched off or becomes a group for others', async () => {
    const { who, id } = await halfway(plain);
    application = { ...application!, groups: ['HR'] };
    expect(await walking.look(who, id)).toMatchObject({ step: { kind: 'refused', because: 'not-yours' } });
    application = { ...application, disabled: true };
    expect((await walking.look(who, id)).kind).toBe('gone');
    expect(await engine.evaluate(who, plain)).toEqual({ kind: 'missing', refusal: 'denied' });
  });

  test('a no on the way stays a no, whatever the session could prove', async () => {
    const who = await signedIn('ana');
    const id = await begin(who, both);
    await walking.answer(who, id, { do: 'cancel' });
    expect(await engine.evaluate(who, plain, { walk: id })).toEqual({ kind: 'missing', refusal: 'denied' });
    expect(record.at(-1)).toMatchObject({
      type: 'sign-in.refused',
      user: 'ana',
      detail: { refusal: 'denied', at: 'prove:totp', asked: [['mfa']], trace: expect.any(Array) },
    });
  });

  test('an answer that is still awaited is no wrong one', async () => {
    const { who, id } = await halfway();
    [waiting, record] = [true, []];
    await prove(who, id, 'anything');
    expect(taken).toEqual(['ana-totp']);
    expect(record).toEqual([]);
    expect(await walking.look(who, id)).toMatchObject({ signIn: { proofs: [{ method: 'password' }] } });
  });
});

test('a fixed subject nobody is gets the same page as anybody else, and cannot be renamed', async () => {
  const who = browser('a browser');
  const ask: Ask = { ...plain, subject: 'nobody' };
  const id = await begin(who, ask);
  expect(await step(who, id)).toBe('password');
  await walking.answer(who, id, { do: 'identify' });
  await walking.answer(who, id, { username: 'ana', secret: "ana's password" });
  expect(await step(who, id)).toBe('password');
  expect(await engine.evaluate(who, { ...ask, passive: true })).toEqual({ kind: 'missing', refusal: 'other-person' });
});
