/**
 * The browser at the other end of one request, as the authentication room sees it. Owns the session and the browser
 * cookie and nothing else: it never looks up what they stand for. Works on plain node requests, express or not.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Browser } from '../authentication/authentication.ts';
import { cookieName, dropCookie, readCookies, setCookie } from './cookies.ts';
import { personLanguages } from './language.ts';

export interface BrowserContext {
  /** The issuer is https. */
  readonly secure: boolean;
  /** The client's address (client-address.ts). */
  address(req: IncomingMessage): string;
}

const year = 365 * 24 * 3600;
const idShape = /^[A-Za-z0-9_-]{22,64}$/;
const sessionShape = /^[A-Za-z0-9._~-]{1,256}$/;
const longestAgent = 256;

const known = new WeakMap<IncomingMessage, Browser>();

/** The same object for the same request, whichever room asks; a cookie that was cut or forged counts as absent. */
export function browserOf(req: IncomingMessage, res: ServerResponse, web: BrowserContext): Browser {
  const seen = known.get(req);
  if (seen) return seen;
  const cookies = readCookies(req.headers.cookie);
  const { secure } = web;
  let id = shaped(cookies.get(cookieName('stile_browser', secure)), idShape);
  let session = shaped(cookies.get(cookieName('stile', secure)), sessionShape);
  const browser: Browser = {
    get id() {
      return id;
    },
    get session() {
      return session;
    },
    address: web.address(req),
    agent: (req.headers['user-agent'] ?? '').slice(0, longestAgent),
    get languages() {
      return personLanguages(req, secure);
    },
    bind() {
      if (id === undefined) {
        id = randomBytes(24).toString('base64url');
        setCookie(res, 'stile_browser', id, { secure, seconds: year });
      }
      return id;
    },
    keepSession(cookie, seconds) {
      session = cookie;
      setCookie(res, 'stile', cookie, seconds === undefined ? { secure } : { secure, seconds });
    },
    dropSession() {
      session = undefined;
      dropCookie(res, 'stile', { secure });
    },
  };
  known.set(req, browser);
  return browser;
}

/** What may be stored of a browser's id: the id itself is a bearer secret and stays in the cookie. */
export function browserHash(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}

function shaped(value: string | undefined, shape: RegExp): string | undefined {
  return value !== undefined && shape.test(value) ? value : undefined;
}
