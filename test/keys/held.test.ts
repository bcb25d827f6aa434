import { generateKeyPairSync } from 'node:crypto';
import { StoreAway } from '../../src/domain/store-away.ts';
import { HeldKeys } from '../../src/keys/held.ts';
import type { SigningKey, SigningKeys } from '../../src/store/signing-keys.ts';
import { keptKeys } from '../support/kept-keys.ts';
import { heldKey, holding, signedBy } from '../support/key-agent.ts';

const rs1 = heldKey('rs-1', 'RS256');
const es1 = heldKey('es-1', 'ES256');
const rs2 = heldKey('rs-2', 'RS256', 'next');
const es2 = heldKey('es-2', 'ES256', 'next');
const day = 86_400;

let opened: HeldKeys[] = [];
afterEach(() => {
  for (const keys of opened) keys.stop();
  opened = [];
});

async function opening(holder: ReturnType<typeof holding>, store: SigningKeys = keptKeys(), now = { at: 0 }) {
  const terms = { algs: ['RS256', 'ES256'], rotateEvery: 90 * day, overlap: 30 * day, every: 86_400_000 };
  const keys = await HeldKeys.open({ ...terms, holder, store, now: () => now.at });
  opened.push(keys);
  return keys;
}

const bytes = Buffer.from('header.payload');

test('signs by what its holder has, under a name made of the key', async () => {
  const keys = await opening(holding(rs1, es1, rs2, es2));
  expect(keys.keys().map(({ alg, state }) => `${alg} ${state}`)).toEqual([
    ...['RS256 current', 'ES256 current', 'RS256 next', 'ES256 next'],
  ]);
  for (const key of keys.keys()) {
    expect(key.id).toMatch(/^[\w-]{43}$/);
    expect(key.jwk).not.toHaveProperty('d');
    expect((await key.sign?.(bytes))?.length).toBe(key.alg === 'RS256' ? 256 : 64);
  }
  expect(keys.shown().keys[0]).toEqual({ id: keys.keys()[0]?.id, alg: 'RS256', state: 'current' });
});

const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
const small = { ...rs1, jwk: weak.publicKey.export({ format: 'jwk' }), half: weak.privateKey };
const off = { ...es1, jwk: { ...es1.jwk, x: es1.jwk.y } };
const other = heldKey('rs-1', 'RS256');

test.each([
  ['no key of an algorithm', [rs1], /lists 0 current keys of ES256/],
  ['none at all', [], /lists 0 current keys of RS256/],
  ['two that sign', [rs1, es1, heldKey('rs-9', 'RS256')], /lists 2 current keys of RS256/],
  ['a key twice', [rs1, es1, { ...rs1, id: 'again', state: 'next' as const }], /lists a key twice/],
  ['an RSA key that is too short', [small, es1], /rs-1, which is no key/],
  ['a point that is on no curve', [rs1, off], /es-1, which is no key/],
  ['a public half that is not of its private one', [{ ...rs1, half: other.half }, es1], /none by rs-1/],
])('a list with %s is refused before anything is taken', async (_what, list, why) => {
  await expect(opening(holding(...list))).rejects.toThrow(why);
});

test.each([
  ['of something else', () => signedBy(rs1, Buffer.from('other bytes'))],
  ['by another key', (asked: Buffer) => signedBy(other, asked)],
  ['that is empty', () => Buffer.alloc(0)],
])('a signature %s never leaves', async (_what, forged) => {
  const holder = holding(rs1, es1);
  const keys = await opening(holder);
  holder.forged = forged;
  await expect(keys.keys()[0]?.sign?.(bytes)).rejects.toThrow('a signature that is none by rs-1');
});

test('follows its holder, and asks a key that begins to sign for a trial', async () => {
  const holder = holding(rs1, es1, rs2);
  const keys = await opening(holder);
  const [before, , next] = keys.keys();
  const same = keys.keys();
  await keys.refresh();
  expect(keys.keys()).toBe(same);
  let told = 0;
  keys.watch(() => {
    told += 1;
  });
  holder.asked = 0;
  holder.list = [{ ...rs2, state: 'current' }, es1, { ...rs1, state: 'previous' }];
  await keys.refresh();
  expect([told, holder.asked]).toEqual([1, 2]);
  expect(keys.keys()[0]?.id).toBe(next?.id);
  expect(keys.keys().find(({ state }) => state === 'previous')?.id).toBe(before?.id);
});

test.each([
  [
    'is away',
    (holder: ReturnType<typeof holding>) => {
      holder.fails = new StoreAway('the agent');
    },
  ],
  [
    'lists what cannot be',
    (holder: ReturnType<typeof holding>) => {
      holder.list = [rs2, es1];
    },
  ],
  [
    'lists a key that does not sign',
    (holder: ReturnType<typeof holding>) => {
      holder.list = [{ ...rs1, ...other }, es1];
      holder.forged = () => Buffer.alloc(256);
    },
  ],
])('keeps the last good keys while its holder %s', async (_what, fails) => {
  const holder = holding(rs1, es1);
  const keys = await opening(holder);
  const good = keys.keys();
  fails(holder);
  await expect(keys.ready()).rejects.toThrow();
  expect(keys.keys()).toBe(good);
  Object.assign(holder, { fails: undefined, forged: undefined, list: [rs1, es1] });
  await keys.ready();
  expect(keys.keys()).toBe(good);
});

test('is not changed by us, by no wish', async () => {
  expect(await (await opening(holding(rs1, es1))).rotate()).toEqual({ kind: 'held' });
});

test('our own keys of before are published until nothing they signed is alive, then they are gone', async () => {
  const store = keptKeys();
  const jwk = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const own: SigningKey = { id: 'ours', alg: 'ES256', jwk: { ...jwk }, createdAt: 0 };
  await store.addAfter('sig', [], [own]);
  const now = { at: 120 * day * 1000 - 1 };
  const keys = await opening(holding(rs1, es1), store, now);
  expect(keys.keys().at(-1)).toMatchObject({ id: 'ours', state: 'previous' });
  expect(keys.shown().keys.at(-1)).toMatchObject({ id: 'ours', createdAt: 0 });
  now.at += 1;
  await keys.refresh();
  expect(keys.keys().map(({ id }) => id)).not.toContain('ours');
  expect(await store.idsOf('sig')).toEqual([]);
});
