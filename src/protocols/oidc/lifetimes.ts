import type { RefreshToken } from 'oidc-provider';

const day = 24 * 3600;
const now = () => Math.floor(Date.now() / 1000);

/** Of a refresh token and everything it is rotated into, counted from the first; in seconds. */
const refreshSeconds = 30 * day;

/** How long things live, in seconds. Explicit to the last: the library tells the console of every default it uses. */
export const ttl = {
  AccessToken: 600,
  AuthorizationCode: 60,
  ClientCredentials: 600,
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
