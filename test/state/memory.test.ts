import { MemoryKv } from '../../src/state/memory.ts';

test('gives back the memory of what nobody reads any more', async () => {
  let now = 0;
  const kv = new MemoryKv({ now: () => now, sweepEvery: 5 });
  await Promise.all([kv.set('a', 'x', 1), kv.count('n', 1), kv.join('i', 'm', 60)]);
  now = 2000;
  await new Promise((done) => setTimeout(done, 50));
  expect((kv as unknown as { cells: Map<string, unknown> }).cells.size).toBe(1);
  await kv.close();
});
