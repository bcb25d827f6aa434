/** Two servers under the same load, taking turns so that the machine's moods hit both. */
import { cpuOf } from './servers.ts';

/** A server's process, and what is done to it at once, each again and again. */
export interface Loaded {
  readonly pid: number;
  readonly work: readonly (() => Promise<unknown>)[];
}

export interface Load {
  readonly perSecond: number;
  /** Of the server's process, for one piece of work. */
  readonly cpuMs: number;
}

export interface Turns {
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
}

export async function takeTurns(one: Loaded, other: Loaded, turns: Turns): Promise<{ one: Load; other: Load }[]> {
  const { rounds, roundMs, warmUpMs } = turns;
  for (const each of [one, other]) await load(each, warmUpMs);
  const seen: { one: Load; other: Load }[] = [];
  for (let round = 0; round < rounds; round++) {
    // Whoever goes first pays for the pause in between: they take turns in that too.
    const first = round % 2 === 0;
    const early = await load(first ? one : other, roundMs);
    const late = await load(first ? other : one, roundMs);
    seen.push(first ? { one: early, other: late } : { one: late, other: early });
  }
  return seen;
}

/** Everything is done again and again for that long. */
export async function load({ pid, work }: Loaded, ms: number): Promise<Load> {
  const [began, cpu] = [performance.now(), cpuOf(pid)];
  let done = 0;
  const keepWorking = async (piece: () => Promise<unknown>) => {
    while (performance.now() - began < ms) {
      await piece();
      done++;
    }
  };
  await Promise.all(work.map(keepWorking));
  return { perSecond: (done * 1000) / (performance.now() - began), cpuMs: (cpuOf(pid) - cpu) / done };
}
