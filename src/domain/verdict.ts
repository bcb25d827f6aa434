import type { StandInKind } from './stand-in.ts';
import type { Strength } from './strength.ts';

/** One line of the explanation: a policy, whether it matched, and why. */
export interface TraceLine {
  readonly policy: string;
  readonly name: string;
  readonly matched: boolean;
  readonly why: string;
}

/** A strength and what may stand in for its second factor. Anything but plain `mfa` accepts nothing. */
export interface Need {
  readonly strength: Strength;
  readonly accepts?: readonly StandInKind[];
}

/** A requirement and the policies it comes from: what stands in, all of them accept. */
export interface Requirement extends Need {
  readonly accepts: readonly StandInKind[];
  readonly policies: readonly string[];
}

/** The explained result of all policies: block beats all, and of everything required all must be met. */
export interface Verdict {
  readonly blocked: boolean;
  readonly requires: readonly Requirement[];
  readonly trace: readonly TraceLine[];
}
