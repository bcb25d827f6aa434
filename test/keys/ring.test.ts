import type { AuditEvent } from '../../src/audit/event.ts';
import type { RingKey } from '../../src/keys/due.ts';
import { Ring, type RingParts } from '../../src/keys/ring.ts';
import type { SigningKeys, Use } from '../../src/store/signing-keys.ts';
import { byForce, gently, keptKeys } from '../support/kept-keys.ts';

const DAY = 86_400_000;
const notice = 14 * DAY;
const overlap = 30 * DAY;
let store: SigningKeys;
let at: number;
let made: number;
let events: AuditEvent[];
const rings: Ring[] = [];

async function node(more: Partial<RingParts> = {}): Promise<Ring> {
  const ring = await Ring.open({
    ...{ store, use: 'sig' as Use, algs: ['RS256', 'ES256'], notice: notice / 1000, overlap: overlap / 1000 },
    rotateEvery: 0,
    make: async (alg) => ({ id: `${alg} ${made++}`, alg, jwk: { d: 'private' }, createdAt: at }),
    recorder: { record: async (event) => void events.push(event) },
    now: () => at,
    ...more,
  });
  rings.push(ring);
  return ring;
}
beforeEach(() => {
  store = keptKeys();
  at = Date.UTC(2026, 10, 22, 9);
  made = 0;
  events = [];
});
afterEach(() => {
  for (const ring of rings.splice(0)) ring.stop();
});

const states = (ring: Ring) => ring.keys().map(({ alg, state }) => `${alg} ${state}`);
const ids = (ring: Ring, state: RingKey['state']) =>
  ring.keys().flatMap((key) => (key.state === state ? [key.id] : []));
const fresh = ['RS256 current', 'ES256 current', 'RS256 next', 'ES256 next'];

test('a first start makes a current and a next key of each algorithm, and two nodes at once the same ones', async () => {
  const [here, there] = await Promise.all([node(), node()]);
  expect(states(here)).toEqual(fresh);
  expect(here.keys()).toEqual(there.keys());
  expect(events).toEqual([]);
});

test('keys of a version that made no next ones get them, and go on signing', async () => {
  const old = ['RS256', 'ES256'].map((alg) => ({ id: `old ${alg}`, alg, jwk: {}, createdAt: 0 }));
  await store.addAfter('sig', [], old);
  const ring = await node();
  expect(states(ring)).toEqual(fresh);
  expect(ids(ring, 'current')).toEqual(['old RS256', 'old ES256']);
});

describe('rotating', () => {
  test('puts the next keys to work, keeps the old ones published and makes new ones to follow', async () => {
    const ring = await node();
    const [next, current] = [ids(ring, 'next'), ids(ring, 'current')];
    at += notice;
    expect(await ring.rotate(gently)).toEqual({ kind: 'rotated' });
    expect(ids(ring, 'current')).toEqual(next);
    expect(ids(ring, 'previous')).toEqual(current);
    expect(ids(ring, 'next')).not.toEqual(next);
    // Whoever wanted it is known to whoever was asked.
    expect(events).toEqual([]);
  });

  test('is refused while somebody may not know the next key, unless forced', async () => {
    const ring = await node();
    const keys = ring.keys();
    at += notice - 1;
    expect(await ring.rotate(gently)).toEqual({ kind: 'too-soon', from: at + 1 });
    expect(ring.keys()).toBe(keys);
    expect((await ring.rotate(byForce)).kind).toBe('rotated');
    expect(await ring.rotate(gently)).toEqual({ kind: 'too-soon', from: at + notice });
  });

  test('of two nodes at once changes keys once', async () => {
    const [here, there] = await Promise.all([node(), node()]);
    const next = ids(here, 'next');
    const kinds = (await Promise.all([here.rotate(byForce), there.rotate(byForce)])).map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(['rotated', 'too-soon']);
    expect(ids(here, 'current')).toEqual(next);
    expect(here.keys()).toEqual(there.keys());
  });

  test('after a leak nothing of old is left, next keys neither, and nobody is waited for', async () => {
    const ring = await node();
    await ring.rotate(byForce);
    const old = ring.keys().map(({ id }) => id);
    expect(await ring.rotate({ force: false, leaked: true })).toEqual({ kind: 'rotated' });
    expect(states(ring)).toEqual(fresh);
    expect(ring.keys().filter(({ id }) => old.includes(id))).toEqual([]);
  });

  test('an old key is published until the overlap has passed, and then is gone everywhere', async () => {
    const [here, there] = await Promise.all([node(), node()]);
    const old = ids(here, 'current');
    await here.rotate(byForce);
    at += overlap - 1;
    await here.refresh();
    expect(ids(here, 'previous')).toEqual(old);
    at += 1;
    await Promise.all([here.refresh(), there.refresh()]);
    expect(states(here)).toEqual(fresh);
    await there.refresh();
    expect(states(there)).toEqual(fresh);
    expect(await store.idsOf('sig')).toHaveLength(4);
  });

  test('forced twice in a row, each old key keeps an overlap of its own', async () => {
    const ring = await node();
    const first = ids(ring, 'current');
    await ring.rotate(byForce);
    const second = ids(ring, 'current');
    at += DAY;
    await ring.rotate(byForce);
    expect(ids(ring, 'previous').toSorted()).toEqual([...first, ...second].toSorted());
    at += overlap - DAY;
    await ring.refresh();
    expect(ids(ring, 'previous')).toEqual(second);
  });
});

