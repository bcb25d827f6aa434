/** OpenID Connect Back-Channel Logout 1.0, section 2.6: is this really Stile saying that a session has ended? */
import { createRemoteJWKSet, type JWTVerifyGetKey, jwtVerify } from 'jose';

const event = 'http://schemas.openid.net/event/backchannel-logout';

export interface LogoutTokens {
  /** Whose session ended, by `sid` or `sub`. Throws when the token proves nothing. */
  verify(token: string): Promise<{ sid?: string; sub?: string }>;
}

export function logoutTokens(issuer: string, jwksUri: string, clientId: string): LogoutTokens {
  const keys: JWTVerifyGetKey = createRemoteJWKSet(new URL(jwksUri));
  return {
    async verify(token) {
      const { payload } = await jwtVerify(token, keys, { issuer, audience: clientId, requiredClaims: ['iat', 'jti'] });
      const { events, sid, sub } = payload as { events?: Record<string, unknown>; sid?: string; sub?: string };
      if (typeof events?.[event] !== 'object') throw new Error('not a logout token');
      // An id_token has the same issuer, audience and signature; the nonce tells them apart.
      if ('nonce' in payload) throw new Error('a logout token has no nonce');
      if (typeof sid !== 'string' && typeof sub !== 'string') throw new Error('names neither session nor person');
      return { ...(sid === undefined ? {} : { sid }), ...(sub === undefined ? {} : { sub }) };
    },
  };
}
