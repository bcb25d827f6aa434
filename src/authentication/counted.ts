/** What was shown and counts for an Ask: about the right person, in its window, and by credentials there still are. Pure but for one read. */
import type { Ask } from '../domain/ask.ts';
import { type Evidence, mailboxOnce } from '../domain/evidence.ts';
import type { Session } from '../domain/session.ts';
import type { StandIn } from '../domain/stand-in.ts';
import type { User } from '../domain/user.ts';
import type { SignIn } from './signins.ts';

/** A first factor proved this recently opens registration, in milliseconds (ASVS 7.5.1: re-authenticate first). */
export const FRESH_MS = 5 * 60_000;

/** What was shown, of both kinds. */
export interface Shown {
  readonly evidence: readonly Evidence[];
  readonly standIns: readonly StandIn[];
}

interface Standing {
  readonly ask: Ask;
  readonly session: Session | undefined;
  readonly signIn: SignIn | undefined;
  readonly now: number;
}

const nothing: Shown = { evidence: [], standIns: [] };

/** What counts: newer than the Ask allows, and of this walk alone if it keeps nothing. Nothing stands in where the Ask says so. */
export function counted({ ask, session, signIn, now }: Standing, user: User | undefined): Shown {
  if (!user) return nothing;
  const kept = ask.keeps && session?.user === user.id ? session : nothing;
  // What an ended walk showed lies in the session by now.
  const walked = signIn?.user === user.id && !(signIn.end && ask.keeps) ? ofWalk(signIn) : nothing;
  const inWindow = ({ at }: { at: number }) => ask.after === undefined || at > ask.after;
  return {
    evidence: mailboxOnce([...kept.evidence, ...walked.evidence]).filter(inWindow),
    standIns: ask.unaided ? [] : [...kept.standIns, ...walked.standIns].filter(inWindow).filter(standing(now)),
  };
}

/** What this person showed moments ago or in this very walk, whatever the Ask counts: registering a method goes by it. */
export function recent({ session, signIn, now }: Standing, user: User): Shown {
  const kept = session?.user === user.id ? session : nothing;
  const walked = signIn?.user === user.id ? ofWalk(signIn) : nothing;
  const fresh = ({ at }: { at: number }) => at > now - FRESH_MS;
  return {
    evidence: mailboxOnce([...kept.evidence.filter(fresh), ...walked.evidence]),
    standIns: [...kept.standIns.filter(fresh), ...walked.standIns].filter(standing(now)),
  };
}

/**
 * The walk without what was shown by a credential that was removed, replaced or lost since: a password is changed because
 * somebody else knows it, and that somebody may be half way through.
 */
export async function stillProved(
  sources: { liveCredentials(user: string): Promise<readonly string[]> },
  signIn: SignIn,
): Promise<SignIn> {
  const { user, proofs, standIns = [] } = signIn;
  // What an ended walk proved lies in the session, unless nothing is kept.
  if (!user || proofs.length + standIns.length === 0 || (signIn.end && signIn.ask.keeps)) return signIn;
  const held = await sources.liveCredentials(user);
  const stands = ({ credential }: { credential?: string }) => credential === undefined || held.includes(credential);
  return { ...signIn, proofs: proofs.filter(stands), standIns: standIns.filter(stands) };
}

const standing =
  (now: number) =>
  ({ until }: StandIn): boolean =>
    until === undefined || now < until;

const ofWalk = ({ proofs, standIns = [] }: SignIn): Shown => ({ evidence: proofs, standIns });
