/**
 * Wiki: a relying party to copy. It owns its pages, its cookie and its sessions; it asks Stile, over HTTP like anybody,
 * who somebody is and, before a payment is approved, for more certainty. It must not import anything of Stile's.
 */
import { join } from 'node:path';
import ejs from 'ejs';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import { AuthorizationResponseError } from 'openid-client';
import { writeNote } from './api.ts';
import { type LogoutTokens, logoutTokens } from './logout-token.ts';
import { refusal, signedIn } from './page.ts';
import { Provider, type Registration, type Wish } from './provider.ts';
import { type Session, Sessions } from './sessions.ts';

export interface WikiOptions extends Registration {
  /** The stylesheet of its pages, as a path or a URL. */
  readonly stylesheet: string;
  /** A link in the bar to where Wiki is one of several things to try. */
  readonly home?: { readonly name: string; readonly href: string };
  /** Where Notes (examples/notes) is, which is its identifier too; without it Wiki keeps no notes. */
  readonly api?: string;
  /** Is told what went wrong between Wiki and Stile; writes it to stderr when absent. */
  readonly log?: (error: Error) => void;
}

/** Approving a payment takes two factors: the REFEDS MFA Profile's name for that. */
const mfa = 'https://refeds.org/profile/mfa';

const wishes: Record<NonNullable<Session['pending']>['then'], Wish> = {
  'sign-in': {},
  payment: { acr: mfa },
  fresh: { maxAge: 0 },
  note: {},
};

