import type { Strength } from './strength.ts';

/** One line of the explanation: a policy, whether it matched, and why. */
export interface TraceLine {
  readonly policy: string;
  readonly name: string;
  readonly matched: boolean;
  readonly why: string;
}

/** A requirement and the policies it comes from. */
export interface Requirement {
  readonly strength: Strength;
  readonly policies: readonly string[];
}

/** The explained result of all policies: block beats all, and of everything required all must be met. */
export interface Verdict {
  readonly blocked: boolean;
  readonly requires: readonly Requirement[];
  readonly trace: readonly TraceLine[];
}
