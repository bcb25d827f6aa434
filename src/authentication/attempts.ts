/**
 * Limits on guessing. A try is counted before it is judged and forgiven when it succeeds, so that twenty guesses sent at
 * once get no more tries than twenty sent in a row. Three counters, none of which a success touches:
 * - a method of an account, on the credential's row (a restart forgives nothing); browsers in which the person proved
 *   this very method before are counted apart, so that strangers never lock the owner out, and whoever stole a password
 *   gets no fresh guesses at the code with every browser he signs in with;
 * - a name nobody has, in Kv, by the same numbers, so that being locked does not say that an account exists;
 * - an address, which is only slowed.
 */
import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Credential, Use } from '../domain/credential.ts';
import type { Verification } from '../domain/method.ts';
import type { Kv } from '../state/kv.ts';

export interface Limits {
  readonly lockAfter: number;
  readonly lockSeconds: number;
  readonly disableAfter: number;
  readonly addressFailures: number;
  readonly addressSeconds: number;
}

export type Attempt = { kind: 'go' } | { kind: 'locked'; until: number } | { kind: 'disabled' };

/** Of what a method said it proved. `now` in milliseconds. */
export const useOf = ({ counter, once, secret, data }: Verification & { kind: 'proved' }, now: number): Use => ({
  now,
  ...(counter === undefined ? {} : { counter }),
  ...(once === undefined ? {} : { once }),
  ...(secret === undefined ? {} : { secret }),
  ...(data === undefined ? {} : { data }),
});

/** The store's side (store/credentials.ts): one statement each. */
export interface AttemptCounters {
  attempt(
    credential: string,
    browser: string | undefined,
    limits: Pick<Limits, 'lockAfter' | 'lockSeconds' | 'disableAfter'>,
    now: number,
  ): Promise<Attempt>;
  succeed(credential: string, browser: string | undefined, use: Use): Promise<boolean>;
  release(credential: string, browser: string | undefined): Promise<void>;
}

/** How long a slowed address waits at most, in milliseconds. */
const SLOWEST_MS = 5_000;
/** How long wrong tries with a name nobody has are remembered, in seconds. */
const UNKNOWN_NAME_SECONDS = 24 * 3600;

export class Attempts {
  readonly #kv: Kv;
  readonly #counters: AttemptCounters;
  readonly #limits: Limits;

  constructor(kv: Kv, counters: AttemptCounters, limits: Limits) {
    this.#kv = kv;
    this.#counters = counters;
    this.#limits = limits;
  }

  /** Reserves one try on each credential; those that may not be tried now are left out. */
  async open(
    credentials: readonly Credential[],
    browser: string | undefined,
    now: number,
  ): Promise<{ usable: readonly Credential[]; lockedUntil?: number }> {
    const usable: Credential[] = [];
    let lockedUntil: number | undefined;
    for (const credential of credentials) {
      const attempt = await this.#counters.attempt(credential.id, browser, this.#limits, now);
      if (attempt.kind === 'go') usable.push(credential);
      else lockedUntil = Math.max(lockedUntil ?? 0, this.#until(attempt, now));
    }
    return lockedUntil && usable.length === 0 ? { usable, lockedUntil } : { usable };
  }

  /** Credits the proved credential; false when its counter was spent by somebody faster. The others get their try back. */
  async succeed(proved: string, tried: readonly Credential[], browser: string | undefined, use: Use): Promise<boolean> {
    const accepted = await this.#counters.succeed(proved, browser, use);
    if (accepted)
      await this.giveBack(
        tried.filter((credential) => credential.id !== proved),
        browser,
      );
    return accepted;
  }

  /** Takes back tries that were never judged (a fault of ours in between). */
  async giveBack(tried: readonly Credential[], browser: string | undefined): Promise<void> {
    for (const credential of tried) await this.#counters.release(credential.id, browser);
  }

  /** The same limits for a name that names nobody, so that a lock gives nothing away. */
  async openUnknown(name: string, now: number): Promise<{ lockedUntil?: number }> {
    // Spellings the store takes for one name are one here too, or being locked together would say that it exists.
    const who = createHash('sha256').update(name.trim().normalize('NFKC').toLowerCase()).digest('base64url');
    const locked = await this.#kv.read(`fl:${who}`);
    if (locked && Number(locked.value) > now) return { lockedUntil: Number(locked.value) };
    const tries = await this.#kv.count(`f:${who}`, UNKNOWN_NAME_SECONDS);
    const { lockAfter, lockSeconds, disableAfter } = this.#limits;
    if (tries > disableAfter) return { lockedUntil: now + lockSeconds * 1000 };
    if (tries % lockAfter === 0) await this.#kv.set(`fl:${who}`, String(now + lockSeconds * 1000), lockSeconds);
    return {};
  }

  /**
   * Counts a failure from an address. One that has failed often waits for its answer; a right answer never waits, nor
   * does a browser its person signed in with before.
   */
  async failed(address: string, known: boolean): Promise<void> {
    const failures = await this.#kv.count(`fa:${networkOf(address)}`, this.#limits.addressSeconds);
    const over = failures - this.#limits.addressFailures;
    if (over >= 0 && !known) await wait(Math.min(SLOWEST_MS, 500 + over * 20));
  }

  #until(attempt: Exclude<Attempt, { kind: 'go' }>, now: number): number {
    return attempt.kind === 'locked' ? attempt.until : now + this.#limits.lockSeconds * 1000;
  }
}

/** What one subscriber is given: an IPv4 address, or the /64 of an IPv6 one, in which he has more addresses than guesses. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = [], tail = []] = address.split('::').map((half) => half.split(':').filter(Boolean));
  const groups = [...head, ...Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0'), ...tail];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
