/** The ways a step can be gone, as a page lists them: best for this request first, each with its fact. Pure. */
import { masked } from '../domain/masked.ts';
import { type Facts, next, type Step } from './next.ts';

export interface Choice {
  readonly id: string;
  /** What its owner calls it, or where a code goes, masked. Only after a first proof. */
  readonly details: readonly string[];
  /** Milliseconds since the epoch. */
  readonly lastUsedAt?: number;
  /** The person has it, so that "never used" says something. */
  readonly held: boolean;
}

type Choosable = Extract<Step, { kind: 'prove' | 'register' }>;

/** `step` may be one that was wished for: the list stays in the order it has without the wish. */
export function choosable(facts: Facts, step: Choosable): readonly Choice[] {
  const best = next(facts);
  const order = best.kind === step.kind ? [best.method, ...best.others] : [];
  const rank = (id: string) => (order.includes(id) ? order.indexOf(id) : order.length);
  return [step.method, ...step.others].toSorted((a, b) => rank(a) - rank(b)).map((id) => choice(facts, step, id));
}

function choice(facts: Facts, step: Choosable, id: string): Choice {
  // Before anything is proved the list is the same for every name.
  const known = facts.vouched && step.kind === 'prove';
  const mine = known ? facts.holdings.filter(({ option }) => option.method === id) : [];
  const details = mine.flatMap(({ option, label }) => (option.mailbox ? addressOf(facts) : (label ?? [])));
  const lastUsedAt = Math.max(...mine.map((holding) => holding.lastUsedAt ?? 0));
  return { id, details: [...new Set(details)], held: mine.length > 0, ...(lastUsedAt > 0 ? { lastUsedAt } : {}) };
}

const addressOf = ({ user }: Facts): string[] => (user?.email === undefined ? [] : [masked(user.email)]);
