/**
 * The audit room. It owns what is put on record and when an answer may go out: not before its events are committed. It
 * asks the store to write and must not know who reads the record, or decide anything.
 */
import type { Events } from '../store/events.ts';
import type { AuditEvent, Recorder } from './event.ts';

type Waiting = { event: AuditEvent; resolve: () => void; reject: (error: unknown) => void };

/**
 * While one insert is under way further events gather and go together in the next, so that many answers share one
 * commit. An insert that fails rejects everybody waiting for it: they answer 503, and nothing is lost unnoticed. `request` is the
 * name of the request that goes on, which an event keeps in its detail, so that the log tells the rest of it.
 */
export function groupRecorder(
  events: Pick<Events, 'insertMany'>,
  request: () => string | undefined = () => undefined,
): Recorder & { drain(): Promise<void> } {
  let gathering: Waiting[] = [];
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (gathering.length > 0) {
      const group = gathering;
      gathering = [];
      try {
        await events.insertMany(group.map(({ event }) => event));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    writing = undefined;
  }

  return {
    record(event) {
      return new Promise((resolve, reject) => {
        gathering.push({ event: named(event, request()), resolve, reject });
        writing ??= write();
      });
    },
    /** Resolves when everything recorded so far is committed or refused. */
    async drain() {
      await writing;
    },
  };
}

const named = (event: AuditEvent, request: string | undefined): AuditEvent =>
  request === undefined ? event : { ...event, detail: { request, ...event.detail } };
