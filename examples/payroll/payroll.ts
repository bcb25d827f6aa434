/**
 * Payroll: a SAML service provider to copy. It owns its pages, its cookie and its sessions; it asks Stile, over HTTP like
 * anybody, who somebody is and, before a bank account is changed, for more certainty. It must not import anything of Stile's.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { SamlStatusError } from '@node-saml/node-saml';
import ejs from 'ejs';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response, Router } from 'express';
import type { Answer } from './answer.ts';
import { Fleeting } from './fleeting.ts';
import { refusal, signedIn } from './page.ts';
import { Provider, type Registration, type Wish } from './provider.ts';
import { type Session, Sessions } from './sessions.ts';

export interface PayrollOptions extends Registration {
  /** The stylesheet of its pages, as a path or a URL. */
  readonly stylesheet: string;
  /** A link in the bar to where Payroll is one of several things to try. */
  readonly home?: { readonly name: string; readonly href: string };
  /** Is told what went wrong between Payroll and Stile; writes it to stderr when absent. */
  readonly log?: (error: Error) => void;
}

/** Changing a bank account takes two factors: the REFEDS MFA Profile's name for that. */
const mfa = 'https://refeds.org/profile/mfa';

const wishes: Record<NonNullable<Session['pending']>['then'], Wish> = {
  'sign-in': {},
  account: { context: mfa },
};

/** Payroll's pages and endpoints, to be mounted at the path of `baseUrl`. */
export function payroll(options: PayrollOptions): Router {
  const provider = new Provider(options);
  const sessions = new Sessions(options.baseUrl);
  /** What arrived at the assertion consumer and waits for its browser to come with its cookie. */
  const arrived = new Fleeting<Answer | SamlStatusError>(60_000);
  const home = `${options.baseUrl}/`;
  const log = options.log ?? ((error: Error) => console.error('payroll:', error));

  const render = (view: string, data: object) =>
    ejs.renderFile(join(import.meta.dirname, 'views', `${view}.ejs`), data, { cache: true });
  const show = async (res: Response, status: number, view: string, data: object) => {
    const all = { stylesheet: options.stylesheet, home: options.home, base: options.baseUrl, ...data };
    res
      .status(status)
      .type('html')
      .send(await render(view, all));
  };

  /** Sends the browser to Stile, and remembers why. */
  const ask = async (res: Response, session: Session, then: keyof typeof wishes) => {
    const { question, url } = await provider.ask(wishes[then]);
    session.pending = { question, then };
    res.redirect(303, url.href);
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

  router.get('/metadata', async (_req, res) => {
    const { entityId, consumer, logout } = provider;
    const certificate = options.certificate.replace(/-----[^-]+-----|\s/g, '');
    res
      .type('application/samlmetadata+xml')
      .send(await render('metadata', { entityId, consumer, logout, certificate }));
  });

  router.get('/', async (req, res) => {
    const name = sessions.name(req, res);
    const token = sessions.formToken(name);
    const session = sessions.find(name);
    if (session?.now) await show(res, 200, 'payroll', { token, ...signedIn({ ...session, now: session.now }, mfa) });
    else await show(res, 200, 'welcome', { token, notice: session?.notice });
    if (session) session.notice = undefined;
  });

  router.post('/sign-in', ours, async (req: Request, res: Response) => {
    await ask(res, sessions.open(sessions.name(req, res)), 'sign-in');
  });

  router.post('/account', ours, async (req: Request, res: Response) => {
    const session = sessions.open(sessions.name(req, res));
    if (session.now?.context !== mfa) return ask(res, session, 'account');
    change(session);
    res.redirect(303, home);
  });

  // Posted here from Stile's site, so our Lax cookie is not with it. Everything that needs no cookie is checked, and then
  // the browser is sent to fetch the rest with its own GET.
  router.post('/acs', express.urlencoded({ extended: false, limit: '256kb' }), async (req, res) => {
    const answer = await provider.answer(String(req.body?.SAMLResponse)).catch((error: Error) => {
      if (error instanceof SamlStatusError) return error;
      throw error;
    });
    const ticket = randomBytes(32).toString('base64url');
    arrived.keep(ticket, answer);
    res.redirect(303, `${options.baseUrl}/arrived?ticket=${ticket}`);
  });

  router.get('/arrived', async (req, res) => {
    const name = sessions.name(req, res);
    const session = sessions.find(name);
    const pending = session?.pending;
    const answer = arrived.take(String(req.query.ticket));
    if (pending && answer instanceof SamlStatusError) {
      session.pending = undefined;
      return show(res, 403, 'error', refusal(answer.xmlStatus));
    }
    // Reloaded, gone back to, or planted by somebody else: an answer to a question this browser never asked is not taken.
    if (!pending || !answer || answer instanceof SamlStatusError || answer.inResponseTo !== pending.question.id) {
      return session?.now ? res.redirect(303, home) : show(res, 400, 'error', stale);
    }
    session.pending = undefined;
    const { context } = pending.question.wish;
    // An answer is not yet the answer asked for.
    if (context && answer.context !== context) {
      throw new Error(`asked for the context ${context}, was answered with ${answer.context}`);
    }
    const samePerson = session.now === undefined || session.now.name.nameID === answer.name.nameID;
    session.before = samePerson ? session.now : undefined;
    session.now = { ...answer, asked: pending.question.asked };
    session.expiresAt = Math.min(session.expiresAt, answer.endsAt ?? session.expiresAt);
    session.notice = samePerson ? undefined : 'other-person';
    if (!samePerson) session.changedAt = undefined;
    // Whoever proved it must be who pressed the button.
    else if (pending.then === 'account') change(session);
    sessions.rename(name, res);
    res.redirect(303, home);
  });

  router.post('/sign-out', ours, async (req: Request, res: Response) => {
    const name = sessions.name(req, res);
    const now = sessions.find(name)?.now;
    // Here first: whatever becomes of the rest, this session is over.
    sessions.end(name);
    if (!now) return res.redirect(303, home);
    const gone = sessions.open(name);
    const way = await provider.leave(now).catch(log);
    gone.leaving = way?.id;
    gone.notice = 'out-partly';
    if (!way) return res.redirect(303, home);
    await show(res, 200, 'leaving', { href: way.url.href });
  });

  router.get('/logout', async (req, res) => {
    const said = await provider.hear(new URL(req.originalUrl, options.baseUrl).search.slice(1));
    if (said.kind === 'asked') {
      sessions.endAll(said);
      return res.redirect(303, said.answer.href);
    }
    const session = sessions.find(sessions.name(req, res));
    if (session?.leaving !== undefined && session.leaving === said.inResponseTo) {
      session.leaving = undefined;
      session.notice = said.everywhere ? 'out-everywhere' : 'out-partly';
    }
    res.redirect(303, home);
  });

  const failed: ErrorRequestHandler = async (error, _req, res, next) => {
    if (res.headersSent) return next(error);
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
  text: 'It was answered before, or your browser did not keep its cookie. Nothing was changed. Go back to Payroll and start again.',
  detail: undefined,
};

function change(session: Session): void {
  session.changedAt = Date.now();
  session.notice = 'changed';
}

/** Browsers hold form-action against the redirects that follow a POST, and ours lead to Stile. */
function headers({ issuer, stylesheet, baseUrl }: PayrollOptions): RequestHandler {
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
