/** What may be written to a person, by the name of its template. Closed, so that no message is made up on the way. */
export type MessageKind =
  /** data: code, minutes, application, place */
  | 'email-code'
  /** data: link, minutes, application, place */
  | 'mailed-link'
  /** data: link, minutes, by */
  | 'registration-link'
  /** data: method, label, place */
  | 'method-added'
  | 'method-removed'
  | 'method-lost'
  | 'password-changed'
  /** data: left, place */
  | 'recovery-code-used'
  /** data: by, startsAt, endsAt, oneTime, firstFactor; never the pass */
  | 'access-pass-issued'
  /** data: on, place */
  | 'two-step-changed'
  | 'test';

export interface Message {
  readonly kind: MessageKind;
  readonly to: string;
  /** Languages the person reads, best first (BCP 47); empty: that of the installation. */
  readonly languages: readonly string[];
  readonly data: Readonly<Record<string, unknown>>;
  /** Asked for by somebody who has proved nothing: counted apart from what its owner asks for. */
  readonly stranger?: true;
}

/** `unsent`: the server did not take it. `limited`: this mailbox had enough today. */
export type Sent = 'sent' | 'unsent' | 'limited';

/** Writes to people. Says what became of it instead of throwing: whoever waits for a code has to be told at once. */
export interface Messenger {
  send(message: Message): Promise<Sent>;
}
