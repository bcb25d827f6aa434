/** What may happen to a SignIn, as pure changes applied by compare-and-swap. */
import type { Evidence } from '../domain/evidence.ts';
import type { SignIn } from './signins.ts';

/** Applies a change to one sign-in as it is when the write happens. */
export type Change = (change: (signIn: SignIn) => SignIn) => Promise<void>;

/** Another person begins from nothing: no proof of one is ever counted for another. */
export const forgetPerson = (signIn: SignIn): SignIn => {
  const { id, asker, ticket, ask, browser, startedAt } = signIn;
  return { id, asker, ticket, ask, browser, startedAt, proofs: [], stay: false };
};

/** Adds evidence to the walk, unless the walk is about somebody else by now. */
export function proven(latest: SignIn, judged: SignIn, evidence: Evidence, stay: boolean): SignIn {
  if (latest.user !== judged.user) return latest;
  return { ...without(latest, 'said', 'chosen', 'choosing', 'challenge'), proofs: [...latest.proofs, evidence], stay };
}

/** The sign-in without these parts of it. */
export function without(
  signIn: SignIn,
  ...parts: ('said' | 'chosen' | 'choosing' | 'challenge' | 'registration')[]
): SignIn {
  const rest = { ...signIn };
  for (const part of parts) delete rest[part];
  return rest;
}
