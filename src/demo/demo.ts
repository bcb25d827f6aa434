/**
 * The demo's home: what to open, as whom, and the authenticator apps of people who have no phone because they are made
 * up. It plays the person's side, so it asks `methods/totp` for the codes an app would show, and `web` for pages. Mounted
 * only when Stile runs the demo on loopback; must not know sessions, users in the store, or anything sealed.
 */
import { type Request, Router } from 'express';
import { generateURI } from 'otplib';
import { type Agreement, codeAt, period, tidySecret } from '../methods/totp/code.ts';
import { drawQr } from '../methods/totp/qr.ts';
import { anyone, routes } from '../web/routes.ts';
import type { Views } from '../web/views.ts';

/** Somebody to sign in as. */
export interface DemoPerson {
  readonly username: string;
  readonly name: string;
  /** What the list says of them: "Authenticator app", "Password only". */
  readonly has: string;
  /** Their authenticator app, if they have one from the beginning. */
  readonly app?: Agreement;
}

export interface DemoOptions {
  readonly views: Views;
  readonly people: readonly DemoPerson[];
  /** The one password of all of them. */
  readonly password: string;
  /** What can be signed in to. */
  readonly applications: readonly { readonly name: string; readonly href: string; readonly about: string }[];
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** `GET /`, the home page, and `GET /authenticator`, an authenticator app for whoever has none at hand. */
export function demo({ views, people, password, applications, now = Date.now }: DemoOptions): Router {
  const router = Router();
  const owners = people.flatMap((person) => (person.app ? [{ ...person, app: person.app }] : []));
  const apps = () => owners.map(({ name, username, app }) => ({ name, ...phone(app, username, now()) }));
  routes(router)
    .get('/', anyone, (_req, res) => {
      views.render(res, { view: 'demo/home', data: { people, password, applications, apps: apps() } });
    })
    .get('/authenticator', anyone, (req, res) => {
      const typed = keyOf(req);
      const key = tidySecret(typed);
      const usable = /^[A-Z2-7]{16,204}$/.test(key);
      const made = usable ? phone({ secret: key, algorithm: 'SHA1', digits: 6 }, 'you', now()) : undefined;
      const data = { apps: apps(), typed, made, wrong: typed !== '' && !usable };
      views.render(res, { view: 'demo/authenticator', data });
    });
  return router;
}

const keyOf = (req: Request): string => (typeof req.query.key === 'string' ? req.query.key.slice(0, 300) : '');

/** What an app on somebody's phone shows at this instant, and how to put the same into a real one. */
function phone(app: Agreement, username: string, at: number) {
  const changesAt = (Math.floor(at / 1000 / period) + 1) * period * 1000;
  const { secret, algorithm, digits } = app;
  const uri = generateURI({
    issuer: 'Stile demo',
    label: username,
    secret,
    algorithm: lower[algorithm],
    digits,
    period,
  });
  return {
    code: spaced(codeAt(app, at), 3),
    next: spaced(codeAt(app, changesAt), 3),
    /** Until the next one. */
    seconds: Math.ceil((changesAt - at) / 1000),
    secret: spaced(secret, 4),
    qr: drawQr(uri),
  };
}

const lower = { SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' } as const;

const spaced = (text: string, size: number): string => text.match(new RegExp(`.{1,${size}}`, 'g'))!.join(' ');
