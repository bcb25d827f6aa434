/** What a person has by a verified address, without registering anything. */
import type { NewCredential } from './credential.ts';
import type { Message } from './message.ts';
import type { Subject, Trouble } from './method.ts';
import type { User } from './user.ts';

/** Where a person is written to; only an address that was verified says anything about who reads there. */
export const mailboxOf = (user: User | undefined): string | undefined =>
  user?.emailVerified && user.email ? user.email : undefined;

/** The row that failures of such a method are counted on: one for each person, whatever the address is now. */
export const byMailbox = (method: string, user: User): NewCredential | undefined =>
  mailboxOf(user) === undefined
    ? undefined
    : { method, label: 'Email', secret: '', data: {}, counter: -1, lookup: user.id };

/** Writes to people in the middle of a sign-in, within what a sign-in and a mailbox may be sent. Never throws. */
export interface Post {
  /** Waits for the mail server, and says what went wrong, only where somebody vouches for the person already. */
  send(subject: Subject, message: Pick<Message, 'kind' | 'to' | 'data'>): Promise<Trouble | undefined>;
}
