/** What follows from a registration, wherever it was made. */
import type { AuditEvent } from '../audit/event.ts';
import type { Credential } from '../domain/credential.ts';
import type { Method } from '../domain/method.ts';
import type { User } from '../domain/user.ts';
import { preferredByRegistering } from './preference.ts';

/** The store's side, by structure. */
export interface Registrations {
  setPreferred(user: string, method: string | undefined): Promise<void>;
  /** Takes away what was reported lost; the ids. */
  forgetLost(user: string): Promise<readonly string[]>;
}

/**
 * The first second factor is preferred from now on; and what was reported lost has done its part, since whoever registers
 * a guard beside it has proved two factors or shown a pass. `held` as it was before.
 */
export async function settle(
  store: Registrations,
  methods: ReadonlyMap<string, Method>,
  { user, held, method }: { user: User; held: readonly Credential[]; method: string },
  record: (type: AuditEvent['type'], detail: Readonly<Record<string, unknown>>) => Promise<void>,
): Promise<void> {
  const preferred = preferredByRegistering(methods, held, method);
  if (preferred !== undefined && preferred !== user.preferred) {
    await store.setPreferred(user.id, preferred);
    await record('preferred.changed', { method: preferred, because: 'the first second factor' });
  }
  const { guards, spare } = methods.get(method) as Method;
  if (!guards || spare || !held.some(({ lost }) => lost)) return;
  for (const credential of await store.forgetLost(user.id)) {
    await record('credential.removed', { credential, because: 'lost, and replaced' });
  }
}
