/** The one decision of a sign-in: what happens next. Pure: everything read before, everything written after. */
import type { Application } from '../domain/application.ts';
import type { Ask, Want } from '../domain/ask.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { RefusalCode } from '../domain/refusal.ts';
import type { Strength } from '../domain/strength.ts';
import type { User } from '../domain/user.ts';
import type { Verdict } from '../domain/verdict.ts';
import { type Option, type Plan, plans } from '../policy/plan.ts';
import { mfa, oneFactor, satisfies } from '../policy/strengths.ts';

/** One method this person has: what it would be worth, and whether it may be tried now. */
export interface Holding {
  readonly option: Option;
  /** Milliseconds since the epoch, while too many wrong answers keep it shut. */
  readonly lockedUntil?: number;
  readonly lastUsedAt?: number;
}

/** Everything the decision looks at. */
export interface Facts {
  readonly ask: Ask;
  readonly application: Application;
  /** A name was given: typed in this walk, or that of the session, or fixed by the Ask. */
  readonly named: boolean;
  /** Whom the name names; undefined for nobody we know, which the pages must not show. */
  readonly user?: User;
  /** This browser has proved something as that person, in its session or in this walk. */
  readonly vouched: boolean;
  /** The evidence that counts for this Ask. */
  readonly evidence: readonly Evidence[];
  readonly verdict?: Verdict;
  readonly holdings: readonly Holding[];
  /** What may be registered here and now; empty when the person holds a second factor already. */
  readonly registrable: readonly Option[];
  /** Why nothing may be registered now although the person holds no second factor. */
  readonly registrationNeeds?: 'mail-needed' | 'pass-needed';
  /** The person holds more than a password: another factor is added by proving two. */
  readonly guarded: boolean;
  /** A first factor was proved moments ago: without it nothing is registered. */
  readonly fresh: boolean;
  /** What this walk registered. */
  readonly registered: readonly string[];
  /** The items still to be agreed to. */
  readonly unshared: readonly string[];
  /** Methods that can begin a sign-in, whoever it is. */
  readonly beginners: readonly string[];
}

export type Refused = { kind: 'refused'; code: RefusalCode; because?: 'not-yours' | 'mail-needed' | 'pass-needed' };

export type Step =
  | { kind: 'identify' }
  | { kind: 'prove'; method: string; others: readonly string[]; ahead?: number; lockedUntil?: number }
  | { kind: 'register'; method: string; others: readonly string[]; ahead: number }
  | { kind: 'consent'; items: readonly string[] }
  | Refused
  | { kind: 'done'; met: readonly (Strength | undefined)[] };

/** What is missing now. `wish` is the method the person picked; it is followed where it leads anywhere. */
export function next(facts: Facts, wish?: string): Step {
  if (!facts.named) return { kind: 'identify' };
  if (!facts.user || !facts.vouched || !facts.verdict) return beginning(facts, wish);
  if (facts.user.disabled) return { kind: 'refused', code: 'denied' };
  if (facts.verdict.blocked) return { kind: 'refused', code: 'denied', because: 'not-yours' };

  const held = facts.holdings.map((holding) => holding.option);
  const options = [...held, ...facts.registrable];
  const aims = facts.ask.wants.map((want) => aim(want, facts.evidence, options));
  if (aims.some((aimed, i) => !aimed && facts.ask.wants[i]?.essential)) return unmet(facts);

  const { register } = facts.ask;
  const required = [
    oneFactor,
    ...facts.verdict.requires.map((requirement) => requirement.strength),
    ...aims.filter((aimed) => aimed !== undefined),
    // As things are now: a thief's walk that began while there was no second factor must not add one beside the owner's.
    ...(register && facts.guarded ? [mfa] : []),
  ];
  const ways = plans(facts.evidence, required, options);
  if (ways.length === 0) return unmet(facts);
  if (ways[0]?.length) return walkOne(ways, facts, wish);

  if (register && !facts.registered.includes(register)) return registering(facts, register);
  if (facts.unshared.length > 0) return { kind: 'consent', items: facts.unshared };
  return { kind: 'done', met: aims };
}

/** The first strength of the want that the person can meet, with what they have or may register now. */
function aim(want: Want, evidence: readonly Evidence[], options: readonly Option[]): Strength | undefined {
  return want.anyOf.find((one) => satisfies(evidence, one) || plans(evidence, [one], options).length > 0);
}

const unmet = (facts: Facts): Refused =>
  facts.registrationNeeds
    ? { kind: 'refused', code: 'requirements-unmet', because: facts.registrationNeeds }
    : { kind: 'refused', code: 'requirements-unmet' };

/** Until something is proved every name gets the same page, whether or not it names anybody. */
function beginning(facts: Facts, wish: string | undefined): Step {
  const method = facts.beginners.find((id) => id === wish) ?? (facts.beginners[0] as string);
  return { kind: 'prove', method, others: facts.beginners.filter((id) => id !== method) };
}

/** One step along one of the plans: the wished one if it leads on, else the shortest. */
function walkOne(ways: readonly Plan[], facts: Facts, wish: string | undefined): Step {
  const way = ways.find((plan) => plan[0]?.method === wish) ?? (ways[0] as Plan);
  const step = way[0] as Option;
  const others = [...new Set(ways.map((plan) => (plan[0] as Option).method))].filter((id) => id !== step.method);
  if (!step.register) return proving(facts, step.method, others, way.length - 1);
  return facts.fresh
    ? { kind: 'register', method: step.method, others, ahead: way.length - 1 }
    : proveFirst(facts, way.length);
}

function registering(facts: Facts, method: string): Step {
  if (facts.registrationNeeds) return unmet(facts);
  return facts.fresh ? { kind: 'register', method, others: [], ahead: 0 } : proveFirst(facts, 1);
}

/** Before anything is registered, the person proves a first factor anew: a session left open must not enrol a thief. */
function proveFirst(facts: Facts, ahead: number): Step {
  const first = facts.holdings.find((holding) => holding.option.first);
  return first ? proving(facts, first.option.method, [], ahead) : { kind: 'refused', code: 'requirements-unmet' };
}

function proving(facts: Facts, method: string, others: readonly string[], ahead: number): Step {
  const holding = facts.holdings.find((one) => one.option.method === method);
  const step = { kind: 'prove' as const, method, others, ahead };
  return holding?.lockedUntil ? { ...step, lockedUntil: holding.lockedUntil } : step;
}

/** What a passive Ask is told when this step would be needed. */
export function refusalOf(step: Exclude<Step, { kind: 'done' }>, facts: Facts): RefusalCode {
  switch (step.kind) {
    case 'identify':
      return facts.ask.choose && facts.vouched ? 'selection-needed' : 'sign-in-needed';
    case 'prove':
      if (facts.ask.subject && !facts.vouched) return 'other-person';
      return facts.evidence.length === 0 ? 'sign-in-needed' : 'interaction-needed';
    case 'register':
      return 'interaction-needed';
    case 'consent':
      return 'consent-needed';
    case 'refused':
      return step.code;
  }
}
