/**
 * Our cookies: read tolerantly, written strictly. Whatever we set is HttpOnly, SameSite=Lax and for the whole site; when
 * the issuer is https it is also Secure and carries the `__Host-` prefix, so that no sibling domain can plant one.
 */
import type { ServerResponse } from 'node:http';

/** `stile`: the session, `sid.secret`. `stile_browser`: this browser's id. `stile_lang`: the language chosen in the footer. */
export type CookieName = 'stile' | 'stile_browser' | 'stile_lang';

export function cookieName(name: CookieName, secure: boolean): string {
  return secure ? `__Host-${name}` : name;
}

/** RFC 6265 section 5.4, junk tolerated: pairs that cannot be read are left out, and the first of a name wins. */
export function readCookies(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    if (equals < 0 || name === '' || cookies.has(name)) continue;
    cookies.set(name, unquoted(pair.slice(equals + 1).trim()));
  }
  return cookies;
}

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

/** `seconds` absent: until the browser is closed. */
export function serialiseCookie(name: string, value: string, to: { secure: boolean; seconds?: number }): string {
  const age = to.seconds === undefined ? '' : `; Max-Age=${Math.trunc(to.seconds)}`;
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax${to.secure ? '; Secure' : ''}${age}`;
}

/** Adds one Set-Cookie header. Those of others stay; an earlier one of ours by the same name is replaced. */
export function setCookie(
  res: ServerResponse,
  name: CookieName,
  value: string,
  to: { secure: boolean; seconds?: number },
): void {
  const full = cookieName(name, to.secure);
  const before = [res.getHeader('set-cookie') ?? []].flat().map(String);
  const others = before.filter((cookie) => !cookie.startsWith(`${full}=`));
  res.setHeader('set-cookie', [...others, serialiseCookie(full, value, to)]);
}

export function dropCookie(res: ServerResponse, name: CookieName, to: { secure: boolean }): void {
  setCookie(res, name, '', { ...to, seconds: 0 });
}
