/** The one decision of a sign-in: what happens next. Pure: everything read before, everything written after. */
import type { Application } from '../domain/application.ts';
import type { Ask, Want } from '../domain/ask.ts';
import type { Evidence, MethodClassName } from '../domain/evidence.ts';
import type { RefusalCode } from '../domain/refusal.ts';
import type { StandIn } from '../domain/stand-in.ts';
import type { Strength } from '../domain/strength.ts';
import type { User } from '../domain/user.ts';
import type { Need, Verdict } from '../domain/verdict.ts';
import { type Option, type Plan, plans } from '../policy/plan.ts';
import { oneFactor, ownMfa, satisfies } from '../policy/strengths.ts';
import type { Shown } from './counted.ts';
import type { Enrolment } from './enrolment.ts';

/** One method this person has: what it would be worth, and whether it may be tried now. */
export interface Holding {
  readonly option: Option;
  /** Milliseconds since the epoch, while too many wrong answers keep it shut. */
  readonly lockedUntil?: number;
  readonly lastUsedAt?: number;
  /** What its owner calls it. */
  readonly label?: string;
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
  /** What may stand in before a policy that accepts it. */
  readonly standIns: readonly StandIn[];
  /** What was shown moments ago or in this walk, whatever the Ask counts: registration goes by it. */
  readonly recent: Shown;
  readonly verdict?: Verdict;
  /** Preferred first, then from the best on. */
  readonly holdings: readonly Holding[];
  /** What this person might register, from the best on. */
  readonly registrable: readonly Option[];
  readonly enrolment: Enrolment;
  /** A first factor, or an access pass, was shown moments ago: without it nothing is registered. */
  readonly fresh: boolean;
  /** What this walk registered. */
  readonly registered: readonly string[];
  /** It was walked by something for emergencies, so that something may have to be set up anew. */
  readonly special?: true;
  /** A method to be suggested, which may be declined. */
  readonly offered?: string;
  /** What was used up may mean that something is lost: methods to be set up in its place, which may be declined. */
  readonly anew?: { readonly because: Anew; readonly methods: readonly string[] };
  /** The items still to be agreed to. */
  readonly unshared: readonly string[];
  /** Methods that can begin a sign-in, whoever it is. */
  readonly beginners: readonly string[];
  /** Those of them that need no name. */
  readonly unnamed: readonly string[];
}

/** Why somebody is asked to set up a method anew: a spare was used, or a pass let in somebody who holds nothing yet. */
export type Anew = 'spare' | 'pass';

export type Refused = { kind: 'refused'; code: RefusalCode; because?: 'not-yours' | 'pass-needed' };

export type Step =
  /** `unnamed`: methods that answer for a person who gives no name. */
  | { kind: 'identify'; unnamed: readonly string[] }
  /** `wanted`: what a proof has to be worth to lead on. `opens`: it proves nothing, it opens registration. */
  | {
      kind: 'prove';
      method: string;
      others: readonly string[];
      wanted: readonly MethodClassName[];
      ahead?: number;
      lockedUntil?: number;
      opens?: true;
    }
  | { kind: 'register'; method: string; others: readonly string[]; ahead: number; optional?: true }
  | { kind: 'anew'; because: Anew; methods: readonly string[] }
  | { kind: 'consent'; items: readonly string[] }
  | Refused
  | { kind: 'done'; met: readonly (Strength | undefined)[] };

/** What is missing now. `wish` is the method the person picked; it is followed where it leads anywhere. */
export function next(facts: Facts, wish?: string): Step {
  if (!facts.named) return { kind: 'identify', unnamed: facts.unnamed };
  if (!facts.user || !facts.vouched || !facts.verdict) return beginning(facts, wish);
  if (facts.user.disabled) return { kind: 'refused', code: 'denied' };
  if (facts.verdict.blocked) return { kind: 'refused', code: 'denied', because: 'not-yours' };

  const held = facts.holdings.map((holding) => holding.option);
  const options = [...held, ...facts.registrable];
  // For a mere wish nobody is sent for a pass, or made to add to what they have.
  const { guarded, opened, openers } = facts.enrolment;
  const simple = !guarded && (opened || openers.some((id) => id !== 'access-pass') || openers.length === 0);
  const aims = facts.ask.wants.map((want) =>
    aim(want, facts.evidence, want.essential ? options : simple ? options : held),
  );
  if (aims.some((aimed, i) => !aimed && facts.ask.wants[i]?.essential)) return unmet;

  const needs: Need[] = [
    { strength: oneFactor },
    ...facts.verdict.requires,
    ...aims.filter((aimed) => aimed !== undefined).map((strength) => ({ strength })),
  ];
  const ways = plans([...facts.evidence, ...facts.standIns], needs, options);
  if (ways.length === 0) return unmet;
  if (ways[0]?.length) return walkOne(ways, facts, wish);

  const { register, anew } = facts.ask;
  const again = anew && proveAnew(facts, 1, wish);
  if (again) return again;
  if (register && !facts.registered.includes(register)) {
    return gate(facts, 1, wish) ?? { kind: 'register', method: register, others: [], ahead: 0 };
  }
  if (facts.anew) {
    const { because, methods } = facts.anew;
    const method = methods.find((id) => id === wish);
    if (!method) return { kind: 'anew', because, methods };
    const others = methods.filter((id) => id !== method);
    return gate(facts, 1) ?? { kind: 'register', method, others, ahead: 0, optional: true };
  }
  if (facts.offered && !gate(facts, 1)) {
    return { kind: 'register', method: facts.offered, others: [], ahead: 0, optional: true };
  }
  if (facts.unshared.length > 0) return { kind: 'consent', items: facts.unshared };
  return { kind: 'done', met: aims };
}

