/** Authentication method references (RFC 8176): what evidence justifies, and the strength a request for them stands for. */
import type { Assurance } from '../../authentication/assurance.ts';
import { type Evidence, type MethodClassName, methodClasses, methodClassNames } from '../../domain/evidence.ts';
import type { Strength } from '../../domain/strength.ts';

type Meets = Pick<Assurance, 'basis' | 'mfa'>;

/** Every reference a piece of the evidence justifies, and `mfa` when together they are two factors; sorted. */
export function amrOf(evidence: readonly Evidence[], assurance: Meets): string[] {
  const values = new Set<string>(evidence.flatMap((piece) => methodClasses[piece.class].amr));
  if (assurance.basis(evidence, assurance.mfa)) values.add('mfa');
  return [...values].sort();
}

const largestSet = 3;

/**
 * The strength whose every alternative justifies all references of one of the options; undefined when no set of methods
 * does. Alternatives are the smallest such sets of at most three classes: no request needs more than pwd, otp and a key.
 */
export function amrStrength(options: readonly (readonly string[])[], assurance: Meets): Strength | undefined {
  const alternatives: (readonly MethodClassName[])[] = [];
  for (const set of setsBySize(largestSet)) {
    if (alternatives.some((smaller) => smaller.every((name) => set.includes(name)))) continue;
    const values = amrOf(
      set.map((name) => ({ class: name, method: name, at: 0 })),
      assurance,
    );
    if (options.some((option) => option.every((value) => values.includes(value)))) alternatives.push(set);
  }
  const id = `amr:${options.map((option) => [...option].sort().join('+')).join(',')}`;
  return alternatives.length > 0 ? { id, alternatives } : undefined;
}

function setsBySize(largest: number): MethodClassName[][] {
  let sets: MethodClassName[][] = [[]];
  const all: MethodClassName[][] = [];
  for (let size = 1; size <= largest; size++) {
    sets = sets.flatMap((set) =>
      methodClassNames.slice(methodClassNames.indexOf(set.at(-1) as MethodClassName) + 1).map((name) => [...set, name]),
    );
    all.push(...sets);
  }
  return all;
}
