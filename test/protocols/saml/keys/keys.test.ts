import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { Keyring, type PublishedKey, type SamlKeys } from '../../../../src/protocols/saml/keys/keys.ts';
import type { SigningKeys } from '../../../../src/store/signing-keys.ts';
import { keptKeys } from './kept-keys.ts';

const DAY = 86_400_000;
const notice = 14 * DAY;
const overlap = 30 * DAY;
const terms = { issuer: 'https://id.example.com:8443', metadataValid: notice / 1000, keyOverlap: overlap / 1000 };
let store: SigningKeys;
let at: number;
const rings: Keyring[] = [];

async function node(more: { every?: number; keyOverlap?: number } = {}): Promise<Keyring> {
  const ring = await Keyring.open({ store, ...terms, now: () => at, ...more });
  rings.push(ring);
  return ring;
}
beforeEach(() => {
  store = keptKeys();
  at = Date.UTC(2026, 10, 22, 9);
});
afterEach(() => {
  for (const ring of rings.splice(0)) ring.stop();
});

const states = (keys: SamlKeys) => keys.published().map(({ alg, state }) => `${alg} ${state}`);
const prints = (keys: SamlKeys, state: PublishedKey['state']) =>
  keys.published().flatMap((key) => (key.state === state ? [key.fingerprint256] : []));
const read = (base64: string) => new X509Certificate(Buffer.from(base64, 'base64'));

test('a first start makes a current and a next key of each algorithm, and publishes all of them, the current first', async () => {
  expect(states(await node())).toEqual(['RS256 current', 'ES256 current', 'RS256 next', 'ES256 next']);
});

test('certificates are well-formed, name the host, sign themselves, and hold for ten years', async () => {
  const keys = (await node()).published();
  for (const key of keys) {
    const certificate = read(key.certificate);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkIssued(certificate)).toBe(true);
    expect(certificate.subject).toBe('CN=id.example.com');
    expect(certificate.ca).toBe(false);
    expect(key).toMatchObject({ notBefore: at, notAfter: Date.UTC(2036, 10, 22, 9) });
    expect(key.fingerprint256).toBe(certificate.fingerprint256);
    expect(key.fingerprint1).toBe(certificate.fingerprint);
  }
  expect(new Set(keys.map(({ certificate }) => read(certificate).serialNumber)).size).toBe(4);
});

test('a certificate that ends after 2049 still says when', async () => {
  at = Date.UTC(2041, 0, 1);
  const [first] = (await node()).published();
  expect(first).toMatchObject({ notBefore: at, notAfter: Date.UTC(2051, 0, 1) });
});

test.each([
  ['rsa-sha256', 'sha256', 'rsa'],
  ['ecdsa-sha256', 'sha256', 'ec'],
  ['rsa-sha1', 'sha1', 'rsa'],
] as const)(
  '%s signs with the current key of its kind, as its method and certificate say',
  async (name, digest, type) => {
    const ring = await node();
    const { method, certificate, sign } = ring.signer(name);
    expect(method.endsWith(`#${name}`)).toBe(true);
    const key = createPublicKey(read(certificate).publicKey.export({ type: 'spki', format: 'pem' }));
    expect(key.asymmetricKeyType).toBe(type);
    const value = Buffer.from(sign('Grüße'), 'base64');
    expect(verify(digest, Buffer.from('Grüße'), { key, dsaEncoding: 'ieee-p1363' }, value)).toBe(true);
    expect(prints(ring, 'current')).toContain(read(certificate).fingerprint256);
  },
);

test('two nodes that start at once have the same keys', async () => {
  const [here, there] = await Promise.all([node(), node()]);
  expect(here.published()).toEqual(there.published());
});

test('what is published holds no private key', async () => {
  const ring = await node();
  expect(Object.keys(ring.published()[0] as object)).toEqual(expect.not.arrayContaining(['key', 'jwk', 'd']));
});

