/**
 * Leaving: the session ends first, with everybody who can be told from server to server; then the browser goes round
 * those who can be told through it alone, each asker by an address of its own, and ends where it was going anyway.
 */
import type { EndedSession } from '../domain/session.ts';
import type { Asker, Browser } from './authentication.ts';
import type { SessionEnd } from './session-end.ts';
import type { Sessions } from './sessions.ts';

export class Leaving {
  readonly #sessions: Pick<Sessions, 'end'>;
  readonly #askers: () => Iterable<Asker>;

  constructor(sessions: Pick<Sessions, 'end'>, askers: () => Iterable<Asker>) {
    this.#sessions = sessions;
    this.#askers = askers;
  }

  /** Ends the session of this very browser. Where the browser goes now: `then`, or a way round that ends there. */
  async leave(browser: Browser, sid: string | undefined, reason: SessionEnd, then: string): Promise<string> {
    const ended = sid === undefined ? undefined : await this.#sessions.end(sid, reason, browser.address);
    browser.dropSession();
    return this.onward(browser, ended, then);
  }

  /** The same for a session that has ended already; without one, the rest of a way round this browser broke off. */
  async onward(browser: Browser, ended: EndedSession | undefined, then: string): Promise<string> {
    let to = then;
    for (const asker of this.#askers()) to = (await asker.farewell?.(browser, ended, to)) ?? to;
    return to;
  }
}
