import type { SigningKey } from '../store/signing-keys.ts';

/**
 * What keys signing one thing are to do, read from their order alone, so that nodes cannot disagree: of each algorithm the
 * last is next, the one before signs, whatever is older is published until the overlap has passed.
 */
export interface RingKey extends SigningKey {
  readonly state: 'current' | 'next' | 'previous';
  /** When the key after the next was made, which was when this one signed last. */
  readonly retiredAt?: number;
  /** Of a key held elsewhere, whose `jwk` is its public half: a JWS signature over these bytes. */
  readonly sign?: (bytes: Buffer) => Promise<Buffer>;
}

/** Lengths in seconds. */
export interface Terms {
  /** The algorithms (RFC 7518 section 3.1) of which there are to be keys. */
  readonly algs: readonly string[];
  /** How long a next key is published before it may sign: then nobody's copy is without it. */
  readonly notice: number;
  /** How long a key stays published after it signed last. */
  readonly overlap: number;
  /** How long a key signs; 0 is until somebody changes it. */
  readonly rotateEvery: number;
}

const states = ['current', 'next', 'previous'] as const;

/** In the order in which they were added; answers current ones first, then next, then previous. */
export function inTheirStates(keys: readonly SigningKey[], algs: readonly string[]): RingKey[] {
  const all = algs.flatMap((alg) => {
    const same = keys.filter((key) => key.alg === alg);
    return same.map((key, i): RingKey => {
      // A single one, its successor lost, still signs.
      if (i === same.length - 1 && i > 0) return { ...key, state: 'next' };
      if (i >= same.length - 2) return { ...key, state: 'current' };
      return { ...key, state: 'previous', retiredAt: (same[i + 2] as SigningKey).createdAt };
    });
  });
  return states.flatMap((state) => all.filter((key) => key.state === state));
}

/** From when on the next keys may sign without anybody meeting a key they do not know. */
export const mayRotateFrom = (keys: readonly RingKey[], { notice }: Pick<Terms, 'notice'>): number =>
  Math.max(...keys.filter(({ state }) => state === 'next').map(({ createdAt }) => createdAt + notice * 1000));

export interface Due {
  /** Ids of keys whose overlap has passed. */
  readonly gone: readonly string[];
  /** Algorithms to make a key of, each behind those there are. */
  readonly make: readonly string[];
  /** Whether making them puts the next ones to work. */
  readonly rotates: boolean;
}

/** What is to be done with these keys at `now` (milliseconds since the epoch): the schedule, and what a first start lacks. */
export function due(keys: readonly RingKey[], terms: Terms, now: number): Due {
  const { algs, notice, overlap, rotateEvery } = terms;
  const gone = keys.flatMap(({ id, retiredAt }) =>
    retiredAt !== undefined && retiredAt + overlap * 1000 <= now ? [id] : [],
  );
  const lacking = algs.flatMap((alg) => {
    const there = keys.filter((key) => key.alg === alg).length;
    return there === 0 ? [alg, alg] : there === 1 ? [alg] : [];
  });
  if (lacking.length > 0) return { gone, make: lacking, rotates: false };
  const rotates = rotateEvery > 0 && now >= mayRotateFrom(keys, { notice: Math.max(rotateEvery, notice) });
  return { gone, make: rotates ? algs : [], rotates };
}

/** A key as far as everybody may see it; milliseconds since the epoch. */
export interface ShownKey {
  readonly id: string;
  readonly alg: string;
  readonly state: RingKey['state'];
  /** Of keys held elsewhere nobody says. */
  readonly createdAt?: number;
  /** Of previous ones: when it signed last, and when it will be published no longer. */
  readonly retiredAt?: number;
  readonly goneAt?: number;
}

export interface ShownKeys {
  readonly keys: readonly ShownKey[];
  /** From when on they can be changed without force, and when the schedule will; neither where a holder changes them. */
  readonly rotatesFrom?: number;
  readonly rotatesAt?: number;
}

export function shown(keys: readonly RingKey[], terms: Terms): ShownKeys {
  const { rotateEvery, notice, overlap } = terms;
  return {
    keys: keys.map(({ id, alg, state, createdAt, retiredAt }) => ({
      ...{ id, alg, state, createdAt },
      ...(retiredAt === undefined ? {} : { retiredAt, goneAt: retiredAt + overlap * 1000 }),
    })),
    rotatesFrom: mayRotateFrom(keys, terms),
    ...(rotateEvery > 0 ? { rotatesAt: mayRotateFrom(keys, { notice: Math.max(rotateEvery, notice) }) } : {}),
  };
}
