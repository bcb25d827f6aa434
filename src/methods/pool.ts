import { StoreAway } from '../domain/store-away.ts';

/** Runs a task when it is its turn. */
export interface Pool {
  <T>(task: () => Promise<T>): Promise<T>;
  /** How many tasks wait for theirs. */
  readonly waiting: () => number;
}

/**
 * First come, first served, at most `width` at a time. Whoever would be more than `waiting` deep in the queue is turned
 * away at once (503): a flood of passwords must not hold memory and browsers for minutes.
 */
export function createPool(width: number, waiting = 1000): Pool {
  const queue: (() => void)[] = [];
  let running = 0;
  const run = async <T>(task: () => Promise<T>): Promise<T> => {
    if (running >= width) {
      if (queue.length >= waiting) throw new StoreAway('the password pool');
      await new Promise<void>((turn) => queue.push(turn));
    } else running += 1;
    try {
      return await task();
    } finally {
      const next = queue.shift();
      if (next) next();
      else running -= 1;
    }
  };
  return Object.assign(run, { waiting: () => queue.length });
}