/** Wiki's pages and endpoints, to be mounted at the path of `baseUrl`. */
export function wiki(options: WikiOptions): Router {
  const provider = new Provider(options);
  const sessions = new Sessions(options.baseUrl);
  const home = `${options.baseUrl}/`;
  const log = options.log ?? ((error: Error) => console.error('wiki:', error));

  const show = async (res: Response, status: number, view: string, data: object) => {
    const all = { stylesheet: options.stylesheet, home: options.home, base: options.baseUrl, ...data };
    const file = join(import.meta.dirname, 'views', `${view}.ejs`);
    res.status(status).type('html');
    res.send(await ejs.renderFile(file, all, { cache: true }));
  };

  /** Sends the browser to Stile, and remembers why. */
  const ask = async (res: Response, session: Session, then: keyof typeof wishes, by?: Wish) => {
    // A fresh proof is to be as good as the one before.
    const wish =
      by ?? (then === 'fresh' && session.now?.claims.acr === mfa ? { ...wishes.fresh, acr: mfa } : wishes[then]);
    const { question, url } = await provider.ask(wish);
    session.pending = { question, then };
    res.redirect(303, url.href);
  };

  /** Calls the API, and asks Stile for what the API says is missing; `asked` is what was asked for a moment ago. */
  const note = async (res: Response, session: Session, asked?: Wish) => {
    const wish = await writeNote(options.api ?? '', session.apiToken, 'Ordered paper');
    if (!wish) session.notice = 'noted';
    else if (asked?.acrValues) throw new Error('Notes wanted more of the person, and the same again');
    else return ask(res, session, 'note', wish);
    res.redirect(303, home);
  };

  /** Lets only forms through that this browser was shown. */
  const ours: RequestHandler[] = [
    express.urlencoded({ extended: false, limit: '4kb' }),
    async (req, res, next) => {
      if (sessions.isFormToken(sessions.name(req, res), req.body?.token)) return next();
      await show(res, 403, 'error', stale);
    },
  ];

  const router = Router();
  router.use(headers(options));

  router.get('/', async (req, res) => {
    const name = sessions.name(req, res);
    const token = sessions.formToken(name);
    const session = sessions.find(name);
    if (!session?.now) return show(res, 200, 'welcome', { token });
    await show(res, 200, 'wiki', { token, ...signedIn({ ...session, now: session.now }, mfa), api: options.api });
    session.notice = undefined;
  });

  router.post('/sign-in', ours, async (req: Request, res: Response) => {
    await ask(res, sessions.open(sessions.name(req, res)), 'sign-in');
  });

  router.post('/fresh', ours, async (req: Request, res: Response) => {
    await ask(res, sessions.open(sessions.name(req, res)), 'fresh');
  });

  router.post('/payment', ours, async (req: Request, res: Response) => {
    const session = sessions.open(sessions.name(req, res));
    if (session.now?.claims.acr !== mfa) return ask(res, session, 'payment');
    approve(session);
    res.redirect(303, home);
  });

  router.post('/note', ours, async (req: Request, res: Response) => {
    const session = sessions.open(sessions.name(req, res));
    if (!options.api || !session.now) return res.redirect(303, home);
    await note(res, session);
  });

  router.get('/callback', async (req, res) => {
    const name = sessions.name(req, res);
    const session = sessions.find(name);
    const pending = session?.pending;
    // Reloaded, gone back to, or planted by somebody else: an answer to a question nobody asked is not read.
    if (!session || !pending || req.query.state !== pending.question.state) {
      return session?.now ? res.redirect(303, home) : show(res, 400, 'error', stale);
    }
    session.pending = undefined;
    const query = new URL(req.originalUrl, options.baseUrl).search.slice(1);
    const answer = await provider.answer(query, pending.question, session.now?.person);
    const samePerson = session.now === undefined || session.now.claims.sub === answer.claims.sub;
    session.before = samePerson ? session.now : undefined;
    session.now = { ...answer, asked: pending.question.asked };
    session.notice = samePerson ? undefined : 'other-person';
    session.apiToken = answer.apiToken ?? (samePerson ? session.apiToken : undefined);
    if (!samePerson) session.approvedAt = undefined;
    // Whoever proved it must be who pressed the button.
    else if (pending.then === 'payment') approve(session);
    else if (pending.then === 'fresh') session.notice = 'fresh';
    sessions.rename(name, res);
    if (samePerson && pending.then === 'note') return note(res, session, pending.question.wish);
    res.redirect(303, home);
  });

  router.post('/sign-out', ours, async (req: Request, res: Response) => {
    const name = sessions.name(req, res);
    const idToken = sessions.find(name)?.now?.idToken;
    sessions.end(name);
    res.redirect(303, idToken ? (await provider.farewell(idToken)).href : home);
  });

  let tokens: LogoutTokens | undefined;
  router.post('/backchannel-logout', express.urlencoded({ extended: false, limit: '16kb' }), async (req, res) => {
    const { jwks_uri } = (await provider.configuration()).serverMetadata();
    tokens ??= logoutTokens(options.issuer, jwks_uri!, options.clientId);
    const ended = await tokens.verify(String(req.body?.logout_token)).catch(() => undefined);
    if (!ended) return res.status(400).json({ error: 'invalid_request' });
    sessions.endAll(ended);
    res.status(200).end();
  });

  const failed: ErrorRequestHandler = async (error, _req, res, next) => {
    if (res.headersSent) return next(error);
    if (error instanceof AuthorizationResponseError) {
      const detail = [error.error, error.error_description].filter(Boolean).join(': ');
      return show(res, 403, 'error', { ...refusal(error.error), detail });
    }
    // Of express: a body that cannot be read.
    if (error.expose) return show(res, error.status, 'error', stale);
    log(error);
    await show(res, 502, 'error', {
      title: 'Stile did not answer as expected',
      text: 'Nothing was changed. Wait a minute, then try again.',
      detail: String(error.message),
    });
  };
  router.use(failed);
  return router;
}

const stale = {
  title: 'This page is no longer open here',
  text: 'It was answered before, or your browser did not keep its cookie. Nothing was changed. Go back to Wiki and start again.',
  detail: undefined,
};

function approve(session: Session): void {
  session.approvedAt = Date.now();
  session.notice = 'approved';
}

/** Browsers hold form-action against the redirects that follow a POST, and ours lead to Stile. */
function headers({ issuer, stylesheet, baseUrl }: WikiOptions): RequestHandler {
  const style = new URL(stylesheet, baseUrl).origin;
  const policy = [
    "default-src 'none'",
    `style-src 'self' ${style}`,
    `form-action 'self' ${new URL(issuer).origin}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return (_req, res, next) => {
    res.set({
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
    });
    next();
  };
}
