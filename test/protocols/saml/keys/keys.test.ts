import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import {
  Keyring,
  type KeyringParts,
  type PublishedKey,
  type SamlKeys,
} from '../../../../src/protocols/saml/keys/keys.ts';
import type { SigningKeys } from '../../../../src/store/signing-keys.ts';
import { gently, keptKeys, quietly } from '../../../support/kept-keys.ts';

const DAY = 86_400_000;
const notice = 14 * DAY;
const overlap = 30 * DAY;
const terms = { issuer: 'https://id.example.com:8443', metadataValid: notice / 1000, keyOverlap: overlap / 1000 };
let store: SigningKeys;
let at: number;
const rings: Keyring[] = [];

async function node(more: Partial<KeyringParts> = {}): Promise<Keyring> {
  const ring = await Keyring.open({ store, ...quietly, ...terms, now: () => at, ...more });
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

test('a change of keys changes what signs and what is published, and says by what certificates tell keys apart', async () => {
  const ring = await node();
  const [next, current] = [prints(ring, 'next'), prints(ring, 'current')];
  expect(await ring.rotate(gently)).toEqual({ kind: 'too-soon', from: at + notice });
  at += notice;
  expect(await ring.rotate(gently)).toEqual({ kind: 'rotated' });
  expect(prints(ring, 'current')).toEqual(next);
  expect(prints(ring, 'previous')).toEqual(current);
  expect(next).toContain(read(ring.signer('rsa-sha256').certificate).fingerprint256);
  expect(next).toContain(read(ring.signer('ecdsa-sha256').certificate).fingerprint256);
  expect(ring.shown().keys[0]).toMatchObject({ state: 'current', alg: 'RS256', fingerprint256: next[0] });
  expect(ring.shown().keys.map(({ certificate }) => certificate)).toEqual(
    ring.published().map(({ certificate }) => certificate),
  );
});
