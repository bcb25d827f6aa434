/**
 * Access tokens (RFC 9068): is this one from Stile, for us, alive, and enough for what is asked? All of it is read from the
 * token; Stile is asked for its public keys and nothing else. Knows nothing of notes.
 */
import type { Request, RequestHandler, Response } from 'express';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';

export interface Api {
  /** Stile's issuer, e.g. `https://id.example.com`. */
  readonly issuer: string;
  /** Our identifier, the `resource` of Stile's configuration, letter by letter. */
  readonly resource: string;
}

/** What a request has to bring. */
export interface Need {
  readonly scope: string;
  /** Any of these is enough; the first is asked for. */
  readonly acr?: readonly string[];
  /** Seconds since the person proved who they are. */
  readonly maxAge?: number;
}

/** Whoever calls: a person by `sub`, through the client `client_id`; a machine has no `auth_time`. */
export interface Caller extends JWTPayload {
  readonly sub: string;
  readonly client_id: string;
  readonly scope?: string;
  readonly acr?: string;
  readonly amr?: readonly string[];
  readonly auth_time?: number;
}

export const callerOf = (res: Response): Caller => res.locals.caller as Caller;

/** Lets through who brings what is needed, and tells everybody else what is missing. */
export function protector({ issuer, resource }: Api): (need: Need) => RequestHandler {
  let keys: Promise<JWTVerifyGetKey> | undefined;
  const keysOf = () => {
    keys ??= discover(issuer).catch((error) => {
      keys = undefined;
      throw error;
    });
    return keys;
  };
  return (need) => async (req, res, next) => {
    const token = presented(req);
    if (!token) return challenge(res, 401, { scope: need.scope });
    const caller = await verified(token, await keysOf(), { issuer, resource });
    if (!caller) return challenge(res, 401, { error: 'invalid_token' });
    const missing = missingOf(caller, need, Date.now() / 1000);
    if (missing) return challenge(res, missing.error === 'insufficient_scope' ? 403 : 401, missing);
    res.locals.caller = caller;
    next();
  };
}

/** By header only: an address that holds a token leaves it in logs. */
const presented = (req: Request): string | undefined =>
  /^Bearer ([\w.-]+)$/i.exec(req.headers.authorization ?? '')?.[1];

async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const answer = await fetch(`${issuer}/.well-known/oauth-authorization-server`, { redirect: 'error' });
  const metadata = (await answer.json()) as { issuer: string; jwks_uri: string };
  if (metadata.issuer !== issuer) throw new Error(`${issuer} calls itself ${metadata.issuer}`);
  return createRemoteJWKSet(new URL(metadata.jwks_uri));
}

async function verified(token: string, keys: JWTVerifyGetKey, { issuer, resource }: Api): Promise<Caller | undefined> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience: resource,
      // An ID token has the same issuer and signature; its type tells it apart.
      typ: 'at+jwt',
      algorithms: ['RS256', 'ES256'],
      requiredClaims: ['exp', 'iat', 'sub', 'client_id', 'jti'],
    });
    // Bound to a key (DPoP) or a certificate, it is no bearer token; an API that checks proofs would do so here.
    return payload.cnf === undefined ? (payload as Caller) : undefined;
  } catch (error) {
    // Keys that could not be fetched are no fault of the token's.
    if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) return undefined;
    throw error;
  }
}

type Challenge = Readonly<Record<string, string>>;

/** What the token lacks, in the words of RFC 6750 and RFC 9470; undefined when it is enough. `now` in seconds. */
export function missingOf(caller: Caller, { scope, acr, maxAge }: Need, now: number): Challenge | undefined {
  if (!caller.scope?.split(' ').includes(scope)) return { error: 'insufficient_scope', scope };
  const weak = acr !== undefined && !acr.includes(caller.acr ?? '');
  const old = maxAge !== undefined && (caller.auth_time === undefined || now - caller.auth_time > maxAge);
  if (!weak && !old) return undefined;
  return {
    error: 'insufficient_user_authentication',
    ...(acr ? { acr_values: acr.join(' ') } : {}),
    ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
  };
}

function challenge(res: Response, status: 401 | 403, said: Challenge): void {
  const parameters = Object.entries(said).map(([name, value]) => `${name}="${value}"`);
  res
    .status(status)
    .set('www-authenticate', `Bearer ${parameters.join(', ')}`)
    .json(said);
}
