/** The engine: walks from beginning to end, for askers that keep what is proved and for those that keep nothing. */

import type { AuditEvent } from '../../src/audit/event.ts';
import type { Browser } from '../../src/authentication/authentication.ts';
import type { Engine } from '../../src/authentication/engine.ts';
import type { Sessions } from '../../src/authentication/sessions.ts';
import type { Walking } from '../../src/authentication/walking.ts';
import type { Application } from '../../src/domain/application.ts';
import type { Ask } from '../../src/domain/ask.ts';
import { builtIn } from '../../src/policy/strengths.ts';
import type { MemoryKv } from '../../src/state/memory.ts';
import { browser, credential, house, person, plain, typed } from './house.ts';

const users = new Map(['ana', 'bob'].map((id) => [id, person(id)]));

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
  removed = new Set();
  waiting = false;
  application = { id: 'app', name: 'app', protocol: 'oidc', thirdParty: false, settings: {}, disabled: false };
  const patient = (id: 'password' | 'totp') => {
    const method = typed(id);
    return typed(id, {
      verify: async (...asked) => (waiting ? { kind: 'waiting', retryAfter: 2 } : method.verify(...asked)),
    });
  };
  ({ kv, sessions, engine, walking, record, taken } = house({
    methods: [patient('password'), patient('totp')],
    users,
    held: (user) => [credential(user, 'password'), credential(user, 'totp')].filter((one) => !removed.has(one.id)),
    application: () => application,
    now: () => now,
  }));
});
afterEach(() => kv.close());

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

test('one answer sent twice at once moves the walk on once', async () => {
  const who = browser('a browser');
  const id = await begin(who, { ...plain, wants: [{ anyOf: [builtIn.mfa!], essential: true }] });
  await walking.answer(who, id, { username: 'ana' });
  await Promise.all([prove(who, id, "ana's password"), prove(who, id, "ana's password")]);
  expect(await walking.look(who, id)).toMatchObject({ signIn: { proofs: [{ class: 'password' }] } });
});

test('every sign-in is on record with what was asked, why, and what was proved; a quiet look is not', async () => {
  const who = await signedIn('ana');
  record.length = 0;
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
    waiting = true;
    record.length = 0;
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
