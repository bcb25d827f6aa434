/** What follows for a person when something they sign in with works no longer, whichever operation saw to it. */
import { preferredAmong } from '../../authentication/preference.ts';
import type { Credential } from '../../domain/credential.ts';
import { showed } from '../../domain/session.ts';
import type { User } from '../../domain/user.ts';
import { type AdminParts, live } from './parts.ts';

/** `lost` may be in somebody else's hands, which `removed` is not taken to be. */
export type Why = 'removed' | 'lost';

/** Every session in which it proved something or stood in ends; what is lost may have brought its finder tokens, which end too. */
export async function shutOutWith(parts: AdminParts, { id, user }: Credential, why: Why): Promise<void> {
  const { sessions, endTokens } = live(parts);
  if (why === 'lost') await endTokens(user);
  await sessions.endAll(user, `credential ${why}`, { which: (session) => showed(session, id) });
}

/** What they are asked for first is always something held. For the record: what it is from now on, if that changed. */
export async function settlePreferred(
  parts: AdminParts,
  user: User,
  going: Credential,
  why: Why,
): Promise<{ preferred?: string | null }> {
  const left = (await parts.credentials.of(user.id)).filter(({ id }) => id !== going.id);
  const preferred = preferredAmong(live(parts).methods, user, left, why);
  if (preferred === user.preferred) return {};
  await parts.users.setPreferred(user.id, preferred);
  return { preferred: preferred ?? null };
}
