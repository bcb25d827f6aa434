/** Puts on record what happens on a walk: which one, for which application, from where. */
import type { AuditEvent, Recorder } from '../audit/event.ts';
import type { Browser } from './authentication.ts';
import type { SignIn } from './signins.ts';

export class Trail {
  readonly #recorder: Recorder;
  readonly #now: () => number;

  constructor(recorder: Recorder, now: () => number) {
    this.#recorder = recorder;
    this.#now = now;
  }

  /** Resolves when the event is committed. */
  async leave(browser: Browser, type: AuditEvent['type'], signIn: SignIn, more: Partial<AuditEvent>): Promise<void> {
    await this.#recorder.record({
      type,
      at: this.#now(),
      application: signIn.ask.application,
      walk: signIn.id,
      address: browser.address,
      ...more,
    });
  }
}
