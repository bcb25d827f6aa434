/** How what is missing could be proved: the smallest additions to the evidence that meet every required strength. Pure. */
import type { Need } from '../domain/verdict.ts';
import { meets, type Piece } from './meets.ts';

/** One thing the person could still do: prove a method they have, show what stands in, or register one and prove it so. */
export interface Option extends Piece {
  readonly register: boolean;
  /** May stand at the beginning: proves somebody nobody vouched for yet. */
  readonly first: boolean;
}

export type Plan = readonly Option[];

/** More steps than this nobody is asked to walk. */
const LONGEST = 3;

/**
 * Every irreducible plan that meets all of `needs` on top of what was shown: no step of it can be left out. Plans that
 * register nothing shut out those that do; then the shorter ones come first. An empty plan means nothing is missing; no
 * plan at all means the person cannot meet it.
 */
export function plans(shown: readonly Piece[], needs: readonly Need[], options: readonly Option[]): readonly Plan[] {
  const enough = (plan: Plan) => needs.every((need) => meets([...shown, ...plan], need));
  const found: Plan[] = [];
  for (let size = 0; size <= LONGEST; size++) {
    for (const plan of choose(options, size)) {
      const reducible = found.some((smaller) => smaller.every((option) => plan.includes(option)));
      if (!reducible && enough(plan)) found.push(plan.toSorted((a, b) => Number(b.first) - Number(a.first)));
    }
  }
  const registrations = (plan: Plan) => plan.filter((option) => option.register).length;
  const fewest = Math.min(...found.map(registrations));
  return found.filter((plan) => registrations(plan) === fewest).sort((a, b) => a.length - b.length);
}

/** All subsets of one size, of options of different methods. */
function* choose(options: readonly Option[], size: number, from = 0): Generator<Option[]> {
  if (size === 0) {
    yield [];
    return;
  }
  for (let i = from; i < options.length; i++) {
    for (const rest of choose(options, size - 1, i + 1)) {
      const one = options[i] as Option;
      if (!rest.some((other) => other.method === one.method)) yield [one, ...rest];
    }
  }
}
