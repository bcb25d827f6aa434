import type { Registry } from 'prom-client';
import { watch } from '../domain/watching.ts';

const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Times what answers wait for, and counts what failed; returns how to stop. A host that is called is not a label. */
export function working({ Counter, Histogram }: typeof import('prom-client'), registry: Registry): () => void {
  const registers = [registry];
  const seconds = new Histogram({
    name: 'stile_work_seconds',
    help: 'Time of Redis commands, SQL statements, password hashes (without their queue) and calls to other servers',
    labelNames: ['work', 'name'],
    buckets,
    registers,
  });
  const failures = new Counter({
    name: 'stile_work_failures_total',
    help: 'What of it failed, by the kind of error',
    labelNames: ['work', 'error'],
    registers,
  });
  return watch((work, name) => {
    const begun = performance.now();
    return (error) => {
      seconds.observe({ work, name: work === 'call' ? 'any' : name }, (performance.now() - begun) / 1000);
      if (error !== undefined) failures.inc({ work, error: kindOf(error) });
    };
  });
}

/** A store that is away, told from everything else. */
const kindOf = (error: unknown): string => ((error as Error | undefined)?.name === 'StoreAway' ? 'away' : 'other');
