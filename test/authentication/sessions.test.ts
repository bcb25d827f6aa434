import fc from 'fast-check';
import { Sessions } from '../../src/authentication/sessions.ts';
import type { Evidence } from '../../src/domain/evidence.ts';
import { methodClassNames } from '../../src/domain/evidence.ts';
import { builtIn, satisfies } from '../../src/policy/strengths.ts';
import { MemoryKv } from '../../src/state/memory.ts';

const hours = 3600;
const lifetimes = { idle: 1 * hours, absolute: 8 * hours, stay: 30 * 24 * hours };
const password = (at: number): Evidence => ({ class: 'password', method: 'password', at, credential: 'c1' });
const totp = (at: number): Evidence => ({ class: 'totp', method: 'totp', at, credential: 'c2' });

let now: number;
let kv: MemoryKv;
let sessions: Sessions;
let told: string[];
let untold: string[];

beforeEach(() => {
  now = 1_800_000_000_000;
  kv = new MemoryKv({ now: () => now });
  sessions = new Sessions(kv, lifetimes, () => now);
  told = [];
  untold = [];
  sessions.onEnd(async (session, reason) => {
    told.push(`${session.user} ${reason}`);
    return untold;
  });
});
afterEach(() => kv.close());

const walk = (user: string, proofs: Evidence[], stay = false) => ({
  user,
  shown: proofs,
  stay,
  agent: 'Firefox',
  address: '192.0.2.1',
});
async function signIn(user = 'ana', stay = false) {
  const { sid, cookie } = await sessions.join(undefined, walk(user, [password(now)], stay));
  return { sid, cookie: cookie as string };
}

describe('the cookie', () => {
  test('opens the session it was made for, and nothing else does', async () => {
    const { sid, cookie } = await signIn();
    expect(await sessions.load(cookie)).toMatchObject({ sid, user: 'ana', evidence: [password(now)] });
    for (const forged of [
      undefined,
      '',
      sid,
      `${sid}.`,
      `.${cookie}`,
      `${sid}.wrong`,
      `${cookie}x`,
      `${cookie}.x`,
      `${cookie}`.slice(0, -1),
    ]) {
      expect(await sessions.load(forged)).toBeUndefined();
    }
  });

  test('leaves no secret in the store', async () => {
    const { sid, cookie } = await signIn();
    const secret = cookie.split('.')[1] as string;
    expect((await kv.read(sessions.key(sid)))?.value).not.toContain(secret);
  });
});

describe('a further proof', () => {
  test('rotates the secret, keeps the sid and adds to the evidence', async () => {
    const first = await signIn();
    now += 5000;
    const joined = await sessions.join(first.cookie, walk('ana', [totp(now)]));
    expect(joined.sid).toBe(first.sid);
    expect(joined.cookie).not.toBe(first.cookie);
    expect((await sessions.load(joined.cookie))?.evidence.map((piece) => piece.method)).toEqual(['password', 'totp']);
  });

  test('leaves the old secret ten seconds with the evidence as it was, then nothing', async () => {
    const first = await signIn();
    await sessions.join(first.cookie, walk('ana', [totp(now)]));
    expect((await sessions.load(first.cookie))?.evidence.map((piece) => piece.method)).toEqual(['password']);
    now += 10_000;
    expect(await sessions.load(first.cookie)).toBeUndefined();
  });

  test('of another person ends the session and starts another', async () => {
    const first = await signIn();
    const joined = await sessions.join(first.cookie, walk('bob', [password(now)]));
    expect(joined.sid).not.toBe(first.sid);
    expect(await sessions.load(first.cookie)).toBeUndefined();
    expect(told).toEqual(['ana user changed']);
    expect(await sessions.load(joined.cookie)).toMatchObject({ user: 'bob', evidence: [password(now)] });
  });

  test('twenty at once lose nothing: every participant and every proof is kept', async () => {
    const { sid, cookie } = await signIn();
    const [joined] = await Promise.all([
      Promise.all(Array.from({ length: 10 }, (_, i) => sessions.join(cookie, walk('ana', [totp(now + i)])))),
      ...Array.from({ length: 10 }, (_, i) => sessions.participate(sid, `app${i}`, { g: String(i) })),
    ]);
    const after = await sessions.bySid(sid);
    expect(Object.keys(after!.participants)).toHaveLength(10);
    expect(after!.evidence).toHaveLength(11);
    // One new secret, whichever answer reaches the browser last.
    const cookies = joined.flatMap((one) => one.cookie ?? []);
    expect(cookies).toHaveLength(1);
    expect((await sessions.load(cookies[0]))?.evidence).toHaveLength(11);
  });

  test('by the old secret buys neither the new one nor what was proved since', async () => {
    const stolen = (await signIn()).cookie;
    const { cookie } = await sessions.join(stolen, walk('ana', [totp(now)]));
    now += 1000;
    const thief = await sessions.join(stolen, walk('ana', [password(now)]));
    expect(thief.cookie).toBeUndefined();
    expect((await sessions.load(stolen))?.evidence.map((piece) => piece.method)).toEqual(['password']);
    expect((await sessions.load(cookie))?.evidence).toHaveLength(3);
    now += 10_000;
    expect(await sessions.load(stolen)).toBeUndefined();
  });

  test('of a session that is ended in the same moment revives nothing', async () => {
    const { sid, cookie } = await signIn();
    const swap = kv.swap.bind(kv);
    kv.swap = async (...args) => {
      await sessions.end(sid, 'ended by its owner');
      return swap(...args);
    };
    expect(await sessions.join(cookie, walk('ana', [totp(now)]))).toEqual({ sid, started: false });
    expect(await sessions.ofUser('ana')).toEqual([]);
  });

  test('of many leaves the newest forty, and the old secret with none of those proved after it', async () => {
    const { cookie } = await signIn();
    const many = Array.from({ length: 60 }, (_, i) => totp(now + i));
    const joined = await sessions.join(cookie, walk('ana', many));
    expect((await sessions.load(joined.cookie))?.evidence).toEqual(many.slice(-40));
    expect((await sessions.load(cookie))?.evidence).toEqual([]);
  });
});

