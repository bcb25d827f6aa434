/** The demo's mailbox: where the mail of people goes who are made up. In memory, and for whoever opens the page. */
import type { Letter } from '../domain/letter.ts';

export interface DemoMail extends Letter {
  /** Counts up from 1. */
  readonly number: number;
  readonly to: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Older ones are forgotten. */
const MOST = 100;

export class DemoMailbox {
  #mails: readonly DemoMail[] = [];
  #taken = 0;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Newest first. */
  get mails(): readonly DemoMail[] {
    return this.#mails;
  }

  async carry(letter: Letter & { readonly to: string }): Promise<string> {
    this.#taken += 1;
    this.#mails = [{ ...letter, number: this.#taken, at: this.#now() }, ...this.#mails].slice(0, MOST);
    return 'It lies in the demo mailbox.';
  }

  close(): void {}
}
