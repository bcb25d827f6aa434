/**
 * Signed request objects (RFC 9101), by value or inside a pushed request; never fetched from an address somebody names.
 * The library checks signature, issuer, audience and times, and forgets every parameter that stands outside the object.
 * Here is what it leaves to us.
 */
import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors } from '../library.ts';
import type { Once } from '../replay.ts';
import { currentVisit } from '../visit.ts';
import { isStrict, strictAlgorithms } from './profile.ts';

type Claims = Readonly<Record<string, unknown>>;
type Header = Readonly<Record<string, unknown>>;

const types = new Set<unknown>([undefined, 'oauth-authz-req+jwt', 'application/oauth-authz-req+jwt', 'JWT', 'jwt']);
const hour = 3600;

/** What is wrong with a request object beyond its signature, or undefined. Pure; `now` in seconds. */
export function unfitObject(claims: Claims, header: Header, strict: boolean, now: number): string | undefined {
  // Another JWT the client once signed, like an assertion of its own, is no request (RFC 9101 section 10.8).
  if (!types.has(header.typ)) return 'a request object has the typ oauth-authz-req+jwt';
  if (claims.sub !== undefined) return 'a request object has no sub';
  if (!strict) return undefined;
  // FAPI 2.0 Message Signing, section 5.3.1.
  if (!strictAlgorithms.includes(String(header.alg))) return 'the algorithm is not one of the profile';
  const { nbf, exp } = claims;
  if (typeof nbf !== 'number' || typeof exp !== 'number') return 'nbf and exp are missing';
  if (now - nbf > hour) return 'nbf is more than an hour ago';
  return exp - nbf > hour ? 'exp is more than an hour after nbf' : undefined;
}

/**
 * The library's hook, called before the signature is verified: nothing may be believed here. It also sees pushed requests
 * when they are taken up, which the library has wrapped into an object of its own.
 */
export function inspectObject(once: Once, now: () => number) {
  return async (ctx: KoaContextWithOIDC, claims: Claims, header: Header): Promise<void> => {
    currentVisit().scope = typeof claims.scope === 'string' ? claims.scope : undefined;
    const { entities, client, route } = ctx.oidc;
    if (entities.PushedAuthorizationRequest) return;
    const strict = isStrict(client);
    const wrong = unfitObject(claims, header, strict, Math.floor(now() / 1000));
    if (wrong) throw new errors.InvalidRequestObject(wrong);
    // Only where the sender is known already: elsewhere a stranger could use up what a client has yet to send.
    if (!strict || route !== 'pushed_authorization_request' || typeof claims.jti !== 'string') return;
    if (await once(`request ${client!.clientId}`, claims.jti, claims.exp as number)) return;
    throw new errors.InvalidRequestObject('this request object was used before');
  };
}
