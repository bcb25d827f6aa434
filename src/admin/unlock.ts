import type { Recorder } from '../audit/event.ts';
import type { Credentials } from '../store/credentials.ts';
import type { Users } from '../store/users.ts';

/** What unlocking needs. */
export interface Unlocking {
  readonly users: Pick<Users, 'byName'>;
  readonly credentials: Pick<Credentials, 'unlock'>;
  readonly recorder: Recorder;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export type Unlocked = { kind: 'unlocked'; username: string; credentials: number } | { kind: 'not-found' };

/** Forgives every wrong answer against a person, and says how many of their credentials had been shut by them. */
export async function unlock(parts: Unlocking, store: string, name: string): Promise<Unlocked> {
  const user = await parts.users.byName(store, name);
  if (!user) return { kind: 'not-found' };
  const at = parts.now();
  const credentials = await parts.credentials.unlock(user.id, at);
  await parts.recorder.record({
    type: 'credential.unlocked',
    at,
    user: user.id,
    detail: { by: 'command line', credentials },
  });
  return { kind: 'unlocked', username: user.username, credentials };
}
