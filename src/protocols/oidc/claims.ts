import type { Account, ClaimsParameterMember } from 'oidc-provider';
import type { User } from '../../domain/user.ts';
import type { Users } from '../../store/users.ts';

/** What each scope releases (OIDC Core section 5.4), in the library's form. `declared`: names of administrators' own claims. */
export function claimsByScope(declared: readonly string[]): Record<string, string[] | null> {
  return {
    openid: ['sub', 'acr', 'amr', 'auth_time'],
    profile: ['name', 'preferred_username', ...declared.filter(releasable)],
    email: ['email', 'email_verified'],
    groups: ['groups'],
    sid: null,
    iss: null,
  };
}

export const scopes = ['openid', 'offline_access', 'profile', 'email', 'groups'];

/** A claim of these names would speak for the protocol, or for the sign-in, with an administrator's voice. */
const reserved = new Set(
  'sub iss aud exp iat nbf jti nonce acr amr azp auth_time sid at_hash c_hash s_hash cnf events'.split(' '),
);
const releasable = (name: string) => !reserved.has(name) && !name.startsWith('_claim_');

/** Everything we could tell about a person; the library releases what scopes and claims ask and the Grant allows. */
export function claimsOf(user: User): ClaimsParameterMember & { sub: string } {
  const declared = Object.fromEntries(Object.entries(user.claims).filter(([name]) => releasable(name)));
  return {
    ...declared,
    name: user.name,
    preferred_username: user.username,
    ...(user.email === undefined ? {} : { email: user.email, email_verified: user.emailVerified }),
    groups: [...user.groups],
    sub: user.id,
  } as ClaimsParameterMember & { sub: string };
}

export type People = Pick<Users, 'byId'>;

/**
 * The library's Account. On its authorization endpoint it only wants the id of somebody the engine is about to look up
 * itself; everywhere else a user who is gone, disabled or no longer let in has no account, and tokens stop working.
 */
export async function accountOf(
  people: People,
  id: string,
  route: string,
  admits: (user: User) => boolean,
): Promise<Account | undefined> {
  if (route === 'authorization' || route === 'resume') {
    return { accountId: id, claims: async () => claimsOf(await existing(people, id)) };
  }
  const user = await people.byId(id);
  return user && !user.disabled && admits(user) ? { accountId: id, claims: () => claimsOf(user) } : undefined;
}

async function existing(people: People, id: string): Promise<User> {
  const user = await people.byId(id);
  if (!user) throw new Error('the user is gone');
  return user;
}
