import type { Grant, KoaContextWithOIDC } from 'oidc-provider';
import type { Subjects } from '../../authentication/subjects.ts';
import { currentVisit } from './visit.ts';

/**
 * The Grant this request will go on with: the session's own for this client, widened by what is asked. Nobody has agreed
 * to it yet; it is written only after the engine's yes, which includes consent where consent is due.
 */
export async function grantFor({ oidc }: KoaContextWithOIDC, subjects: Subjects): Promise<Grant> {
  const session = oidc.session!;
  const client = oidc.client!;
  const { Grant: GrantModel } = oidc.provider;
  // Named before the library draws a random one: so that whoever knows the session can name it.
  session.sidFor(client.clientId, subjects.sid(session.uid, client.clientId));
  const id = session.grantIdFor(client.clientId);
  const grant =
    (id && (await GrantModel.find(id))) ||
    new GrantModel({ clientId: client.clientId, accountId: session.accountId as string });
  const scopes = [...oidc.requestParamOIDCScopes].filter((scope) => !includes(grant.getOIDCScope(), scope));
  const claims = [...oidc.requestParamClaims].filter((claim) => !grant.getOIDCClaims().includes(claim));
  const resources = Object.values(oidc.resourceServers ?? {}).flatMap((server) => {
    const has = grant.getResourceScope(server.identifier());
    const more = [...oidc.requestParamScopes].filter((scope) => server.scopes.has(scope) && !includes(has, scope));
    return more.length > 0 ? [{ resource: server.identifier(), scope: more.join(' ') }] : [];
  });
  if (grant.jti && scopes.length === 0 && claims.length === 0 && resources.length === 0) return grant;
  if (scopes.length > 0) grant.addOIDCScope(scopes.join(' '));
  if (claims.length > 0) grant.addOIDCClaims(claims);
  for (const { resource, scope } of resources) grant.addResourceScope(resource, scope);
  await grant.save();
  return grant;
}

/**
 * A first party gets `offline_access` without `prompt=consent`: its administrator's declaration is the "other condition"
 * of OIDC Core section 11. The library has just struck it from the request; this puts it back.
 */
export function restoreOfflineAccess({ oidc, query }: KoaContextWithOIDC): void {
  const { client, params } = oidc;
  if (!client || !params || client.third_party !== false || !client.grantTypeAllowed('refresh_token')) return;
  if (client.scope !== undefined && !includes(client.scope, 'offline_access')) return;
  const sent = currentVisit().scope ?? oidc.body?.scope ?? query.scope;
  const asked = typeof sent === 'string' && includes(sent, 'offline_access');
  if (asked && !includes(String(params.scope ?? ''), 'offline_access')) params.scope = `${params.scope} offline_access`;
}

const includes = (list: string, word: string) => list.split(' ').includes(word);
