/**
 * Keys that sign: of each algorithm one at work, the next published before it is, the last ones until nothing they signed
 * is alive. This room owns how they change, on schedule and by command, on one of many nodes and seen by all. It asks the
 * store to keep them and the record to say so; what the keys sign, and in what they are wrapped, is for whoever opens a
 * ring to know.
 */
import type { Recorder } from '../audit/event.ts';
import type { SigningKey, SigningKeys, Use } from '../store/signing-keys.ts';
import { due, inTheirStates, mayRotateFrom, type RingKey, type ShownKeys, shown, type Terms } from './due.ts';

export interface RingParts extends Terms {
  readonly store: Pick<SigningKeys, 'of' | 'idsOf' | 'addAfter' | 'replace' | 'remove'>;
  readonly use: Use;
  /** A new key, and what else is to be kept in its JWK. */
  readonly make: (alg: string) => Promise<SigningKey>;
  /** Is told what the schedule does, which nobody else can say. */
  readonly recorder: Recorder;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds between looks at what other nodes changed; three seconds. */
  readonly every?: number;
  /** A look that failed: the last good keys stay. */
  readonly onError?: (error: unknown) => void;
}

export type Rotation =
  | { readonly kind: 'rotated' }
  /** Somebody may not know the next key before `from` (milliseconds since the epoch). */
  | { readonly kind: 'too-soon'; readonly from: number }
  /** Their holder changes them. */
  | { readonly kind: 'held' };

export interface RotationWish {
  /** Even where somebody may not know the next keys yet. */
  readonly force: boolean;
  /** Current and next keys are in wrong hands: both are replaced, and all old ones go at once. */
  readonly leaked?: boolean;
}

/** The ring follows on its own: its keys are only ever replaced as a whole, so a list in hand stays what it was. */
export class Ring {
  readonly #parts: RingParts;
  #keys: readonly RingKey[] = [];
  /** Of all rows, in the order of the store. */
  #ids: readonly string[] = [];
  readonly #listeners: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #busy: Promise<unknown> = Promise.resolve();

  private constructor(parts: RingParts) {
    this.#parts = parts;
  }

  /** Reads the keys, makes those that lack, and follows them until `stop`. */
  static async open(parts: RingParts): Promise<Ring> {
    const ring = new Ring(parts);
    await ring.refresh();
    ring.#timer = setInterval(
      () => ring.refresh().catch((error) => parts.onError?.(error)),
      parts.every ?? 3000,
    ).unref();
    return ring;
  }

  /** Current ones first, then next, then previous. The same array as long as nothing changed. */
  keys(): readonly RingKey[] {
    return this.#keys;
  }

  /** The same without what is secret, and when they change. */
  shown(): ShownKeys {
    return shown(this.#keys, this.#parts);
  }

  /** Calls back after every change, once the new keys are those of `keys()`. */
  watch(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** One small read; the keys are read again only when a node changed them. Then what the schedule says is done. */
  refresh(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#follow();
      const { store, use, now } = this.#parts;
      const { gone, make, rotates } = due(this.#keys, this.#parts, now());
      if (make.length > 0) {
        const added = await this.#add(make);
        if (added && rotates) await this.#record();
      }
      if (gone.length > 0) {
        await store.remove(use, gone);
        await this.#follow();
      }
    });
  }

  /** The next keys sign from now on, and new ones are made to follow them. Who wanted that is for the caller to record. */
  rotate(wish: RotationWish): Promise<Rotation> {
    return this.#inTurn(async () => {
      await this.#follow();
      const { algs, notice, now } = this.#parts;
      const from = mayRotateFrom(this.#keys, this.#parts);
      if (!wish.force && !wish.leaked && now() < from) return { kind: 'too-soon', from };
      const done = await (wish.leaked ? this.#replace() : this.#add(algs));
      // Somebody else did it meanwhile: doing it again would put keys to work that nobody has heard of.
      if (!done) return { kind: 'too-soon', from: now() + notice * 1000 };
      return { kind: 'rotated' };
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Of looks and changes in one process one at a time, so that no older answer of the store comes after a newer. */
  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#busy.then(act);
    this.#busy = turn.catch(() => undefined);
    return turn;
  }

  async #follow(): Promise<void> {
    const { store, use, algs } = this.#parts;
    if ((await store.idsOf(use)).join() === this.#ids.join()) return;
    const rows = await store.of(use);
    this.#keys = inTheirStates(rows, algs);
    // A listener that fails is called again at the next look.
    for (const listener of this.#listeners) listener();
    this.#ids = rows.map(({ id }) => id);
  }

  /** True when it was us; either way the keys are then those of the store. */
  async #add(algs: readonly string[]): Promise<boolean> {
    const { store, use, make } = this.#parts;
    const added = await store.addAfter(use, this.#ids, await Promise.all(algs.map(make)));
    await this.#follow();
    return added;
  }

  async #replace(): Promise<boolean> {
    const { store, use, algs, make } = this.#parts;
    const replaced = await store.replace(use, this.#ids, await Promise.all([...algs, ...algs].map(make)));
    await this.#follow();
    return replaced;
  }

  async #record(): Promise<void> {
    const { recorder, use, now } = this.#parts;
    const keys = this.#keys.map(({ id, alg, state }) => ({ state, alg, id }));
    const detail = { by: { kind: 'schedule' }, use: use === 'sig' ? 'oidc' : use, forced: false, leaked: false, keys };
    await recorder.record({ type: 'keys.rotated', at: now(), detail });
  }
}
