/**
 * Forms of ours are answered only by the browser they were shown to: the token is a MAC over the browser's id and the
 * form's purpose, so that nothing needs to be stored and a token of one form does not open another.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Csrf {
  /** `browser` is the id of Browser.bind(), `purpose` names the form (a sign-in id, "account/sessions"). */
  token(browser: string, purpose: string): string;
  check(browser: string | undefined, purpose: string, token: string | undefined): boolean;
}

/** The first key makes tokens; those of the others, which are of before, are accepted too. */
export function csrf(keys: readonly Buffer[]): Csrf {
  const mac = (key: Buffer, browser: string, purpose: string) =>
    createHmac('sha256', key)
      .update(JSON.stringify(['csrf', browser, purpose]))
      .digest();
  return {
    token: (browser, purpose) => mac(keys[0] as Buffer, browser, purpose).toString('base64url'),
    check(browser, purpose, token) {
      if (!browser || !token) return false;
      const given = Buffer.from(token, 'base64url');
      return keys.some((key) => {
        const expected = mac(key, browser, purpose);
        return given.length === expected.length && timingSafeEqual(given, expected);
      });
    },
  };
}

/** False when the browser says that the request comes from elsewhere; old browsers say nothing, which is no objection. */
export function sameOrigin(req: IncomingMessage, issuer: string): boolean {
  const site = req.headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  const { origin } = req.headers;
  return origin === undefined || origin === new URL(issuer).origin;
}
