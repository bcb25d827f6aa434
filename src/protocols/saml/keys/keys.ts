/**
 * The keys assertions, metadata and the rest of SAML are signed with: a ring of them (src/keys), each in a certificate of
 * its own, because SAML metadata carries keys in nothing else.
 */
import { createPrivateKey, generateKeyPair, hash, randomBytes, sign, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import type { Recorder } from '../../../audit/event.ts';
import type { RingKey } from '../../../keys/due.ts';
import { Ring, type RingParts, type Rotation, type RotationWish } from '../../../keys/ring.ts';
import type { SigningKey } from '../../../store/signing-keys.ts';
import { algorithm } from '../names.ts';
import { selfSigned } from './certificate.ts';

export interface Signer {
  /** SignatureMethod URI. */
  readonly method: string;
  /** Base64 DER of the certificate. */
  readonly certificate: string;
  /** Base64 SignatureValue over UTF-8; ECDSA as r||s (RFC 9231 section 2.3.6). */
  sign(bytes: string): string;
}

export type SigningAlgorithm = 'rsa-sha256' | 'ecdsa-sha256' | 'rsa-sha1';

export interface PublishedKey {
  /** Base64 DER. */
  readonly certificate: string;
  readonly alg: 'RS256' | 'ES256';
  readonly state: 'current' | 'next' | 'previous';
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Pairs of hexadecimal digits with colons. */
  readonly fingerprint256: string;
  readonly fingerprint1: string;
}

export interface SamlKeys {
  signer(algorithm: SigningAlgorithm): Signer;
  /** Published certificates, current first. The same array as long as nothing changed. */
  published(): readonly PublishedKey[];
}

export interface KeyringParts extends Pick<RingParts, 'store' | 'now' | 'every' | 'onError'> {
  readonly recorder: Recorder;
  /** An origin; the certificates name its host. */
  readonly issuer: string;
  /**
   * Seconds a copy of our metadata may be used. A next key is published for as long before it signs: then every copy
   * without it has run out.
   */
  readonly metadataValid: number;
  /** Seconds a key stays published after it signed last. */
  readonly keyOverlap: number;
  /** Seconds a key signs; 0 is until somebody changes it. */
  readonly rotateEvery: number;
}

const ALGS = ['RS256', 'ES256'] as const;
/** Longer than anybody stays with one key; service providers that look at it would stop at its end. */
const CERTIFIED_YEARS = 10;

export class Keyring implements SamlKeys {
  readonly #ring: Ring;
  #published: readonly PublishedKey[] = [];
  #signers: Readonly<Record<SigningAlgorithm, Signer>>;

  private constructor(ring: Ring) {
    this.#ring = ring;
    this.#published = ring.keys().map(shown);
    this.#signers = signersOf(ring.keys());
    ring.watch(() => {
      this.#published = ring.keys().map(shown);
      this.#signers = signersOf(ring.keys());
    });
  }

  /** Reads the keys, makes the first where there are none, and follows them until `stop`. */
  static async open(parts: KeyringParts): Promise<Keyring> {
    const { issuer, metadataValid, keyOverlap, rotateEvery, ...rest } = parts;
    return new Keyring(
      await Ring.open({
        ...rest,
        use: 'saml',
        algs: ALGS,
        notice: metadataValid,
        overlap: keyOverlap,
        rotateEvery,
        make: (alg) => certified(alg, issuer, parts.now()),
      }),
    );
  }

  signer(name: SigningAlgorithm): Signer {
    return this.#signers[name];
  }

  published(): readonly PublishedKey[] {
    return this.#published;
  }

  refresh(): Promise<void> {
    return this.#ring.refresh();
  }

  rotate(wish: RotationWish): Promise<Rotation> {
    return this.#ring.rotate(wish);
  }

  /** Without what is secret, with what tells certificates apart. */
  shown() {
    const { keys, ...when } = this.#ring.shown();
    return {
      ...when,
      keys: keys.map((key, i) => {
        const { notAfter, fingerprint256, certificate } = this.#published[i] as PublishedKey;
        return { ...key, notAfter, fingerprint256, certificate };
      }),
    };
  }

  stop(): void {
    this.#ring.stop();
  }
}

const make = promisify(generateKeyPair);
/** At 2048: 3072 costs six times as much for every signature. */
const rsa = () => make('rsa', { modulusLength: 2048 });
const ec = () => make('ec', { namedCurve: 'P-256' });

async function certified(alg: string, issuer: string, now: number): Promise<SigningKey> {
  const { privateKey } = await (alg === 'RS256' ? rsa() : ec());
  const until = new Date(now);
  until.setUTCFullYear(until.getUTCFullYear() + CERTIFIED_YEARS);
  const name = new URL(issuer).hostname;
  const about = { name, serial: randomBytes(16), from: now, until: until.getTime() };
  const certificate = selfSigned(privateKey, about).toString('base64');
  return {
    id: hash('sha256', certificate, 'hex'),
    alg,
    jwk: { ...privateKey.export({ format: 'jwk' }), x5c: [certificate] },
    createdAt: now,
  };
}

const certificateOf = ({ jwk }: RingKey): string => (jwk.x5c as [string])[0];

function shown(key: RingKey): PublishedKey {
  const certificate = certificateOf(key);
  const read = new X509Certificate(Buffer.from(certificate, 'base64'));
  return {
    certificate,
    alg: key.alg as (typeof ALGS)[number],
    state: key.state,
    notBefore: Date.parse(read.validFrom),
    notAfter: Date.parse(read.validTo),
    fingerprint256: read.fingerprint256,
    fingerprint1: read.fingerprint,
  };
}

function signersOf(keys: readonly RingKey[]): Readonly<Record<SigningAlgorithm, Signer>> {
  const current = (alg: string) => keys.find((key) => key.alg === alg && key.state === 'current') as RingKey;
  return {
    'rsa-sha256': signerOf(current('RS256'), algorithm.rsaSha256, 'sha256'),
    'ecdsa-sha256': signerOf(current('ES256'), algorithm.ecdsaSha256, 'sha256'),
    'rsa-sha1': signerOf(current('RS256'), algorithm.rsaSha1, 'sha1'),
  };
}

/** Keys are held ready: reading one costs as much as a signature. */
function signerOf(held: RingKey, method: string, digest: 'sha256' | 'sha1'): Signer {
  const key = createPrivateKey({ key: held.jwk, format: 'jwk' });
  return {
    method,
    certificate: certificateOf(held),
    sign: (bytes) => sign(digest, Buffer.from(bytes), { key, dsaEncoding: 'ieee-p1363' }).toString('base64'),
  };
}