describe('rotating', () => {
  test('puts the next keys to work, keeps the old ones published and makes new ones to follow', async () => {
    const ring = await node();
    const [next, current] = [prints(ring, 'next'), prints(ring, 'current')];
    at += notice;
    expect(await ring.rotate(false)).toEqual({ kind: 'rotated', keys: ring.published() });
    expect(prints(ring, 'current')).toEqual(next);
    expect(prints(ring, 'previous')).toEqual(current);
    expect(prints(ring, 'next')).not.toEqual(next);
    expect(next).toContain(read(ring.signer('rsa-sha256').certificate).fingerprint256);
    expect(next).toContain(read(ring.signer('ecdsa-sha256').certificate).fingerprint256);
  });

  test('is refused while some service provider may not know the next key, unless forced', async () => {
    const ring = await node();
    const published = ring.published();
    at += notice - 1;
    expect(await ring.rotate(false)).toEqual({ kind: 'too-soon', from: at + 1 });
    expect(ring.published()).toBe(published);
    expect((await ring.rotate(true)).kind).toBe('rotated');
    expect(await ring.rotate(false)).toEqual({ kind: 'too-soon', from: at + notice });
  });

  test('of two nodes at once changes keys once', async () => {
    const [here, there] = await Promise.all([node(), node()]);
    const next = prints(here, 'next');
    const kinds = (await Promise.all([here.rotate(true), there.rotate(true)])).map(({ kind }) => kind);
    expect(kinds.toSorted()).toEqual(['rotated', 'too-soon']);
    expect(prints(here, 'current')).toEqual(next);
    expect(here.published()).toEqual(there.published());
  });

  test('is followed by the other nodes, which go on with what they had while the database is away', async () => {
    const there = await node();
    let away = true;
    let failed: (error: unknown) => void = () => undefined;
    let seen: () => void = () => undefined;
    const failure = new Promise<unknown>((resolve) => (failed = resolve));
    const follower: SigningKeys = Object.assign(Object.create(store), {
      idsOf: (use: 'saml') => (away ? Promise.reject(new Error('away')) : store.idsOf(use)),
      async of(use: 'saml') {
        setImmediate(() => seen());
        return store.of(use);
      },
    });
    const here = await Keyring.open({
      ...{ store: follower, ...terms, now: () => at, every: 1 },
      onError: (error) => failed(error),
    });
    rings.push(here);
    const before = here.published();
    await there.rotate(true);
    expect(await failure).toEqual(new Error('away'));
    expect(here.published()).toBe(before);
    const followed = new Promise<void>((resolve) => (seen = resolve));
    away = false;
    await followed;
    expect(here.published()).toEqual(there.published());
  });

  test('an old key is published until the overlap has passed, and then is gone everywhere', async () => {
    const ring = await node();
    const old = prints(ring, 'current');
    at += notice;
    await ring.rotate(false);
    at += overlap - 1;
    await ring.refresh();
    expect(prints(ring, 'previous')).toEqual(old);
    at += 1;
    await ring.refresh();
    expect(states(ring)).toEqual(['RS256 current', 'ES256 current', 'RS256 next', 'ES256 next']);
    expect(await store.idsOf('saml')).toHaveLength(4);
  });

  test('without an overlap, as after a leak, it is gone at once where the change was made', async () => {
    const ring = await node({ keyOverlap: 0 });
    await ring.rotate(true);
    expect(states(ring)).toEqual(['RS256 current', 'ES256 current', 'RS256 next', 'ES256 next']);
  });

  test('forced twice in a row, each old key keeps an overlap of its own', async () => {
    const ring = await node();
    const first = prints(ring, 'current');
    await ring.rotate(true);
    const second = prints(ring, 'current');
    at += DAY;
    await ring.rotate(true);
    expect(prints(ring, 'previous').toSorted()).toEqual([...first, ...second].toSorted());
    at += overlap - DAY;
    await ring.refresh();
    expect(prints(ring, 'previous')).toEqual(second);
  });
});
