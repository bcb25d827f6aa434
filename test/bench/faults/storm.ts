/** Load, a fault in the middle of it, and a look at whether everything that was answered is so. */
import { setTimeout as pause } from 'node:timers/promises';
import { Customer, type Kind, kindOf, nothingYet, SignedOut, type Told, Unanswered } from './customer.ts';
import { lost } from './found.ts';
import type { Fault, Pair } from './pair.ts';

export interface Storm {
  /** Flows at least, how many at once, and how long the load goes on after the fault, in milliseconds. */
  readonly flows: number;
  readonly atOnce: number;
  readonly tail: number;
  /** Of those, so many wait for nothing and come again until they are served: they see when failures end. */
  readonly impatient: number;
  /** What every other client does before its one more try. */
  wait(failure: Unanswered, mended: Promise<unknown>): Promise<unknown>;
}

export interface Seen {
  readonly flows: number;
  /** First tries that failed, by what was asked and what came. */
  readonly failures: Readonly<Record<string, number>>;
  /** What a client saw that tried once more. */
  readonly seen: readonly string[];
  /** Flows that found themselves signed out and began with a sign-in. */
  readonly again: number;
  /** Seconds from the end of the fault to the last failure; 0 when there was none after it. */
  readonly lastFailure: number;
  /** What was answered and is not there afterwards. */
  readonly lost: readonly string[];
  /** Answers looked for. */
  readonly looked: number;
}

export async function storm(pair: Pair, fault: Fault, how: Storm): Promise<Seen> {
  const told = nothingYet();
  const customers = Array.from({ length: how.atOnce }, (_, i) => new Customer(pair.issuer, `mei${i}`, told));
  await Promise.all(customers.map((one) => one.arrive()));
  const impatient = new Set(customers.slice(0, how.impatient));
  const tally = { flows: 0, failures: {} as Record<string, number>, seen: [] as string[], again: 0, last: 0 };
  let [struck, mended, flowsBefore] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 0];
  let begin: () => void = () => {};
  const trouble = new Promise<void>((resolve) => {
    begin = resolve;
  }).then(async () => {
    struck = performance.now();
    await fault.strike();
    await fault.mend();
    mended = performance.now();
    flowsBefore = tally.flows;
  });
  /** A third of all comes after the fault. */
  const over = () =>
    tally.flows >= Math.max(how.flows, flowsBefore + how.flows / 3) && performance.now() >= mended + how.tail;

  const flow = async (customer: Customer, kind: Kind): Promise<void> => {
    try {
      await customer.run(kind);
    } catch (error) {
      if (error instanceof Unanswered) {
        tally.failures[error.message] = (tally.failures[error.message] ?? 0) + 1;
        tally.last = performance.now();
        if (impatient.has(customer)) {
          await pause(20);
          return flow(customer, kind);
        }
        await how.wait(error, trouble);
      } else if (error instanceof SignedOut && fault.forgets && performance.now() > struck) {
        tally.again++;
        await customer.arrive();
      } else throw error;
      await once(customer, kind);
    }
  };
  /** The one more try. Whoever was signed out meanwhile signs in before it. */
  const once = async (customer: Customer, kind: Kind): Promise<void> => {
    try {
      await customer.run(kind);
    } catch (error) {
      if (!(error instanceof SignedOut && fault.forgets)) throw error;
      tally.again++;
      await customer.arrive();
      await customer.run(kind);
    }
  };
  const keepComing = async (customer: Customer) => {
    while (!over()) {
      const number = tally.flows++;
      if (number === Math.floor(how.flows / 3)) begin();
      await flow(customer, kindOf(number)).catch((error: Error) => tally.seen.push(`${kindOf(number)}: ${error}`));
    }
  };
  await Promise.all([trouble, ...customers.map(keepComing)]);
  const missing = await lost(pair, told, fault.forgets ? mended : undefined);
  const { flows, failures, seen, again, last } = tally;
  return {
    flows,
    failures,
    seen,
    again,
    lastFailure: Math.max(0, last - mended) / 1000,
    lost: missing,
    looked: size(told),
  };
}

const size = ({ access, refresh, walks, proofs, silent }: Told): number =>
  access.length +
  refresh.length +
  walks.size +
  proofs.size +
  [...silent.values()].reduce((sum, { came }) => sum + came, 0);