/** The first strength of the want that the person can meet, with what they have or may register now. */
function aim(want: Want, evidence: readonly Evidence[], options: readonly Option[]): Strength | undefined {
  return want.anyOf.find((one) => plans(evidence, [{ strength: one }], options).length > 0);
}

const unmet: Refused = { kind: 'refused', code: 'requirements-unmet' };

/** Until something is proved every name gets the same page, whether or not it names anybody. */
function beginning(facts: Facts, wish: string | undefined): Step {
  const method = facts.beginners.find((id) => id === wish) ?? (facts.beginners[0] as string);
  return { kind: 'prove', method, others: facts.beginners.filter((id) => id !== method), wanted: [] };
}

/** One step along one of the plans: the wished one if it leads on, else the best of the shortest. */
function walkOne(ways: readonly Plan[], facts: Facts, wish: string | undefined): Step {
  const way = ways.find((plan) => plan[0]?.method === wish) ?? (ways[0] as Plan);
  const step = way[0] as Option;
  if (!step.register) return proving(facts, step.method, ways, way.length - 1);
  const others = otherMethods(ways, step.method);
  return gate(facts, way.length, wish) ?? { kind: 'register', method: step.method, others, ahead: way.length - 1 };
}

/**
 * What has to be shown before anything is registered; undefined when it was. Whoever holds a second factor proves two
 * kinds, or shows a pass; whoever does not proves a first factor anew (a session left open must not enrol a thief) and
 * then whatever opens registration here.
 */
function gate(facts: Facts, ahead: number, wish?: string): Step | undefined {
  const { guarded, opened, openers } = facts.enrolment;
  const held = facts.holdings.map((holding) => holding.option).filter((option) => option.class);
  if (guarded && !opened) {
    if (satisfies(facts.recent.evidence, ownMfa)) return undefined;
    const ways = plans(facts.recent.evidence, [{ strength: ownMfa }], held);
    const way = ways.find((plan) => plan[0]?.method === wish) ?? ways[0];
    if (!way?.[0] || openers.some((id) => id === wish)) return opening(facts, wish);
    const step = proving(facts, way[0].method, ways, ahead + way.length - 1);
    return { ...step, others: [...new Set([...step.others, ...openers])] };
  }
  return proveAnew(facts, ahead, wish) ?? proveMore(facts, ahead, wish) ?? (opened ? undefined : opening(facts, wish));
}

/**
 * Asks whoever has shown the mailbox alone for what they have besides, a password: a code that began the sign-in and a link
 * to the same mailbox are one proof. Undefined where something else was shown moments ago, or there is nothing else.
 */
function proveMore(facts: Facts, ahead: number, wish?: string): Step | undefined {
  const { evidence, standIns } = facts.recent;
  const beyond = evidence.some(({ class: name }) => !name.startsWith('email-code'));
  if (beyond || standIns.some(({ kind }) => kind === 'access_pass')) return undefined;
  const options = facts.holdings.map(({ option }) => option);
  const ways = options.filter(({ class: worth, first, mailbox }) => worth && first && !mailbox).map((one) => [one]);
  const way = ways.find(([option]) => option?.method === wish) ?? ways[0];
  return way?.[0] && proving(facts, way[0].method, ways, ahead);
}

/** Asks for a first factor once more; undefined where one was shown moments ago. */
function proveAnew(facts: Facts, ahead: number, wish?: string): Step | undefined {
  if (facts.fresh) return undefined;
  const ways = facts.holdings.flatMap(({ option }) => (option.class && option.first ? [[option]] : []));
  const way = ways.find(([option]) => option?.method === wish) ?? ways[0];
  if (!way?.[0]) return facts.enrolment.openers.length > 0 ? opening(facts, wish) : unmet;
  return proving(facts, way[0].method, ways, ahead);
}

/** Asks for what opens registration: the mailbox, a pass. Where there is no such thing, somebody else has to help. */
function opening(facts: Facts, wish: string | undefined): Step & { kind: 'prove' | 'refused' } {
  const { openers } = facts.enrolment;
  const method = openers.find((id) => id === wish) ?? openers[0];
  if (method === undefined) return { ...unmet, because: 'pass-needed' };
  return { kind: 'prove', method, others: openers.filter((id) => id !== method), wanted: [], opens: true };
}

function proving(facts: Facts, method: string, ways: readonly Plan[], ahead: number): Step & { kind: 'prove' } {
  const holdings = facts.holdings.filter((one) => one.option.method === method);
  const wanted = ways.flatMap(([step]) => (step?.method === method ? (step.class ?? []) : []));
  const step = { kind: 'prove' as const, method, others: otherMethods(ways, method), wanted, ahead };
  // One of several that may still be tried is enough.
  const open = holdings.some(({ lockedUntil }) => lockedUntil === undefined);
  const until = open ? undefined : holdings[0]?.lockedUntil;
  return until ? { ...step, lockedUntil: until } : step;
}

const otherMethods = (ways: readonly Plan[], method: string): string[] =>
  [...new Set(ways.map((plan) => (plan[0] as Option).method))].filter((id) => id !== method);

/** What a passive Ask is told when this step would be needed. */
export function refusalOf(step: Exclude<Step, { kind: 'done' }>, facts: Facts): RefusalCode {
  switch (step.kind) {
    case 'identify':
      return facts.ask.choose && facts.vouched ? 'selection-needed' : 'sign-in-needed';
    case 'prove':
      if (facts.ask.subject && !facts.vouched) return 'other-person';
      return facts.evidence.length === 0 ? 'sign-in-needed' : 'interaction-needed';
    case 'register':
    case 'anew':
      return 'interaction-needed';
    case 'consent':
      return 'consent-needed';
    case 'refused':
      return step.code;
  }
}
