/**
 * Strengths: what they are made of, whether evidence meets them, and their partial order. Pure; asks nobody.
 * A strength is met when every class of one of its alternatives is proved (house.md, "The words").
 */
import { type Evidence, type MethodClassName, methodClasses, methodClassNames } from '../domain/evidence.ts';
import type { Alternative, Strength } from '../domain/strength.ts';

type Classes = readonly MethodClassName[];

const single = (classes: Classes): Alternative[] => classes.map((one) => [one]);
const startingWith = (prefix: string): Classes =>
  methodClassNames.filter((name) => `${name}:`.startsWith(`${prefix}:`));
const factorsOf = (classes: Classes) => new Set(classes.flatMap((name) => methodClasses[name].factors));

/** Keeps the smallest sets: one that contains another adds nothing. */
export function minimal(alternatives: readonly Alternative[]): Alternative[] {
  return alternatives.filter(
    (one, i) =>
      !alternatives.some(
        (other, j) => i !== j && other.every((c) => one.includes(c)) && (other.length < one.length || j < i),
      ),
  );
}

/** Two different kinds of factor, from one multi-factor proof or from two proofs (NIST SP 800-63B-4, AAL2). */
function twoFactors(among: Classes = methodClassNames): Alternative[] {
  const pairs = among.flatMap((a, i) => among.slice(i + 1).map((b): Alternative => [a, b]));
  return minimal([...single(among), ...pairs].filter((set) => factorsOf(set).size >= 2));
}

const webauthn = startingWith('webauthn');
const verified = startingWith('webauthn:verification');
const hardware = webauthn.filter((name) => name.endsWith(':attested'));
const define = (id: string, alternatives: readonly Alternative[]): Strength => ({
  id,
  alternatives: minimal(alternatives),
});

/** Any one proof. What a sign-in needs when nobody asks for more. */
export const oneFactor = define('one-factor', single(methodClassNames));
/** Two factors of different kinds. */
export const mfa = define('mfa', twoFactors());

/**
 * The same by what a person registered: what it takes to change how one signs in. A code to the mailbox is no part of it,
 * whatever else it counts for.
 */
export const ownMfa = define('own-mfa', twoFactors(methodClassNames.filter((name) => !name.startsWith('email-code'))));

/** The built-in strengths by id, in the order they are explained. */
export const builtIn: Readonly<Record<string, Strength>> = Object.fromEntries(
  [
    oneFactor,
    define('aal1', oneFactor.alternatives),
    define('sfa', oneFactor.alternatives),
    mfa,
    define('aal2', mfa.alternatives),
    define('aal3', twoFactors(['password', ...hardware])),
    define('phr', single(webauthn)),
    define('phrh', single(hardware)),
    define('passwordless-mfa', single(verified)),
    define('phishing-resistant-mfa', twoFactors(['password', ...webauthn])),
  ].map((strength) => [strength.id, strength]),
);

/** The strength that any one of these classes meets. */
export const anyOf = (id: string, classes: Classes): Strength => define(id, single(classes));

/** Whether proving these classes meets the strength. */
export const metBy = (classes: Classes, strength: Strength): boolean =>
  strength.alternatives.some((set) => set.every((name) => classes.includes(name)));

/**
 * The evidence an assertion of this strength rests on: the smallest set that meets it, the freshest of equally small
 * ones, with the newest evidence of each class. Undefined when the evidence does not meet it.
 */
export function basis(evidence: readonly Evidence[], strength: Strength): readonly Evidence[] | undefined {
  const newest = new Map<MethodClassName, Evidence>();
  for (const piece of evidence) {
    const known = newest.get(piece.class);
    if (!known || piece.at >= known.at) newest.set(piece.class, piece);
  }
  let best: Evidence[] | undefined;
  for (const set of strength.alternatives) {
    const pieces = set.flatMap((name) => newest.get(name) ?? []);
    if (pieces.length !== set.length) continue;
    if (!best || pieces.length < best.length || (pieces.length === best.length && fresher(pieces, best))) best = pieces;
  }
  return best;
}

/** The time of an assertion: that of the newest evidence behind it (milliseconds since the epoch). */
export const assertedAt = (pieces: readonly Evidence[]): number => Math.max(...pieces.map((piece) => piece.at));

function fresher(a: readonly Evidence[], b: readonly Evidence[]): boolean {
  if (assertedAt(a) !== assertedAt(b)) return assertedAt(a) > assertedAt(b);
  return Math.min(...a.map((p) => p.at)) > Math.min(...b.map((p) => p.at));
}

/** Whether the evidence meets the strength. */
export const satisfies = (evidence: readonly Evidence[], strength: Strength): boolean =>
  metBy(
    evidence.map((piece) => piece.class),
    strength,
  );

/** The partial order: `a` is at least `b` when every smallest set that meets `a` also meets `b`. */
export const atLeast = (a: Strength, b: Strength): boolean => a.alternatives.every((set) => metBy(set, b));
