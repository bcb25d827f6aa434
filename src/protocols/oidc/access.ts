/**
 * Requests to our own API: who comes with this access token, and is it still true? Everything the token hangs on is
 * looked up for each request, so that a session that ended, a Grant that was taken back, a role that was lost or an
 * application that was disabled ends it at once.
 */
import type { IncomingMessage } from 'node:http';
import type { AccessToken, ClientCredentials, Provider } from 'oidc-provider';
import type { Authentication } from '../../authentication/authentication.ts';
import type { Access, Accessed, AccessRefused } from '../../domain/access.ts';
import type { User } from '../../domain/user.ts';
import type { People } from './claims.ts';
import type { Clients } from './clients.ts';
import { NoProof, type Proof, readProof } from './proof.ts';
import type { Sign } from './remembered.ts';
import type { Once } from './replay.ts';
import { adminScope, type Resources } from './resources.ts';
import { currentVisit } from './visit.ts';

export interface AccessParts {
  /** The origin the request came to. */
  readonly originOf: (req: IncomingMessage) => string;
  /** The library as it is now: it is built anew when keys change. */
  readonly provider: () => Provider;
  readonly resources: Resources;
  readonly clients: Clients;
  readonly people: People;
  readonly authentication: Pick<Authentication, 'admits'>;
  readonly once: Once;
  /** SHA-256 of the client's certificate (RFC 8705 section 3.1), base64url; undefined where no certificate came. */
  readonly certificateOf?: (req: IncomingMessage) => string | undefined;
  readonly now: () => number;
}

type Token = AccessToken | ClientCredentials;
type Scheme = 'Bearer' | 'DPoP';

/** Must run inside a visit (visit.ts). */
export async function accessOf(req: IncomingMessage, parts: AccessParts): Promise<Accessed> {
  const [scheme, value] = presented(req.headers.authorization);
  // Who brought nothing is told nothing but how to ask (RFC 6750 section 3.1).
  if (!value) return { refused: refusal('Bearer', 401, { scope: adminScope }) };
  const invalid = (description: string) => ({ refused: refusal(scheme, 401, { error: 'invalid_token', description }) });
  const token = await find(value, parts);
  if (!token || token.isExpired || token.aud !== parts.resources.admin) return invalid('the token is not good here');
  const proved = await bound(req, scheme, value, token, parts);
  if (proved !== true) return { refused: proved };
  const holder = await holderOf(token, parts);
  if (!holder) return invalid('the token is good no longer');
  const scopes = [...token.scopes];
  if (!scopes.includes(adminScope))
    return { refused: refusal(scheme, 403, { error: 'insufficient_scope', scope: adminScope }) };
  const { acr, amr, auth_time: authTime } = (token.extra ?? {}) as Sign;
  const access: Access = {
    ...holder,
    scopes,
    ...(acr === undefined ? {} : { acr }),
    ...(amr === undefined ? {} : { amr }),
    ...(authTime === undefined ? {} : { authTime }),
    insufficient: ({ acrValues, maxAge }) =>
      refusal(scheme, 401, {
        error: 'insufficient_user_authentication',
        description: 'the person has to sign in again, or with more',
        ...(acrValues ? { acr_values: acrValues.join(' ') } : {}),
        ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
      }),
  };
  return { access };
}

/** By header alone: an address or a form that holds a token leaves it in logs and histories. */
function presented(header: string | undefined): [Scheme, string | undefined] {
  const [, scheme, value] = /^(bearer|dpop) ([\w.~+/-]+=*)$/i.exec(header ?? '') ?? [];
  return [scheme?.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer', value];
}

async function find(value: string, { provider }: AccessParts): Promise<Token | undefined> {
  const { AccessToken, ClientCredentials } = provider();
  return (await AccessToken.find(value)) ?? (await ClientCredentials.find(value));
}

/** A token that is bound to a key or a certificate is worth nothing without it (RFC 9449 section 7, RFC 8705 section 3). */
async function bound(
  req: IncomingMessage,
  scheme: Scheme,
  value: string,
  token: Token,
  { originOf, once, now, certificateOf }: AccessParts,
): Promise<true | AccessRefused> {
  const no = (error: string, description: string) => refusal(scheme, 401, { error, description });
  const certificate = token['x5t#S256'];
  if (certificate && certificate !== certificateOf?.(req))
    return no('invalid_token', 'the token is bound to a certificate');
  if (!token.jkt) return scheme === 'Bearer' || no('invalid_token', 'the token is bound to no key');
  if (scheme !== 'DPoP')
    return refusal('DPoP', 401, { error: 'invalid_token', description: 'the token is bound to a key' });
  const url = new URL(pathOf(req), originOf(req)).href;
  const header = req.headers.dpop;
  let proof: Proof;
  try {
    if (typeof header !== 'string') throw new NoProof('there is no proof');
    proof = await readProof(header, { method: req.method ?? '', url, token: value, now: now() });
  } catch (error) {
    if (!(error instanceof NoProof)) throw error;
    return no('invalid_dpop_proof', error.message);
  }
  if (proof.thumbprint !== token.jkt) return no('invalid_token', 'the proof is by another key');
  const first = await once(token.clientId as string, proof.id, proof.expiresAt);
  return first || no('invalid_dpop_proof', 'the proof was shown before');
}

/** An express router takes its own part off `url`. */
function pathOf(req: IncomingMessage & { originalUrl?: string }): string {
  return (req.originalUrl ?? req.url ?? '/').split('?', 1)[0] as string;
}

/** Whoever the token speaks for, if all it was issued on still stands. */
async function holderOf(
  token: Token,
  parts: AccessParts,
): Promise<Pick<Access, 'user' | 'client' | 'sid'> | undefined> {
  const { clients, resources, people, authentication, provider } = parts;
  const clientId = token.clientId as string;
  const application = clients.application(clientId);
  if (!application || !resources.permitted(resources.admin, clientId)) return undefined;
  const client = application.id;
  if (token.kind === 'ClientCredentials')
    return (await resources.mayAdminister({ application: client })) ? { client } : undefined;
  const { accountId, grantId } = token as AccessToken;
  const grant = grantId ? await provider().Grant.find(grantId) : undefined;
  if (!grant || grant.clientId !== clientId || grant.accountId !== accountId) return undefined;
  if (!grant.getResourceScope(resources.admin).split(' ').includes(adminScope)) return undefined;
  const user: User | undefined = await people.byId(accountId);
  if (!user || user.disabled || !authentication.admits(user, client)) return undefined;
  if (!(await resources.mayAdminister({ user }))) return undefined;
  const { session } = currentVisit();
  return { user, client, ...(session ? { sid: session.sid } : {}) };
}

type Said = Readonly<Record<string, string>>;

function refusal(scheme: Scheme, status: 401 | 403, { description, ...said }: Said): AccessRefused {
  const parameters = { ...said, ...(description ? { error_description: description } : {}) };
  const challenge = Object.entries(parameters).map(([name, value]) => `${name}="${value.replace(/["\\]/g, '')}"`);
  return {
    status,
    error: said.error ?? 'invalid_token',
    description: description ?? 'an access token is needed',
    headers: { 'www-authenticate': `${scheme} ${challenge.join(', ')}` },
  };
}
