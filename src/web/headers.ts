/**
 * The headers every page of ours carries. Written out rather than taken from helmet: the only one that varies,
 * form-action, is ours to compute, and the rest are constants.
 */
import type { ServerResponse } from 'node:http';

export interface PageHeaders {
  /** The issuer is https. */
  readonly secure: boolean;
  /**
   * Where the forms of this page may lead besides us: URLs, origins or schemes (`https:`). Browsers hold form-action against every redirect
   * that follows the POST, so the page before an application's answer must name that application's redirect URI.
   */
  readonly formAction?: readonly string[];
}

export function pageHeaders(res: ServerResponse, page: PageHeaders): void {
  res.setHeader('content-security-policy', contentPolicy(page.formAction ?? []));
  res.setHeader('cache-control', 'no-store');
  commonHeaders(res, page.secure);
}

/**
 * Those of pages and assets alike. There is no Cross-Origin-Opener-Policy: it would cut off applications that sign people
 * in through a popup window, and `frame-ancestors` already keeps us out of frames.
 */
export function commonHeaders(res: ServerResponse, secure: boolean): void {
  res.setHeader('x-content-type-options', 'nosniff');
  res.setHeader('x-frame-options', 'DENY');
  res.setHeader('cross-origin-resource-policy', 'same-origin');
  // Not no-referrer: that would make browsers send `Origin: null` with our own forms.
  res.setHeader('referrer-policy', 'same-origin');
  if (secure) res.setHeader('strict-transport-security', 'max-age=31536000');
}

function contentPolicy(formAction: readonly string[]): string {
  const targets = new Set(["'self'", ...formAction.map(source).filter((target) => target !== undefined)]);
  return [
    "default-src 'none'",
    "style-src 'self'",
    "script-src 'self'",
    "img-src 'self'",
    `form-action ${[...targets].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/** A CSP source: a scheme as it is (`https:`), of a URL its origin, or its scheme where it has none (native applications) or CSP cannot spell it (IPv6). */
function source(url: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:$/.test(url)) return url;
  if (!URL.canParse(url)) return undefined;
  const { origin, protocol, hostname } = new URL(url);
  return origin === 'null' || hostname.startsWith('[') ? protocol : origin;
}
