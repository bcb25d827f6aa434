import { createPublicKey, type KeyObject, randomBytes, verify } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { SigningKeys } from '../store/signing-keys.ts';
import { type RingKey, type ShownKeys, shown, type Terms } from './due.ts';
import { type HeldKey, type Holder, HolderWrong } from './holder.ts';
import type { Ring, Rotation } from './ring.ts';

export interface HeldParts extends Pick<Terms, 'algs' | 'overlap' | 'rotateEvery'> {
  readonly holder: Holder;
  /** Where our own keys lie that signed before a holder did. */
  readonly store: Pick<SigningKeys, 'of' | 'remove'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds between looks; three seconds. */
  readonly every?: number;
  /** The first of several looks that failed; the last good keys stay. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Keys of tokens whose private halves are with a holder, who alone changes them; to everybody else they are like a ring.
 * Every signature is checked before it leaves: beside making one that costs little, and one faulty RSA signature tells
 * whoever sees it the private key.
 */
export class HeldKeys implements Pick<Ring, 'keys' | 'shown' | 'watch' | 'refresh' | 'rotate' | 'stop'> {
  readonly #parts: HeldParts;
  #ours: readonly RingKey[] = [];
  #keys: readonly RingKey[] = [];
  /** What the keys were made of, as text. */
  #seen = '';
  #failing = false;
  readonly #listeners: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #look: Promise<void> | undefined;

  private constructor(parts: HeldParts) {
    this.#parts = parts;
  }

  /** Throws when the holder is away: nobody could be told by what we sign. */
  static async open(parts: HeldParts): Promise<HeldKeys> {
    const keys = new HeldKeys(parts);
    keys.#ours = (await parts.store.of('sig')).map((key) => ({ ...key, state: 'previous' }));
    await keys.refresh();
    const look = () =>
      keys.refresh().then(
        () => keys.#went(),
        (error) => keys.#went(error),
      );
    keys.#timer = setInterval(look, parts.every ?? 3000).unref();
    return keys;
  }

  /** Those of the holder in its order, then ours of before. The same array as long as nothing changed. */
  keys(): readonly RingKey[] {
    return this.#keys;
  }

  /** Nobody but the holder knows when they were made, and when they change. */
  shown(): ShownKeys {
    const { keys } = shown(this.#keys, { ...this.#parts, notice: 0 });
    return { keys: keys.map(({ createdAt, ...key }, i) => (this.#keys[i]?.sign ? key : { ...key, createdAt })) };
  }

  watch(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** One look, shared by all who want one meanwhile: a holder that hangs lets nobody queue. Throws when it is away. */
  refresh(): Promise<void> {
    this.#look ??= this.#follow().finally(() => {
      this.#look = undefined;
    });
    return this.#look;
  }

  /** Whether what is begun now can be signed; throws StoreAway. */
  ready(): Promise<void> {
    return this.refresh();
  }

  async rotate(): Promise<Rotation> {
    return { kind: 'held' };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #follow(): Promise<void> {
    const { holder, store, now } = this.#parts;
    const told = await holder.keys();
    const ours = now() < this.#deadFrom() ? this.#ours : [];
    const seen = JSON.stringify([told, ours.length]);
    if (seen === this.#seen) return;
    const keys = await this.#read(told);
    await store.remove(
      'sig',
      this.#ours.filter((key) => !ours.includes(key)).map(({ id }) => id),
    );
    this.#ours = ours;
    this.#keys = [...keys, ...ours];
    // A listener that fails is called again at the next look.
    for (const listener of this.#listeners) listener();
    this.#seen = seen;
  }

  /** When nothing is alive that our own keys can have signed: by schedule the last of them stopped long before. */
  #deadFrom(): number {
    const { rotateEvery, overlap } = this.#parts;
    if (rotateEvery === 0) return Number.POSITIVE_INFINITY;
    return Math.max(...this.#ours.map(({ createdAt }) => createdAt)) + (rotateEvery + overlap) * 1000;
  }

  /** Nothing of a list is taken before all of it is good: of each algorithm one signs, and has shown that it can. */
  async #read(told: readonly HeldKey[]): Promise<RingKey[]> {
    for (const alg of this.#parts.algs) {
      const signing = told.filter((key) => key.alg === alg && key.state === 'current').length;
      if (signing !== 1) throw new HolderWrong(`lists ${signing} current keys of ${alg}, and has to list one`);
    }
    const keys = await Promise.all(told.map((key) => this.#taken(key)));
    if (new Set(keys.map(({ id }) => id)).size < keys.length) throw new HolderWrong('lists a key twice');
    await Promise.all(keys.filter(({ state }) => state === 'current').map((key) => key.sign?.(trial())));
    return keys;
  }

  async #taken({ jwk, alg, state, id: name }: HeldKey): Promise<RingKey> {
    const half = publicHalf(jwk);
    const bits = half?.asymmetricKeyDetails?.modulusLength;
    if (!half || (bits !== undefined && bits < 2048))
      throw new HolderWrong(`lists ${name}, which is no key for ${alg}`);
    return {
      ...{ id: await calculateJwkThumbprint(jwk as JWK), alg, jwk, state, createdAt: this.#parts.now() },
      sign: async (bytes) => {
        const signature = await this.#parts.holder.sign({ id: name, alg }, bytes);
        if (!verify('sha256', bytes, { key: half, dsaEncoding: 'ieee-p1363' }, signature))
          throw new HolderWrong(`answered a signature that is none by ${name}`);
        return signature;
      },
    };
  }

  #went(error?: unknown): void {
    if (error && !this.#failing) this.#parts.onError?.(error);
    this.#failing = error !== undefined;
  }
}

/** Neither a token nor a part of one. */
const trial = () => Buffer.from(`stile asks whether this key signs: ${randomBytes(16).toString('hex')}`);

function publicHalf(jwk: HeldKey['jwk']): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}
