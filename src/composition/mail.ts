/** Mail put together: what it says, who carries it, how much one mailbox gets. A part of the composition root. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Carrier } from '../delivery/carrier.ts';
import { type Delivery, deliveryBy } from '../delivery/messenger.ts';
import type { DemoMailbox } from '../demo/mailbox.ts';
import type { Kv } from '../state/kv.ts';
import { letters } from '../web/letters.ts';
import type { Words } from '../web/words.ts';

export interface Mail {
  /** Undefined where no mail is sent: what needs it is not there. */
  readonly messenger: Delivery | undefined;
  /** Where it goes in the demo. */
  readonly mailbox: DemoMailbox | undefined;
  close(): void;
}

export interface MailParts {
  /** Where views/ lies. */
  readonly root: string;
  readonly words: Words;
  readonly kv: Pick<Kv, 'count'>;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const DAY = 86_400;
/** What the demo has in the place of `mail:`. */
const demo = { language: 'en', daily: 1000, timeout: 10_000 };

export async function openMail(
  { brand, issuer, mail, demo: playing }: Pick<Config, 'brand' | 'issuer' | 'mail' | 'demo'>,
  { root, words, kv, log, now }: MailParts,
): Promise<Mail> {
  const mailbox = playing ? new (await import('../demo/mailbox.ts')).DemoMailbox(now) : undefined;
  // Loaded by who has a mail server.
  const carrier: Carrier | undefined = mailbox ?? (mail && (await import('../delivery/smtp.ts')).smtp(mail));
  if (!carrier) return { messenger: undefined, mailbox: undefined, close: () => undefined };
  const { language, daily, timeout } = mailbox ? demo : (mail ?? demo);
  const messenger = deliveryBy({
    carrier,
    write: letters({ words, dir: join(root, 'views'), brand, issuer, language, now }),
    // The store of what may be lost need not know whom we write to.
    count: (address, sort) => kv.count(`mail:${sort}:${createHash('sha256').update(address).digest('base64url')}`, DAY),
    ...{ daily, timeout, log },
  });
  return { messenger, mailbox, close: () => carrier.close() };
}
