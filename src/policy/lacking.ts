/** What a change of what somebody holds, or of what they switched on, would leave unmet. Pure. */
import type { Need, Requirement, Verdict } from '../domain/verdict.ts';
import { type Option, plans } from './plan.ts';
import { metBy } from './strengths.ts';

/** Whether somebody who proves all of this could meet it. */
export const canMeet = (need: Need, options: readonly Option[]): boolean => plans([], [need], options).length > 0;

/** What `held` could meet and `left` could not: to be replaced before it is taken away. */
export const lacking = (
  requires: readonly Requirement[],
  held: readonly Option[],
  left: readonly Option[],
): readonly Requirement[] => requires.filter((need) => canMeet(need, held) && !canMeet(need, left));

/** Requirements that a password alone does not meet: while one is in force, a second proof is not the person's to choose. */
export const beyondPassword = ({ requires }: Verdict): readonly Requirement[] =>
  requires.filter(({ strength }) => !metBy(['password'], strength));

/** The names of the policies behind these requirements, as the trace has them. */
export function namesOf(requirements: readonly Requirement[], { trace }: Verdict): readonly string[] {
  const ids = new Set(requirements.flatMap(({ policies }) => policies));
  return trace.filter(({ policy }) => ids.has(policy)).map(({ name }) => name);
}
