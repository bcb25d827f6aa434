/** Runs as a thread of its own (an entry point of the build): reads one aggregate and hands it over. */
import { parentPort, workerData } from 'node:worker_threads';
import { type AggregateJob, readAggregate } from './aggregate.ts';
import { reasonOf } from './declared.ts';

try {
  const aggregate = await readAggregate(workerData as AggregateJob);
  parentPort?.postMessage({ aggregate }, [aggregate.records.buffer, aggregate.starts.buffer] as ArrayBuffer[]);
} catch (error) {
  const wrong = reasonOf(error);
  if (wrong === undefined) throw error;
  parentPort?.postMessage({ wrong });
}
