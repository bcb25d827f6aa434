import type { AccessToken, ClientCredentials, RefreshToken } from 'oidc-provider';

const day = 24 * 3600;
const now = () => Math.floor(Date.now() / 1000);

/** Of a refresh token and everything it is rotated into, counted from the first; in seconds. */
const refreshSeconds = 30 * day;

/** A resource says how long its tokens live; one for userinfo alone lives ten minutes. */
const access = (_ctx: unknown, token: AccessToken | ClientCredentials): number =>
  token.resourceServer?.accessTokenTTL ?? 600;

/** How long things live, in seconds. Explicit to the last: the library tells the console of every default it uses. */
export const ttl = {
  AccessToken: access,
  AuthorizationCode: 60,
  ClientCredentials: access,
  /** Long enough to fetch a phone and sign in; a code in a message is worth nothing soon after. */
  DeviceCode: 600,
  IdToken: 600,
  Interaction: 900,
  RefreshToken: (_ctx: unknown, token: RefreshToken) =>
    Math.max(1, refreshSeconds - (token.iiat === undefined ? 0 : now() - token.iiat)),
  /** As long as what hangs on it may live. The session's own Grants end with the session. */
  Grant: refreshSeconds + day,
  /** Of the library's view only: our record has its own. */
  Session: day,
};
