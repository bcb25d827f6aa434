/**
 * A code sent to the person's mailbox: six digits, ten minutes, once, in the browser it was asked for in. It proves that
 * somebody reads that mailbox, which is no factor (NIST SP 800-63B-4 section 3.1.3.1) unless the installation says so. As the first
 * proof it is evidence; for somebody who is vouched for it stands in before a policy that accepts it. Asks the post; must not
 * know of attempts, which are counted, and spent, by the engine.
 */
import { randomInt, timingSafeEqual } from 'node:crypto';
import { byMailbox, mailboxOf, type Post } from '../../domain/by-mail.ts';
import { plainDigits } from '../../domain/digits.ts';
import type { MethodClassName } from '../../domain/evidence.ts';
import { masked } from '../../domain/masked.ts';
import type { Challenge, Method, Proof, Subject } from '../../domain/method.ts';

const method = 'email-code';
/** How long a code lives, in milliseconds (ASVS 6.5.5). */
const LIFE_MS = 10 * 60_000;
/** How long until it may be sent again. */
const PAUSE_MS = 30_000;

/** What is remembered of a code; times in milliseconds since the epoch. */
interface Kept {
  readonly code: string;
  /** Where it was sent: none where there is nobody, or no verified address. */
  readonly to?: string;
  readonly madeAt: number;
  readonly sentAt: number;
  /** What it will be worth; absent: it stands in. */
  readonly worth?: MethodClassName;
}

/** `begins`: it may begin a sign-in. `counts`: it is a factor like any other that is held. */
export function createEmailCode(
  post: Post,
  { begins, counts }: { readonly begins: boolean; readonly counts: boolean },
): Method {
  const own: MethodClassName = counts ? 'email-code' : 'email-code:uncounted';
  const classes = counts || begins ? [own] : [];

  const ask = (subject: Subject, kept: Kept): Challenge => ({
    state: JSON.stringify(kept),
    show: shown(subject, kept),
    send: async () => {
      if (kept.to === undefined) return undefined;
      const { place, now } = subject;
      const minutes = Math.ceil((kept.madeAt + LIFE_MS - now) / 60_000);
      const data = { code: kept.code, minutes, application: place.application, place };
      return post.send(subject, { kind: 'email-code', to: kept.to, data });
    },
  });

  return {
    id: method,
    first: begins,
    guards: false,
    mailbox: true,
    worth: classes,
    classesOf: () => classes,
    ...(counts ? {} : { standsIn: 'email_code' }),
    registers: [],
    implied: (user) => byMailbox(method, user),

    async challenge(subject) {
      const { user, vouched, wanted, now } = subject;
      const to = mailboxOf(user);
      const evidence = counts || !vouched || wanted.includes(own);
      return ask(subject, { ...fresh(now), ...(to ? { to } : {}), ...(evidence ? { worth: own } : {}) });
    },

    async again(subject, state) {
      const kept: Kept = JSON.parse(state);
      const { now } = subject;
      // Asked for too soon: the page says when, and nothing is sent.
      if (now < kept.sentAt + PAUSE_MS) return { state, show: shown(subject, kept) };
      const to = mailboxOf(subject.user);
      if (kept.to === to && alive(kept, now)) return ask(subject, { ...kept, sentAt: now });
      const { worth } = kept;
      return ask(subject, { ...fresh(now), ...(to ? { to } : {}), ...(worth ? { worth } : {}) });
    },

    async verify({ user, credentials: [credential], now }, state, answer) {
      if (!state) return { kind: 'wrong' };
      const kept: Kept = JSON.parse(state);
      const right = same(plainDigits(answer.code ?? ''), kept.code);
      // An address that changed since says nothing of who reads the new one.
      const mine = kept.to !== undefined && kept.to === mailboxOf(user) && alive(kept, now);
      if (!credential || !right || !mine) return { kind: 'wrong' };
      const proof: Proof = kept.worth
        ? { evidence: { class: kept.worth, method, mailbox: true } }
        : { standIn: { kind: 'email_code', method } };
      return { kind: 'proved', credential: credential.id, ...proof };
    },
  };
}

const fresh = (now: number) => ({ code: String(randomInt(1_000_000)).padStart(6, '0'), madeAt: now, sentAt: now });

const alive = ({ madeAt }: Kept, now: number) => now < madeAt + LIFE_MS;

/** The page: until somebody vouches for the person it is the same for every name. */
const shown = ({ vouched }: Subject, { to, madeAt, sentAt }: Kept) => ({
  ...(vouched && to ? { to: masked(to) } : {}),
  sentAt,
  againAt: sentAt + PAUSE_MS,
  until: madeAt + LIFE_MS,
  // An earlier message with the same code may have arrived, whatever becomes of this one.
  ...(sentAt > madeAt ? { resent: true } : {}),
});

function same(typed: string, code: string): boolean {
  const [one, other] = [Buffer.from(typed), Buffer.from(code)];
  return one.length === other.length && timingSafeEqual(one, other);
}
