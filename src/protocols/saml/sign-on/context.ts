/**
 * Authentication contexts (saml-core-2.0-os sections 2.7.2.2 and 3.3.2.2.1): which classes answer a request, in which
 * order, and which of them the evidence carries. Pure. A class is asserted only when the evidence meets what it stands
 * for; what a request compares by is the partial order of strengths.
 */
import type { Assurance } from '../../../authentication/assurance.ts';
import type { Want } from '../../../domain/ask.ts';
import type { Evidence, MethodClassName } from '../../../domain/evidence.ts';
import type { Strength } from '../../../domain/strength.ts';

export type Comparison = 'exact' | 'minimum' | 'maximum' | 'better';

export interface RequestedContext {
  readonly comparison: Comparison;
  /** As asked for, most wanted first; declarations we know none of are not in it. */
  readonly classes: readonly string[];
}

export interface ContextClass {
  readonly name: string;
  /** What has to be proved before it is said. */
  readonly proves: Strength;
  /** Where it stands in the order. A password is one factor among others: a passkey is at least as strong. */
  readonly rank: Strength;
}

const own = 'urn:oasis:names:tc:SAML:2.0:ac:classes:';
export const passwordClasses: readonly string[] = [`${own}PasswordProtectedTransport`, `${own}Password`];
const unspecified = `${own}unspecified`;

const exactly = (method: MethodClassName): Strength => ({ id: method, alternatives: [[method]] });

/** Every class we can say: SAML's own, then the names of the configuration's table, which may give SAML's another meaning. */
export function contextClasses(assurance: Assurance): readonly ContextClass[] {
  const factor = (name: string, proves: Strength): ContextClass => ({ name, proves, rank: assurance.anyFactor });
  const saml = [
    ...passwordClasses.map((name) => factor(name, exactly('password'))),
    factor(`${own}TimeSyncToken`, exactly('totp')),
    factor(unspecified, assurance.anyFactor),
  ];
  return [
    ...saml.filter(({ name }) => !assurance.names.has(name)),
    ...[...assurance.names].map(([name, strength]) => ({ name, proves: strength, rank: strength })),
  ];
}

/**
 * The classes that answer the request, the most fitting first; undefined when nothing is asked for, empty when nobody can
 * answer it. `ignorePassword`: exact requests for a password count as none, as an administrator may decide.
 */
export function answersTo(
  requested: RequestedContext | undefined,
  classes: readonly ContextClass[],
  { atLeast }: Pick<Assurance, 'atLeast'>,
  ignorePassword = false,
): readonly ContextClass[] | undefined {
  if (!requested) return undefined;
  const { comparison } = requested;
  const ignored = ignorePassword && comparison === 'exact' ? passwordClasses : [];
  const names = requested.classes.filter((name) => !ignored.includes(name));
  if (names.length === 0 && requested.classes.length > 0) return undefined;
  const asked = names.flatMap((name) => classes.find((one) => one.name === name) ?? []);
  if (comparison === 'exact') return asked;
  // "unspecified" says nothing, so it is neither stronger nor weaker than anything.
  const ordered = classes.filter(({ name }) => name !== unspecified);
  const above = (one: ContextClass, other: ContextClass) => atLeast(one.rank, other.rank);
  if (comparison === 'minimum') {
    const stronger = ordered.filter((one) => asked.some((other) => above(one, other)));
    return unique([...asked, ...weakestFirst(stronger, above)]);
  }
  if (comparison === 'maximum') {
    const weaker = ordered.filter((one) => asked.some((other) => above(other, one)));
    return strongestFirst(unique([...asked, ...weaker]), above);
  }
  if (asked.length === 0) return [];
  const better = ordered.filter((one) => asked.every((other) => above(one, other) && !above(other, one)));
  return weakestFirst(better, above);
}

/** Whether a request insists on a password and on nothing else. */
export const onlyPassword = (requested: RequestedContext | undefined): boolean =>
  requested?.comparison === 'exact' && requested.classes.every((name) => passwordClasses.includes(name));

/** What an application wants that asks for a context; undefined when it asks for none. `answers` is not empty. */
export function wantOf(requested: RequestedContext | undefined, answers: readonly ContextClass[]): Want | undefined {
  if (!requested) return undefined;
  const strengths = answers.map(({ proves }) => proves);
  const ordered = requested.comparison === 'exact' || requested.comparison === 'maximum';
  // Of "at least this" every answer is as good as another: whoever meets one is asked nothing.
  const anyOf = ordered ? strengths : [anyOne(strengths)];
  return { anyOf: [...new Set(anyOf)], essential: true };
}

const anyOne = (strengths: readonly Strength[]): Strength => ({
  id: [...new Set(strengths.map(({ id }) => id))].join('|'),
  alternatives: strengths.flatMap(({ alternatives }) => alternatives),
});

export interface Asserted {
  /** The AuthnContextClassRef. */
  readonly name: string;
  /** The AuthnInstant, in milliseconds since the epoch. */
  readonly at: number;
}

/** The first of the classes that the evidence carries; undefined when it carries none. */
export function asserted(
  evidence: readonly Evidence[],
  classes: readonly ContextClass[],
  assurance: Pick<Assurance, 'instant'>,
): Asserted | undefined {
  for (const { name, proves } of classes) {
    const at = assurance.instant(evidence, proves);
    if (at !== undefined) return { name, at };
  }
  return undefined;
}

/**
 * What is said when nothing was asked for: what the application prefers, else the strongest that is true. What any proof at
 * all would carry is then "unspecified": a code by email alone is volunteered as nothing better.
 */
export function unasked(
  classes: readonly ContextClass[],
  preferred: string | undefined,
  { anyFactor, atLeast }: Pick<Assurance, 'anyFactor' | 'atLeast'>,
): readonly ContextClass[] {
  const telling = classes.filter(({ proves }) => !atLeast(anyFactor, proves));
  const first = classes.filter(({ name }) => name === preferred);
  const rest = classes.filter(({ name }) => name === unspecified);
  return unique([...first, ...strongestFirst(telling, (one, other) => atLeast(one.rank, other.rank)), ...rest]);
}

type Above = (one: ContextClass, other: ContextClass) => boolean;

const unique = (classes: readonly ContextClass[]): ContextClass[] => [...new Set(classes)];

/** In an order in which nothing comes before what is stronger than it; otherwise as given. */
function strongestFirst(classes: readonly ContextClass[], above: Above): ContextClass[] {
  const left = [...classes];
  const sorted: ContextClass[] = [];
  while (left.length > 0) {
    const top = left.findIndex((one) => !left.some((other) => above(other, one) && !above(one, other)));
    sorted.push(...left.splice(top, 1));
  }
  return sorted;
}

const weakestFirst = (classes: readonly ContextClass[], above: Above): ContextClass[] =>
  strongestFirst(classes, (one, other) => above(other, one));
