import type { Evidence } from '../domain/evidence.ts';
import type { Method } from '../domain/method.ts';
import type { Strength } from '../domain/strength.ts';
import { assertedAt, atLeast, basis, builtIn, metBy, mfa, oneFactor } from '../policy/strengths.ts';

/** What evidence is worth, as protocols may ask it: they never see the policy room itself. */
export interface Assurance {
  /** Strengths by their name on the wire (acr values, AuthnContext classes), in the order of the table. */
  readonly names: ReadonlyMap<string, Strength>;
  /** The smallest, then freshest evidence that meets the strength: the newest piece of each class. Undefined: not met. */
  basis(evidence: readonly Evidence[], strength: Strength): readonly Evidence[] | undefined;
  /**
   * When an assertion of the strength was proved, in milliseconds since the epoch: the newest evidence in the smallest set
   * behind it. What auth_time and AuthnInstant say. Undefined: not met.
   */
  instant(evidence: readonly Evidence[], strength: Strength): number | undefined;
  /** The partial order: whatever meets `a` meets `b` too. */
  atLeast(a: Strength, b: Strength): boolean;
  /** Whether somebody could meet it with the methods that are switched on. */
  possible(strength: Strength): boolean;
  /** Any one proof. */
  readonly anyFactor: Strength;
  /** Two factors of different kinds: what `amr` calls `mfa`. */
  readonly mfa: Strength;
  /** A proof no look-alike page can carry on. Whatever is at least this is phishing-resistant. */
  readonly phishingResistant: Strength;
}

/** `names`: the `assurance:` table of the configuration, from wire names to ids of strengths there are. */
export function assuranceOf(names: Readonly<Record<string, string>>, methods: Iterable<Method>): Assurance {
  const worth = [...methods].flatMap((method) => method.worth);
  return {
    names: new Map(Object.entries(names).map(([name, id]) => [name, builtIn[id] as Strength])),
    basis,
    instant(evidence, strength) {
      const pieces = basis(evidence, strength);
      return pieces && assertedAt(pieces);
    },
    atLeast,
    possible: (strength) => metBy(worth, strength),
    anyFactor: oneFactor,
    mfa,
    phishingResistant: builtIn.phr as Strength,
  };
}
