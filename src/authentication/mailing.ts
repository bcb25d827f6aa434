/**
 * What a sign-in may send by mail. Counted in Kv: by the sign-in, by the mailbox (strangers apart, so that nobody uses up what
 * its owner may be sent), and by the address strangers ask from. How much a mailbox gets a day is the messenger's own limit.
 */
import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Post } from '../domain/by-mail.ts';
import type { Message, Messenger } from '../domain/message.ts';
import type { Subject, Trouble } from '../domain/method.ts';
import type { Kv } from '../state/kv.ts';
import { networkOf } from './attempts.ts';
import { SIGN_IN_SECONDS } from './signins.ts';

const HOUR_SECONDS = 3600;
const most = { walk: 6, vouched: 12, strangers: 6, network: 60 } as const;
/** How much later strangers' mail is sent, in milliseconds: after the page, which would wait for it otherwise. */
const LATER_MS = 100;

/** `onFault` hears of what a stranger's page may not tell. */
export function createPost(messenger: Messenger, kv: Kv, onFault: (error: unknown) => void): Post {
  async function allowed({ vouched, place }: Subject, to: string): Promise<boolean> {
    if ((await kv.count(`mw:${place.walk}`, SIGN_IN_SECONDS)) > most.walk) return false;
    const mailbox = createHash('sha256').update(to.toLowerCase()).digest('base64url');
    if (vouched) return (await kv.count(`mv:${mailbox}`, HOUR_SECONDS)) <= most.vouched;
    if ((await kv.count(`ma:${networkOf(place.address)}`, HOUR_SECONDS)) > most.network) return false;
    return (await kv.count(`ms:${mailbox}`, HOUR_SECONDS)) <= most.strangers;
  }

  async function deliver(subject: Subject, message: Pick<Message, 'kind' | 'to' | 'data'>) {
    try {
      if (!(await allowed(subject, message.to))) return 'limited';
      const stranger = subject.vouched ? {} : { stranger: true as const };
      const sent = await messenger.send({ ...message, ...stranger, languages: subject.place.languages });
      return sent === 'sent' ? undefined : sent;
    } catch (error) {
      onFault(error);
      return 'unsent';
    }
  }

  return {
    async send(subject, message): Promise<Trouble | undefined> {
      if (subject.vouched) return deliver(subject, message);
      void wait(LATER_MS, undefined, { ref: false }).then(() => deliver(subject, message));
      return undefined;
    },
  };
}
