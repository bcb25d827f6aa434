/**
 * The keys assertions, metadata and the rest of SAML are signed with. Of each algorithm there are always two: one signs,
 * the next is published long before it does, so that service providers have it in their metadata when the change comes.
 * Which is which is read from their order alone, so that nodes cannot disagree: the last is next, the one before signs,
 * whatever is older is published until the overlap has passed.
 */
import {
  createPrivateKey,
  generateKeyPair,
  hash,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { promisify } from 'node:util';
import type { SigningKey, SigningKeys } from '../../../store/signing-keys.ts';
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

export type Rotation =
  | { readonly kind: 'rotated'; readonly keys: readonly PublishedKey[] }
  /** Some service provider may not know the next key before `from` (milliseconds since the epoch). */
  | { readonly kind: 'too-soon'; readonly from: number };

export interface KeyringParts {
  readonly store: SigningKeys;
  /** An origin; the certificates name its host. */
  readonly issuer: string;
  /**
   * Seconds a copy of our metadata may be used. A next key is published for as long before it signs: then every copy
   * without it has run out.
   */
  readonly metadataValid: number;
  /** Seconds a key stays published after it signed last. */
  readonly keyOverlap: number;
  readonly now: () => number;
  /** Milliseconds between looks at what other nodes changed; three seconds. */
  readonly every?: number;
  /** A look that failed: the last good keys stay. */
  readonly onError?: (error: unknown) => void;
}

/** Of each algorithm the order of its keys says everything: see above. */
const STATES = ['current', 'next', 'previous'] as const;
const ALGS = ['RS256', 'ES256'] as const;
/** Longer than anybody stays with one key; service providers that look at it would stop at its end. */
const CERTIFIED_YEARS = 10;

interface Held {
  readonly id: string;
  readonly shown: PublishedKey;
  readonly key: KeyObject;
  readonly createdAt: number;
  /** When the key after the next was made, which was when this one signed last. */
  readonly retiredAt?: number;
}

export class Keyring implements SamlKeys {
  readonly #parts: KeyringParts;
  #held: readonly Held[] = [];
  #published: readonly PublishedKey[] = [];
  #ids = '';
  #signers: Readonly<Record<SigningAlgorithm, Signer>> | undefined;
  #timer: NodeJS.Timeout | undefined;

  private constructor(parts: KeyringParts) {
    this.#parts = parts;
  }

  /** Reads the keys, makes the first where there are none, and follows them until `stop`. */
  static async open(parts: KeyringParts): Promise<Keyring> {
    const ring = new Keyring(parts);
    const { store, every = 3000, onError } = parts;
    const present = await store.of('saml');
    ring.#hold(present.length > 0 ? present : await store.addFirst('saml', await ring.#first()));
    ring.#timer = setInterval(() => ring.refresh().catch((error) => onError?.(error)), every).unref();
    return ring;
  }

  signer(name: SigningAlgorithm): Signer {
    return (this.#signers as Readonly<Record<SigningAlgorithm, Signer>>)[name];
  }

  published(): readonly PublishedKey[] {
    return this.#published;
  }

  /** One small read; the keys are read again only when another node changed them. What is out of its overlap goes. */
  async refresh(): Promise<void> {
    const { store, keyOverlap, now } = this.#parts;
    if ((await store.idsOf('saml')).join() !== this.#ids) this.#hold(await store.of('saml'));
    const due = this.#held.filter(({ retiredAt }) => retiredAt !== undefined && retiredAt + keyOverlap * 1000 <= now());
    if (due.length === 0) return;
    await store.remove(due.map(({ id }) => id));
    this.#hold(await store.of('saml'));
  }

  /** The next keys sign from now on, and new ones are made to follow them. */
  async rotate(force: boolean): Promise<Rotation> {
    const { store, metadataValid, now } = this.#parts;
    const notice = metadataValid * 1000;
    await this.refresh();
    const from = Math.max(
      ...this.#held.filter(({ shown }) => shown.state === 'next').map((key) => key.createdAt + notice),
    );
    if (!force && now() < from) return { kind: 'too-soon', from };
    const made = await Promise.all(ALGS.map((alg) => this.#make(alg)));
    const added = await store.addAfter('saml', this.#ids.split(','), made);
    await this.refresh();
    // Somebody else did it meanwhile: doing it again would put keys to work that nobody has heard of.
    return added ? { kind: 'rotated', keys: this.published() } : { kind: 'too-soon', from: now() + notice };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #hold(keys: readonly SigningKey[]): void {
    const held = ALGS.flatMap((alg) => inTheirStates(keys.filter((key) => key.alg === alg)));
    const current = (alg: string) => held.find(({ shown }) => shown.alg === alg && shown.state === 'current') as Held;
    this.#signers = {
      'rsa-sha256': signerOf(current('RS256'), algorithm.rsaSha256, 'sha256'),
      'ecdsa-sha256': signerOf(current('ES256'), algorithm.ecdsaSha256, 'sha256'),
      'rsa-sha1': signerOf(current('RS256'), algorithm.rsaSha1, 'sha1'),
    };
    this.#held = held;
    this.#published = STATES.flatMap((state) => held.filter(({ shown }) => shown.state === state)).map(
      ({ shown }) => shown,
    );
    this.#ids = keys.map(({ id }) => id).join();
  }

  async #first(): Promise<SigningKey[]> {
    return Promise.all([...ALGS, ...ALGS].map((alg) => this.#make(alg)));
  }

  async #make(alg: (typeof ALGS)[number]): Promise<SigningKey> {
    const { issuer, now } = this.#parts;
    const { privateKey } = await (alg === 'RS256' ? rsa() : ec());
    const [from, until] = [new Date(now()), new Date(now())];
    until.setUTCFullYear(until.getUTCFullYear() + CERTIFIED_YEARS);
    const name = new URL(issuer).hostname;
    const about = { name, serial: randomBytes(16), from: from.getTime(), until: until.getTime() };
    const certificate = selfSigned(privateKey, about).toString('base64');
    return {
      id: hash('sha256', certificate, 'hex'),
      alg,
      jwk: { ...privateKey.export({ format: 'jwk' }), x5c: [certificate] },
      createdAt: now(),
    };
  }
}

const make = promisify(generateKeyPair);
/** At 2048: 3072 costs six times as much for every signature. */
const rsa = () => make('rsa', { modulusLength: 2048 });
const ec = () => make('ec', { namedCurve: 'P-256' });

/** Keys of one algorithm, in the order they were added. */
function inTheirStates(keys: readonly SigningKey[]): Held[] {
  return keys.map((key, i) => {
    const [certificate] = key.jwk.x5c as [string];
    const read = new X509Certificate(Buffer.from(certificate, 'base64'));
    // A single one, its successor lost, still signs.
    const state = i === keys.length - 1 && i > 0 ? 'next' : i >= keys.length - 2 ? 'current' : 'previous';
    return {
      id: key.id,
      key: createPrivateKey({ key: key.jwk, format: 'jwk' }),
      createdAt: key.createdAt,
      ...(state === 'previous' ? { retiredAt: (keys[i + 2] as SigningKey).createdAt } : {}),
      shown: {
        certificate,
        alg: key.alg as (typeof ALGS)[number],
        state,
        notBefore: Date.parse(read.validFrom),
        notAfter: Date.parse(read.validTo),
        fingerprint256: read.fingerprint256,
        fingerprint1: read.fingerprint,
      },
    };
  });
}

/** Keys are held ready: reading one costs as much as a signature. */
const signerOf = ({ key, shown: { certificate } }: Held, method: string, digest: 'sha256' | 'sha1'): Signer => ({
  method,
  certificate,
  sign: (bytes) => sign(digest, Buffer.from(bytes), { key, dsaEncoding: 'ieee-p1363' }).toString('base64'),
});
