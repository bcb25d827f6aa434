import { Worker } from 'node:worker_threads';
import type { Aggregate, ReadAggregate } from './aggregate.ts';
import { MetadataError } from './record.ts';

/** Megabytes of JavaScript objects. What is handed over is not counted. */
const limits = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 };

/** Reads aggregates in a thread, so that nobody who signs in waits for one. `file` is worker.ts, built. */
export const inThread =
  (file: string): ReadAggregate =>
  (job, signal) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(file, { workerData: job, resourceLimits: limits });
      worker.once('message', ({ aggregate, wrong }: { aggregate?: Aggregate; wrong?: string }) => {
        if (aggregate) resolve(aggregate);
        else reject(new MetadataError(wrong));
      });
      worker.once('error', reject);
      signal?.addEventListener('abort', () => void worker.terminate(), { once: true });
      worker.once('exit', () => reject(new Error('the thread that reads metadata ended')));
    });