describe('the end', () => {
  test('is told once, however many ask for it, and nothing revives the session', async () => {
    const { sid, cookie } = await signIn();
    await Promise.all(Array.from({ length: 20 }, () => sessions.end(sid, 'signed out')));
    expect(told).toEqual(['ana signed out']);
    expect(await sessions.load(cookie)).toBeUndefined();
    expect(await sessions.participate(sid, 'wiki', { g: '1' })).toBeUndefined();
    expect(await sessions.bySid(sid)).toBeUndefined();
    expect(await sessions.ofUser('ana')).toEqual([]);
  });

  test('says who could not be told', async () => {
    const { sid } = await signIn();
    untold = ['Wiki'];
    sessions.onEnd(async () => ['Mail']);
    expect((await sessions.end(sid, 'signed out'))?.untold).toEqual(['Wiki', 'Mail']);
  });

  test('comes after an hour unused, is put off by use, and comes after eight hours in any case', async () => {
    const { sid, cookie } = await signIn();
    const start = now;
    for (now += 45 * 60_000; now < start + 8 * 3600_000; now += 45 * 60_000) {
      const session = await sessions.load(cookie);
      expect(session?.sid).toBe(sid);
      await sessions.touch(session!);
      // Or a changed password would end every session but this one.
      expect((await sessions.ofUser('ana')).map((one) => one.sid)).toEqual([sid]);
    }
    now = start + 8 * 3600_000;
    expect(await sessions.load(cookie)).toBeUndefined();
    const idle = await signIn();
    now += 3600_000;
    expect(await sessions.load(idle.cookie)).toBeUndefined();
  });

  test('"stay signed in" lengthens the session and leaves its evidence as old as it is', async () => {
    const at = now;
    const { cookie } = await signIn('ana', true);
    now += 20 * 24 * 3600_000;
    expect(await sessions.load(cookie)).toMatchObject({ stay: true, evidence: [password(at)] });
  });

  test('"stay signed in" chosen at a later proof keeps the session in the list of its owner', async () => {
    const { sid, cookie } = await signIn();
    const joined = await sessions.join(cookie, walk('ana', [totp(now)], true));
    expect(joined.seconds).toBe(lifetimes.stay);
    now += 20 * 24 * 3600_000;
    expect((await sessions.ofUser('ana')).map((one) => one.sid)).toEqual([sid]);
  });
});

test("a person sees all their sessions, newest first, and nobody else's", async () => {
  const first = await signIn();
  now += 1000;
  const second = await signIn();
  await signIn('bob');
  expect((await sessions.ofUser('ana')).map((session) => session.sid)).toEqual([second.sid, first.sid]);
});

test('stand-ins never become evidence: whatever a stored session claims beyond the alphabet of methods is not there', async () => {
  const { sid, cookie } = await signIn();
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.oneof(fc.constantFrom('access-pass', 'trusted-device', 'email-code', '__proto__', 'toString'), fc.string()),
      ),
      async (claimed) => {
        const entry = (await kv.read(sessions.key(sid)))!;
        const stored = JSON.parse(entry.value);
        const known = new Set<string>(methodClassNames);
        stored.e = [['password', now], ...claimed.filter((name) => !known.has(name)).map((name) => [name, now, 'c9'])];
        await kv.set(sessions.key(sid), JSON.stringify(stored), 3600);
        const { evidence } = (await sessions.load(cookie))!;
        expect(evidence).toEqual([{ class: 'password', method: 'password', at: now }]);
        expect(
          Object.values(builtIn)
            .filter((one) => satisfies(evidence, one))
            .map((one) => one.id),
        ).toEqual(['one-factor', 'aal1', 'sfa']);
      },
    ),
  );
});
