import type { AccessToken, ClientCredentials, KoaContextWithOIDC, RefreshToken } from 'oidc-provider';

/** How somebody signed in, by the names of the claims. */
export type Sign = { acr?: string; amr?: readonly string[]; auth_time?: number };

/**
 * How the person signed in, kept in the access token: as it was when the code was made, whatever the session has become
 * since, and unchanged by refresh (RFC 9470 section 6.2). Introspection shows it.
 */
export function signInOf(
  ctx: KoaContextWithOIDC | undefined,
  token: AccessToken | ClientCredentials,
): Sign | undefined {
  if (token.kind !== 'AccessToken' || !ctx) return undefined;
  const { AuthorizationCode: code, DeviceCode: device, RefreshToken: refresh } = ctx.oidc.entities;
  const source = code ?? device ?? refresh;
  return source && said(source);
}

/** The same for a refresh token, which the library introspects without. */
export async function introspectRefresh(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  await next();
  const body = ctx.body as { active?: boolean } | undefined;
  const refresh = ctx.oidc?.entities.RefreshToken;
  if (refresh && body?.active) Object.assign(body, said(refresh));
}

function said({ acr, amr, authTime }: Pick<RefreshToken, 'acr' | 'amr' | 'authTime'>): Sign {
  return {
    ...(acr === undefined ? {} : { acr }),
    ...(amr === undefined ? {} : { amr }),
    ...(authTime === undefined ? {} : { auth_time: authTime }),
  };
}