describe('the schedule', () => {
  const rotateEvery = (90 * DAY) / 1000;

  test('changes keys when it is time, on one of several nodes, and says on record that nobody did it', async () => {
    const nodes = await Promise.all([node({ rotateEvery }), node({ rotateEvery }), node({ rotateEvery })]);
    const next = ids(nodes[0], 'next');
    at += 90 * DAY;
    await Promise.all(nodes.map((one) => one.refresh()));
    for (const one of nodes) {
      await one.refresh();
      expect(ids(one, 'current')).toEqual(next);
      expect(states(one)).toHaveLength(6);
    }
    const keys = nodes[0].keys().map(({ id, alg, state }) => ({ state, alg, id }));
    const detail = { by: { kind: 'schedule' }, use: 'oidc', forced: false, leaked: false, keys };
    expect(events).toEqual([{ type: 'keys.rotated', at, detail }]);
  });

  test('a node that was away for years changes keys once, not for every time that was missed', async () => {
    const ring = await node({ rotateEvery });
    const next = ids(ring, 'next');
    at += 1000 * DAY;
    await ring.refresh();
    await ring.refresh();
    expect(ids(ring, 'current')).toEqual(next);
    expect(events).toHaveLength(1);
  });
});

describe('following', () => {
  test('goes on with what it had while the database is away, and then has what the others have', async () => {
    const there = await node();
    let away = true;
    let failed: (error: unknown) => void = () => undefined;
    const failure = new Promise<unknown>((resolve) => (failed = resolve));
    const follower: SigningKeys = Object.assign(Object.create(store), {
      idsOf: (use: Use) => (away ? Promise.reject(new Error('away')) : store.idsOf(use)),
    });
    away = false;
    const here = await node({ store: follower, every: 1, onError: (error) => failed(error) });
    const before = here.keys();
    away = true;
    await there.rotate(byForce);
    expect(await failure).toEqual(new Error('away'));
    expect(here.keys()).toBe(before);
    const followed = new Promise<void>((resolve) => here.watch(resolve));
    away = false;
    await followed;
    expect(here.keys()).toEqual(there.keys());
  });

  test('tells whoever watches, with the new keys in place, again when they failed to take them', async () => {
    const [here, there] = await Promise.all([node(), node()]);
    const seen: number[] = [];
    here.watch(() => {
      seen.push(here.keys().length);
      if (seen.length === 1) throw new Error('could not take them');
    });
    await there.rotate(byForce);
    await expect(here.refresh()).rejects.toThrow('could not take them');
    await here.refresh();
    await here.refresh();
    expect(seen).toEqual([6, 6]);
  });
});
