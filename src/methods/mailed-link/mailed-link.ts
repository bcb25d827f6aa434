/**
 * A link sent to the person's mailbox that opens the registration of a first second factor, and proves nothing: whoever
 * stole a password does not read the mail. It works in the browser that asked for it, once, for ten minutes. Asks the post;
 * only a form acts, so that a scanner that opens every link changes nothing.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { byMailbox, mailboxOf, type Post } from '../../domain/by-mail.ts';
import { masked } from '../../domain/masked.ts';
import type { Answer, Challenge, Method, Subject } from '../../domain/method.ts';

const method = 'mailed-link';
/** How long a link lives, in milliseconds. */
const LIFE_MS = 10 * 60_000;
/** How long until another may be sent. */
const PAUSE_MS = 30_000;

/** What is remembered of the links sent; times in milliseconds since the epoch. */
interface Kept {
  readonly to: string;
  /** Newest first; `hash` of the token, in base64url. An earlier one that comes late is as good. */
  readonly links: readonly { readonly hash: string; readonly at: number }[];
}

/** `issuer`: the origin links lead to. */
export function createMailedLink(post: Post, issuer: string): Method {
  const ask = (subject: Subject, to: string, earlier: Kept['links']): Challenge => {
    const { place, now } = subject;
    const token = randomBytes(24).toString('base64url');
    const kept: Kept = { to, links: [{ hash: hashed(token), at: now }, ...earlier] };
    const link = `${issuer}/signin/${place.walk}/link/${token}`;
    const data = { link, minutes: LIFE_MS / 60_000, application: place.application, place };
    return {
      state: JSON.stringify(kept),
      show: shown(kept),
      send: () => post.send(subject, { kind: 'mailed-link', to, data }),
    };
  };

  return {
    id: method,
    first: false,
    guards: false,
    worth: [],
    classesOf: () => [],
    registers: [],
    implied: (user) => byMailbox(method, user),

    async challenge(subject) {
      const to = mailboxOf(subject.user);
      return to === undefined ? { state: '', show: {} } : ask(subject, to, []);
    },

    async again(subject, state) {
      const kept: Kept = JSON.parse(state);
      const to = mailboxOf(subject.user);
      // Asked for too soon: the page says when, and nothing is sent.
      const soon = subject.now < (kept.links[0]?.at ?? 0) + PAUSE_MS;
      if (soon || to === undefined) return { state, show: shown(kept) };
      return ask(subject, to, to === kept.to ? kept.links.filter(alive(subject.now)) : []);
    },

    sent: (state, answer, now) => matches(state, answer, now),

    async verify({ user, credentials: [credential], now }, state, answer) {
      if (!credential || !matches(state, answer, now)) return { kind: 'wrong' };
      const { to }: Kept = JSON.parse(state);
      if (to !== mailboxOf(user)) return { kind: 'wrong' };
      return { kind: 'proved', credential: credential.id, standIn: { kind: 'mailed_link', method } };
    },
  };
}

const hashed = (token: string) => createHash('sha256').update(token).digest('base64url');

const alive =
  (now: number) =>
  ({ at }: { at: number }) =>
    now < at + LIFE_MS;

function matches(state: string, { token = '' }: Answer, now: number): boolean {
  if (!state) return false;
  const { links }: Kept = JSON.parse(state);
  const hash = Buffer.from(hashed(token));
  return links.filter(alive(now)).some((link) => timingSafeEqual(hash, Buffer.from(link.hash)));
}

const shown = ({ to, links }: Kept) => {
  const at = links[0]?.at ?? 0;
  return { to: masked(to), sentAt: at, againAt: at + PAUSE_MS, until: at + LIFE_MS };
};
