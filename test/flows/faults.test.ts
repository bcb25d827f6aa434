/** What a fault costs a client (docs/decisions/0030): in small what `npm run bench -- --only F1` does at length. */
import type { FaultName, Pair } from '../bench/faults/pair.ts';
import { startPair } from '../bench/faults/pair.ts';
import { storm } from '../bench/faults/storm.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair({ durable: false });
});
afterAll(() => pair.stop());

describe('two nodes under load', () => {
  test.each<[string, FaultName]>([
    ['one of them is killed and comes back', 'a'],
    ['Postgres restarts', 'postgres'],
    ['Redis comes back empty', 'redis'],
  ])(
    '%s: whoever tries once more is served, and what was answered is so afterwards',
    async (_what, name) => {
      const wait = (_failure: unknown, mended: Promise<unknown>) => mended;
      const seen = await storm(pair, pair.faults[name], { flows: 60, atOnce: 8, impatient: 0, tail: 0, wait });
      expect({ seen: seen.seen, lost: seen.lost }).toEqual({ seen: [], lost: [] });
      // Nobody is signed out by anything but an empty Redis, and by that everybody.
      expect(seen.again > 0).toBe(name === 'redis');
      expect(seen.looked).toBeGreaterThan(100);
      for (const node of pair.nodes) expect(node.output()).not.toMatch(/"level":(50|60)/);
    },
    60_000,
  );
});
