/** The engine for an asker that keeps nothing (Entra's external MFA, RADIUS later): no session is made, joined or rotated. */

import type { AuditEvent } from '../../src/audit/event.ts';
import { Attempts } from '../../src/authentication/attempts.ts';
import type { Browser } from '../../src/authentication/authentication.ts';
import { Engine } from '../../src/authentication/engine.ts';
import { Prover } from '../../src/authentication/proving.ts';
import { Sessions } from '../../src/authentication/sessions.ts';
import { SignIns } from '../../src/authentication/signins.ts';
import { Trail } from '../../src/authentication/trail.ts';
import { Walking } from '../../src/authentication/walking.ts';
import type { Ask } from '../../src/domain/ask.ts';
import type { Credential } from '../../src/domain/credential.ts';
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

/** Proved by typing the secret itself. */
const method = (id: 'password' | 'totp', first: boolean): Method => ({
  id,
  first,
  worth: [id],
  registers: [],
  classesOf: () => [id],
  challenge: async () => ({ state: '', show: {} }),
  verify: async ({ credentials }, _state, answer) => {
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

beforeEach(() => {
  now = 1_800_000_000_000;
  kv = new MemoryKv({ now: () => now });
  record = [];
  const recorder = { record: async (event: AuditEvent) => void record.push(event) };
  const methods = new Map([method('password', true), method('totp', false)].map((one) => [one.id, one]));
  const of = async (user: string) => [credential(user, 'password'), credential(user, 'totp')];
  const browsers = { remember: async () => {} };
  sessions = new Sessions(kv, { idle: 3600, absolute: 3600, stay: 3600 }, () => now);
  const signIns = new SignIns(kv, secretsSealer(['a secret of at least thirty-two characters']));
  engine = new Engine({
    sources: {
      methods,
      policies: builtInPolicies,
      enrolmentFirst: 'password',
      application: (id) => ({ id, name: id, protocol: 'oidc', thirdParty: false, settings: {}, disabled: false }),
      userByName: async (name) => users.get(name),
      userById: async (id) => users.get(id),
      credentialsOf: of,
      agreedItems: async () => [],
    },
    sessions,
    signIns,
    recorder,
    kv,
    now: () => now,
  });
  const counters = {
    attempt: async () => ({ kind: 'go' as const }),
    succeed: async () => true,
    release: async () => {},
  };
  const limits = { lockAfter: 10, lockSeconds: 900, disableAfter: 50, addressFailures: 300, addressSeconds: 600 };
  const prover = new Prover({
    methods,
    attempts: new Attempts(kv, counters, limits),
    trail: new Trail(recorder, () => now),
    browsers,
    credentials: { of, add: async (user, one) => ({ ...credential(user, one.method), ...one }) },
    consents: { agree: async () => {} },
    reference: () => 'ABCD-EFGH',
    now: () => now,
  });
  walking = new Walking(engine, prover, 'Stile');
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
  expect(await engine.walk(thief, id)).toBeUndefined();
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
