/** What may happen to a SignIn, as pure changes applied by compare-and-swap. */
import type { Evidence } from '../domain/evidence.ts';
import type { StandIn } from '../domain/stand-in.ts';
import type { SignIn } from './signins.ts';

/** Applies a change to one sign-in as it is when the write happens. */
export type Change = (change: (signIn: SignIn) => SignIn) => Promise<void>;

/** Another person begins from nothing: no proof of one is ever counted for another. */
export const forgetPerson = (signIn: SignIn): SignIn => {
  const { id, asker, ticket, ask, browser, agent, address, startedAt } = signIn;
  const where = { browser, ...(agent ? { agent } : {}), ...(address ? { address } : {}) };
  return { id, asker, ticket, ask, ...where, startedAt, proofs: [], stay: false };
};

/**
 * Adds what was shown to the walk, unless the walk is about somebody else by now, or another answer was faster: the same
 * answer sent twice moves it on once.
 */
export function proven(latest: SignIn, judged: SignIn, shown: Evidence | StandIn, stay: boolean): SignIn {
  if (latest.user !== judged.user || turnOf(latest) !== turnOf(judged)) return latest;
  const rest = without(latest, 'said', 'chosen', 'choosing', 'challenge', 'lost');
  return 'class' in shown
    ? { ...rest, proofs: [...latest.proofs, shown], stay }
    : { ...rest, standIns: [...(latest.standIns ?? []), shown], stay };
}

/** How much the walk has shown so far. */
export const turnOf = ({ proofs, standIns = [] }: SignIn): number => proofs.length + standIns.length;

/** The sign-in without these parts of it. */
export function without(
  signIn: SignIn,
  ...parts: ('said' | 'chosen' | 'choosing' | 'challenge' | 'registration' | 'lost')[]
): SignIn {
  const rest = { ...signIn };
  for (const part of parts) delete rest[part];
  return rest;
}
