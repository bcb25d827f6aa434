const WINDOW_MS = 60_000;
const MOST = 100;
/** Of those counted: more addresses than that in a minute are an attack, and are not what memory is for. */
const LARGEST = 10_000;

/**
 * Refusals are counted, by address where nobody is known yet and by actor after that: whoever gathers a hundred in a minute
 * waits for its end. Kept by each node for itself; nothing depends on it but a guesser's speed.
 */
export class Patience {
  readonly #counts = new Map<string, { n: number; until: number }>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Seconds until `who` may ask again; undefined when they may. */
  spent(who: string): number | undefined {
    const count = this.#counts.get(who);
    if (!count || count.until <= this.#now() || count.n < MOST) return undefined;
    return Math.ceil((count.until - this.#now()) / 1000);
  }

  refused(who: string): void {
    const now = this.#now();
    const count = this.#counts.get(who);
    if (count && count.until > now) {
      count.n += 1;
      return;
    }
    if (this.#counts.size >= LARGEST) this.#counts.clear();
    this.#counts.set(who, { n: 1, until: now + WINDOW_MS });
  }
}
