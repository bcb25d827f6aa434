/** The end of a registration: what is kept, once, and what follows from it wherever it was made. */
import type { AuditEvent } from '../audit/event.ts';
import type { Credential, NewCredential } from '../domain/credential.ts';
import type { Method } from '../domain/method.ts';
import type { User } from '../domain/user.ts';
import { proven, without } from './changes.ts';
import type { Sources } from './facts.ts';
import type { Offer } from './offer.ts';
import { preferredByRegistering } from './preference.ts';
import type { Said } from './signins.ts';

export interface RegisteringParts {
  readonly sources: Pick<Sources, 'methods' | 'credentialsOf'>;
  /** The store's side, by structure. */
  readonly credentials: {
    /** Undefined when somebody has what it is looked up by. */
    claim(user: string, credential: NewCredential, now: number): Promise<Credential | undefined>;
    replace(user: string, credential: NewCredential, now: number): Promise<Credential>;
    /** Takes away what was reported lost. */
    forgetLost(user: string): Promise<readonly { id: string; method: string; label: string }[]>;
  };
  readonly preferences: { setPreferred(user: string, method: string | undefined): Promise<void> };
  readonly now: () => number;
}

type Record = (user: User, type: AuditEvent['type'], detail: Readonly<{ [key: string]: unknown }>) => Promise<void>;

/** What its page says where nothing was registered; undefined where it was, or where there was nothing to finish. */
export async function finish(
  parts: RegisteringParts,
  { signIn, facts, method: id, answer, change }: Offer,
  record: Record,
): Promise<Said | undefined> {
  const { credentials, sources } = parts;
  const now = parts.now();
  const method = sources.methods.get(id) as Method;
  const { user } = facts;
  if (!user || !method.confirm || signIn.registration?.method !== id) return undefined;
  const confirmed = await method.confirm(signIn.registration.state, answer, now);
  if (confirmed.kind === 'wrong') return confirmed;

  // The record decides the race: of two forms posted at once, one takes the registration out and keeps the credential.
  let mine = false;
  await change((latest) => {
    mine = latest.registration?.state === signIn.registration?.state;
    return mine ? without(latest, 'registration', 'said') : latest;
  });
  if (!mine) return undefined;
  const held = await sources.credentialsOf(user, undefined);
  const { class: name } = confirmed;
  const made = { ...confirmed.credential, ...(name ? { lastUsedAt: now } : {}) };
  const added = confirmed.replaces
    ? await credentials.replace(user.id, made, now)
    : await credentials.claim(user.id, made, now);
  // Somebody has it already: a credential is one person's.
  if (!added) return { kind: 'wrong', reason: 'taken' };
  const type = confirmed.replaces ? 'credential.replaced' : 'credential.added';
  await record(user, type, { method: id, credential: added.id });
  await settle(parts, { user, held, method }, record);
  await change((latest) => ({
    ...(name
      ? proven(latest, signIn, { class: name, method: id, at: now, credential: added.id }, latest.stay)
      : latest),
    registered: [...(latest.registered ?? []), id],
  }));
  return undefined;
}

/**
 * The first second factor is preferred from now on; and what was reported lost has done its part, since whoever registers
 * a guard beside it has proved two factors or shown a pass. `held` as it was before.
 */
async function settle(
  { credentials, preferences, sources }: RegisteringParts,
  { user, held, method }: { user: User; held: readonly Credential[]; method: Method },
  record: Record,
): Promise<void> {
  const preferred = preferredByRegistering(sources.methods, held, method.id);
  if (preferred !== undefined && preferred !== user.preferred) {
    await preferences.setPreferred(user.id, preferred);
    await record(user, 'preferred.changed', { method: preferred, because: 'the first second factor' });
  }
  if (!method.guards || method.spare || !held.some(({ lost }) => lost)) return;
  for (const gone of await credentials.forgetLost(user.id)) {
    await record(user, 'credential.removed', {
      method: gone.method,
      credential: gone.id,
      label: gone.label,
      because: 'lost, and replaced',
    });
  }
}
