import type { Letter } from '../domain/letter.ts';

/** Whatever takes letters away: a mail server, or the demo's mailbox. */
export interface Carrier {
  /**
   * Resolves with what the server answered when it took the letter. Rejects with Undelivered when it did not, or when the
   * signal ended it.
   */
  carry(letter: Letter & { readonly to: string }, signal: AbortSignal): Promise<string>;
  close(): void;
}

/** Why a letter was not taken. `message` is for whoever runs the server and may name the recipient: not for the log. */
export class Undelivered extends Error {
  override readonly name = 'Undelivered';
  /** A word for the log: ECONNECTION, EAUTH, EENVELOPE, ETLS. */
  readonly code: string;
  /** The mail server's three digits, if it said any. */
  readonly reply: number | undefined;

  constructor(message: string, code: string, reply?: number) {
    super(message);
    this.code = code;
    this.reply = reply;
  }
}
