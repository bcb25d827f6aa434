/**
 * What an ID token says about the sign-in, compiled from evidence and from nothing else. Pure: no acr, amr or auth_time
 * leaves here that the evidence does not carry.
 */
import type { Assurance } from '../../authentication/assurance.ts';
import type { Evidence } from '../../domain/evidence.ts';
import type { Strength } from '../../domain/strength.ts';
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
  const ours = [...assurance.names.keys()].filter((name) => name.startsWith(own)).sort();
  for (const acr of [...wanted, ...ours.reverse()]) {
    const strength = assurance.names.get(acr);
    const basis = strength && assurance.basis(evidence, strength);
    if (basis) return { acr, amr: amrOf(evidence, assurance), authTime: newest(basis) };
  }
  return { amr: amrOf(evidence, assurance), authTime: newest(basisOf(evidence, assurance.anyFactor, assurance)) };
}

function basisOf(evidence: readonly Evidence[], strength: Strength, assurance: Assurance): readonly Evidence[] {
  const basis = assurance.basis(evidence, strength);
  if (!basis) throw new Error('an assertion needs evidence');
  return basis;
}

const newest = (pieces: readonly Evidence[]): number => Math.floor(Math.max(...pieces.map((piece) => piece.at)) / 1000);
