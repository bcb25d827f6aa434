/**
 * What an ID token says about the sign-in, compiled from evidence and from nothing else. Pure: no acr, amr or auth_time
 * leaves here that the evidence does not carry.
 */
import type { Assurance } from '../../authentication/assurance.ts';
import type { Evidence } from '../../domain/evidence.ts';
import { amrOf } from './amr.ts';

export interface Assertion {
  /** Absent when the table has no name for what was proved. */
  readonly acr?: string;
  readonly amr: readonly string[];
  /** Seconds since the epoch: the newest evidence in the smallest set behind what is asserted. */
  readonly authTime: number;
}

const own = 'urn:stile:acr:aal';

/**
 * `wanted`: the acr values asked for, in order; the first that is met is asserted, else the strongest of our own.
 * `evidence` is what counts for this request, and at least one piece.
 */
export function assertionOf(evidence: readonly Evidence[], wanted: readonly string[], assurance: Assurance): Assertion {
  const amr = amrOf(evidence, assurance);
  const ours = [...assurance.names.keys()].filter((name) => name.startsWith(own)).sort();
  for (const acr of [...wanted, ...ours.reverse()]) {
    const strength = assurance.names.get(acr);
    const at = strength && assurance.instant(evidence, strength);
    if (at !== undefined) return { acr, amr, authTime: seconds(at) };
  }
  const at = assurance.instant(evidence, assurance.anyFactor);
  if (at === undefined) throw new Error('an assertion needs evidence');
  return { amr, authTime: seconds(at) };
}

const seconds = (at: number): number => Math.floor(at / 1000);
