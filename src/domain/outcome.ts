import type { Evidence } from './evidence.ts';
import type { Strength } from './strength.ts';
import type { User } from './user.ts';

/** The engine's answer to an Ask that is met. Protocols compile their claims from it and from nothing else. */
export interface Outcome {
  readonly user: User;
  /** The session's public id; absent when the Ask keeps nothing. */
  readonly sid?: string;
  /** The evidence that counts for this Ask: what is older than `ask.after` is not in it. */
  readonly evidence: readonly Evidence[];
  /** For each want of the Ask, in its order, the strength that is met; undefined where a wish could not be. */
  readonly met: readonly (Strength | undefined)[];
}
