/**
 * Delivery: messages to people become letters and are carried away. It owns how often one mailbox is written to and how
 * long anybody waits; asks a carrier to carry and its maker for words and counts. Must not read the database, and no line
 * it logs has a code, a link or an address in it.
 */
import type { Letter } from '../domain/letter.ts';
import { isAddress } from '../domain/mailbox.ts';
import type { Message, MessageKind, Messenger, Sent } from '../domain/message.ts';
import { watched } from '../domain/watching.ts';
import { type Carrier, Undelivered } from './carrier.ts';

/** What became of a message, and what the mail server said of it: for whoever runs the server. */
export interface Delivered {
  readonly sent: Sent;
  readonly answer: string;
}

export interface Delivery extends Messenger {
  deliver(message: Message): Promise<Delivered>;
}

export interface DeliveryParts {
  readonly carrier: Carrier;
  write(message: Message): Letter;
  /** How many messages of this sort this mailbox had in a day, this one included. */
  count(mailbox: string, sort: 'strangers' | 'asked' | 'told'): Promise<number>;
  /** Most of each sort that one mailbox gets in a day. */
  readonly daily: number;
  /** Milliseconds until the mail server has to have taken it. */
  readonly timeout: number;
  readonly log: {
    warn(about: object, words: string): void;
    error(about: object, words: string): void;
  };
}

/**
 * What anybody may cause who knows a name. Counted apart: whoever fills a mailbox by asking for codes must not keep the
 * message away that tells of what he did, nor, by typing a name alone, the code its owner asks for.
 */
const asked: readonly MessageKind[] = ['email-code', 'mailed-link'];

export function deliveryBy({ carrier, write, count, daily, timeout, log }: DeliveryParts): Delivery {
  const carried = async (message: Message): Promise<Delivered> => {
    const { kind, to } = message;
    if (!isAddress(to)) throw new Undelivered('This is no address that mail is sent to.', 'EADDRESS');
    const sort = !asked.includes(kind) ? 'told' : message.stranger ? 'strangers' : 'asked';
    // Letters of every case lead to one mailbox.
    if ((await count(to.toLowerCase(), sort)) > daily) {
      log.warn({ kind }, 'a mailbox had as many mails today as it may have');
      return { sent: 'limited', answer: `This mailbox had ${daily} messages today.` };
    }
    const letter = write(message);
    const answer = await watched('mail', kind, () =>
      within(timeout, (signal) => carrier.carry({ ...letter, to }, signal)),
    );
    return { sent: 'sent', answer };
  };
  const deliver = (message: Message) =>
    carried(message).catch((error: Error): Delivered => {
      const { kind } = message;
      if (error instanceof Undelivered) log.warn({ kind, code: error.code, reply: error.reply }, 'a mail was not sent');
      else log.error({ kind, err: error }, 'a mail could not be sent');
      return { sent: 'unsent', answer: error.message };
    });
  return { deliver, send: async (message) => (await deliver(message)).sent };
}

/** Waits no longer, whatever the carrier does. */
async function within<T>(ms: number, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Undelivered(`The mail server did not take it within ${ms / 1000} seconds.`, 'ETIMEDOUT'));
      ending.abort();
    }, ms);
  });
  try {
    return await Promise.race([act(ending.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
