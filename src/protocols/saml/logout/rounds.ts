/**
 * Rounds in Kv under `so:<id>`, ten minutes long, bound to one browser by the hash of its cookie and changed by
 * compare-and-swap only; `sb:<browser>` names the last one of a browser, which may come back another way.
 */
import { randomBytes } from 'node:crypto';
import type { Browser } from '../../../authentication/authentication.ts';
import type { Kv } from '../../../state/kv.ts';
import { browserHash } from '../../../web/browser.ts';
import type { Round } from './round.ts';

const SECONDS = 600;
const key = (id: string) => `so:${id}`;
const lastKey = (browser: string) => `sb:${browser}`;

export class Rounds {
  readonly #kv: Kv;
  readonly #now: () => number;

  constructor(kv: Kv, now: () => number) {
    this.#kv = kv;
    this.#now = now;
  }

  async create(browser: Browser, { stops, untold, end }: Pick<Round, 'stops' | 'untold' | 'end'>): Promise<Round> {
    const id = randomBytes(18).toString('base64url');
    const mine = browserHash(browser.bind());
    const round = { id, browser: mine, startedAt: this.#now(), stops, untold, end, over: false, run: 0 };
    await this.#kv.set(key(id), JSON.stringify(round), SECONDS);
    await this.#kv.set(lastKey(mine), id, SECONDS);
    return round;
  }

  /** If it is this browser's: another browser's is as unknown as one that never was. */
  async read(browser: Browser, id: string): Promise<Round | undefined> {
    const entry = browser.id === undefined ? undefined : await this.#kv.read(key(id));
    const round = entry && (JSON.parse(entry.value) as Round);
    return round && round.browser === browserHash(browser.id as string) ? round : undefined;
  }

  /** The last one of this browser. */
  async last(browser: Browser): Promise<Round | undefined> {
    const entry = browser.id === undefined ? undefined : await this.#kv.read(lastKey(browserHash(browser.id)));
    return entry && this.read(browser, entry.value);
  }

  /**
   * Applies a change to the record as it is now, again and again until it holds. Whose browser it is has been looked at,
   * or does not matter. Undefined: it is gone, or the change came to nothing.
   */
  async change(id: string, change: (round: Round) => Round | undefined): Promise<Round | undefined> {
    for (;;) {
      const entry = await this.#kv.read(key(id));
      const next = entry && change(JSON.parse(entry.value) as Round);
      if (!next) return undefined;
      const left = Math.max(1, Math.ceil((next.startedAt - this.#now()) / 1000) + SECONDS);
      if (await this.#kv.swap(key(id), entry.version, JSON.stringify(next), left)) return next;
    }
  }
}
