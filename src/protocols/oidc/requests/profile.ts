/** The FAPI 2.0 Security Profile (final), for the clients that are registered with `profile: fapi2-security`. */
import type { Client, KoaContextWithOIDC } from 'oidc-provider';
import { errors } from '../library.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Section 5.4.1: what signs for such a client, either way. */
export const strictAlgorithms: readonly string[] = ['PS256', 'ES256', 'EdDSA', 'Ed25519'];

export const isStrict = (client: Client | undefined): boolean => client?.profile === 'fapi2-security';

/** The library's name of the profile. */
export const profileOf = (_ctx: unknown, client: Client | undefined): '2.0' | undefined =>
  isStrict(client) ? '2.0' : undefined;

/** In seconds. Its id is remembered until it expires, so this is also how long we remember (RFC 7523 section 3, point 4). */
const longest = 86_400;

/** Beyond what the library checks of a client's signed assertion; of the profile, its audience is the issuer alone, as a single text. */
export function inspectAssertion(now: () => number) {
  return async (ctx: KoaContextWithOIDC, claims: Claims, header: Claims, client: Client): Promise<void> => {
    if (!(Number(claims.exp) <= now() / 1000 + longest))
      throw new errors.InvalidClientAuth('the assertion has to expire within a day');
    if (!isStrict(client)) return;
    if (claims.aud !== ctx.oidc.issuer) throw new errors.InvalidClientAuth('the audience has to be the issuer alone');
    if (!strictAlgorithms.includes(String(header.alg)))
      throw new errors.InvalidClientAuth('the algorithm is not one of the profile');
  };
}
