/** What a step costs in the bench's own process, as a multiple of a signature made in the same turn. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** Milliseconds of one run, over as many as fit into a turn. */
export async function costOf(run: () => unknown, turnMs = 60): Promise<number> {
  const began = performance.now();
  let runs = 0;
  while (performance.now() - began < turnMs) {
    await run();
    runs++;
  }
  return (performance.now() - began) / runs;
}

/** One RS256-2048 signature over a short text, by a key that is held ready. */
export function rsaSignature(): () => Buffer {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const text = randomBytes(600);
  return () => sign('sha256', text, privateKey);
}

/** By name: for each round, the cost of a step over that of `unit`, which is measured before and after it. */
export async function multiples<Name extends string>(
  steps: Readonly<Record<Name, () => unknown>>,
  { unit = rsaSignature(), rounds = 15, warmUp = 300 }: { unit?: () => unknown; rounds?: number; warmUp?: number } = {},
): Promise<Record<Name, number[]>> {
  const all = Object.entries(steps) as [Name, () => unknown][];
  for (const [, step] of all) for (let i = 0; i < warmUp; i++) await step();
  const seen = Object.fromEntries(all.map(([name]) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round++) {
    let before = await costOf(unit);
    for (const [name, step] of all) {
      const cost = await costOf(step);
      const after = await costOf(unit);
      seen[name].push((2 * cost) / (before + after));
      before = after;
    }
  }
  return seen;
}
