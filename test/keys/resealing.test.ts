import { Resealing } from '../../src/keys/resealing.ts';
import type { Batch, Place } from '../../src/store/sealed.ts';

/** Passes over these batches; resolves to where each began when it has come to an end. */
async function passes(batches: (Batch | Error)[], count: number) {
  const [began, changed, errors]: [Place[], number[], unknown[]] = [[], [], []];
  let left = count;
  await new Promise<void>((done) => {
    const resealing = new Resealing({
      sealed: {
        async reseal(_limit, at = [0]) {
          began.push(at);
          const batch = batches.shift() ?? { changed: 0, left: 0 };
          if (batch instanceof Error) throw batch;
          if (!batch.next && --left === 0) setImmediate(() => done(resealing.stop()));
          return batch;
        },
      },
      onChanged: (rows) => changed.push(rows),
      onError: (error) => errors.push(error),
      pause: 0,
      again: 0,
    });
    resealing.start();
  });
  return { began, changed, errors };
}

test('goes on from where a batch ended, says once what a pass changed, and looks again until nothing is found', async () => {
  const batches: Batch[] = [
    { changed: 100, left: 0, next: [0, 'm'] },
    { changed: 3, left: 1 },
  ];
  expect(await passes(batches, 2)).toEqual({ began: [[0], [0, 'm'], [0]], changed: [103], errors: [] });
});

test('begins again after a fault', async () => {
  const away = new Error('away');
  const { began, changed, errors } = await passes([{ changed: 2, left: 0, next: [1] }, away], 1);
  expect([began, changed, errors]).toEqual([[[0], [1], [0]], [2], [away]]);
});
