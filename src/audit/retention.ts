import type { Events } from '../store/events.ts';
import type { Recorder } from './event.ts';

/** Events of one statement: few enough that nobody who records waits for it. */
const BATCH = 1000;

export interface RetentionParts {
  readonly events: Pick<Events, 'trim'>;
  readonly recorder: Recorder;
  /** Seconds the record reaches back; 0 keeps it for ever. */
  readonly retention: number;
}

/**
 * Takes out what is older than the retention, in small batches, and puts on record how much and up to when. A node whose
 * turn it is not leaves it to the one whose turn it is. `now` in milliseconds; returns how many went.
 */
export async function trimRecord({ events, recorder, retention }: RetentionParts, now: number): Promise<number> {
  if (retention === 0) return 0;
  const before = now - retention * 1000;
  let removed = 0;
  for (let last = BATCH; last === BATCH; removed += last) last = (await events.trim(before, BATCH)) ?? 0;
  if (removed > 0) {
    await recorder.record({
      type: 'audit.trimmed',
      at: now,
      detail: { removed, before: new Date(before).toISOString() },
    });
  }
  return removed;
}
