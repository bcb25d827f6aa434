import { StoreAway } from '../../src/domain/store-away.ts';
import { createPool } from '../../src/methods/pool.ts';

/** A task that ends when told to. */
function held() {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { run: () => ended, end };
}

test('runs as many as its width at a time, in the order they came', async () => {
  const pool = createPool(2);
  const started: number[] = [];
  const tasks = Array.from({ length: 5 }, held);
  const all = tasks.map((task, i) =>
    pool(() => {
      started.push(i);
      return task.run();
    }),
  );
  expect(started).toEqual([0, 1]);
  tasks[1]?.end();
  await all[1];
  expect(started).toEqual([0, 1, 2]);
  for (const task of tasks) task.end();
  await Promise.all(all);
  expect(started).toEqual([0, 1, 2, 3, 4]);
});

test('a task that fails gives its place to the next', async () => {
  const pool = createPool(1);
  const failed = pool(() => Promise.reject(new Error('no')));
  const next = pool(async () => 'yes');
  await expect(failed).rejects.toThrow('no');
  await expect(next).resolves.toBe('yes');
  await expect(pool(async () => 'again')).resolves.toBe('again');
});

test('turns away at once whoever finds the queue full, and serves again when it has drained', async () => {
  const pool = createPool(1, 1);
  const first = held();
  const running = pool(first.run);
  const waiting = pool(async () => 'waited');
  await expect(pool(async () => 'too many')).rejects.toBeInstanceOf(StoreAway);
  first.end();
  await running;
  await expect(waiting).resolves.toBe('waited');
  await expect(pool(async () => 'welcome')).resolves.toBe('welcome');
});
