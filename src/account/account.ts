/**
 * Self-service: what a person sees and changes about their own sign-in. An asker of the engine like any protocol; it owns
 * its pages and nothing else, never touches Kv, and leaves every proof and every registration to the sign-in's own pages.
 */
import type { Request, RequestHandler, Response } from 'express';
import type { Recorder } from '../audit/event.ts';
import type { Asker, Authentication, Browser } from '../authentication/authentication.ts';
import { FRESH_MS } from '../authentication/counted.ts';
import { guarded } from '../authentication/enrolment.ts';
import type { Leaving } from '../authentication/leaving.ts';
import type { Sessions } from '../authentication/sessions.ts';
import type { Application } from '../domain/application.ts';
import type { Ask } from '../domain/ask.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { User } from '../domain/user.ts';
import { ownMfa } from '../policy/strengths.ts';
import type { Consents } from '../store/consents.ts';
import type { Credentials } from '../store/credentials.ts';
import type { Events } from '../store/events.ts';
import type { Users } from '../store/users.ts';
import { type Csrf, sameOrigin } from '../web/csrf.ts';
import { readForm } from '../web/forms.ts';
import { PageError } from '../web/page-error.ts';
import type { Views } from '../web/views.ts';
import { accountApplication } from './application.ts';
import type { AccountSources } from './standing.ts';

export interface AccountParts {
  readonly authentication: Authentication;
  readonly sessions: Sessions;
  readonly leaving: Leaving;
  readonly sources: AccountSources;
  readonly users: Users;
  readonly credentials: Credentials;
  readonly consents: Consents;
  readonly events: Events;
  readonly recorder: Recorder;
  readonly csrf: Csrf;
  readonly views: Views;
  readonly issuer: string;
  readonly now: () => number;
  application(id: string): Application | undefined;
  browserOf(req: Request, res: Response): Browser;
  /**
   * Judges and keeps a new password (methods/password); `why` names the rule it breaks. `leans`: whoever chooses it has shown
   * the mailbox alone, so that it is worth no more.
   */
  choosePassword(user: User, password: string, leans: boolean): Promise<{ ok: true } | { why: string }>;
  /** Ends every token that outlives sessions, whichever application holds it. */
  endTokens(user: string): Promise<void>;
  /** Takes back what an application was given, its tokens included. */
  withdraw(user: string, application: string): Promise<void>;
}

/** The page that says so. */
export const SIGNED_OUT = '/signed-out';

/** Who is signed in here, as a guard found out. */
export interface Visitor {
  readonly outcome: Outcome;
  readonly browser: Browser;
}

/** The ticket of an account walk is the path to come back to. */
export const accountAsker: Asker = {
  name: 'account',
  resume: ({ id, ticket }) => `${ticket}${ticket.includes('?') ? '&' : '?'}walk=${id}`,
  leadsTo: () => [],
};

const asking = (more: Partial<Ask> = {}): Ask => ({
  application: accountApplication.id,
  wants: [],
  choose: false,
  passive: false,
  keeps: true,
  ...more,
});

export const visitorOf = (res: Response): Visitor => res.locals.visitor as Visitor;

/** A GET page for whoever is signed in; anybody else signs in first and comes back. */
export function signedIn(parts: AccountParts): RequestHandler {
  return async (req, res, next) => {
    const browser = parts.browserOf(req, res);
    const walk = typeof req.query.walk === 'string' ? req.query.walk : undefined;
    if (walk) return returned(parts, browser, walk, req, res);
    const evaluation = await parts.authentication.evaluate(browser, asking(), { quiet: true });
    if (evaluation.kind === 'done') {
      res.locals.visitor = { outcome: evaluation.outcome, browser } satisfies Visitor;
      return next();
    }
    // Back from an application that does not answer leads to the page whose button was pressed: on with the others.
    const left = await parts.leaving.onward(browser, undefined, SIGNED_OUT);
    if (left !== SIGNED_OUT) return res.redirect(303, left);
    await walkTo(parts, browser, res, asking(), req.method === 'GET' ? ownAddress(parts, req) : '/account');
  };
}

/** Back from a walk: put it on record, forget it, and show the page under its own address. */
async function returned(
  parts: AccountParts,
  browser: Browser,
  walk: string,
  req: Request,
  res: Response,
): Promise<void> {
  const ended = await parts.authentication.walk(browser, walk, accountAsker.name);
  if (!ended?.end) return res.redirect(303, ended ? `/signin/${walk}` : '/account');
  if ('user' in ended.end) await parts.authentication.evaluate(browser, ended.ask, { walk });
  await parts.authentication.forget(walk);
  const asked = ended.ask.after !== undefined || ended.ask.anew === true;
  // Whoever turned back goes to where they were, not to the page that would ask them again.
  const turnedBack = asked ? '/account/methods' : '/';
  res.redirect(303, 'refusal' in ended.end ? turnedBack : ownAddress(parts, req));
}

/** Where this page is on our own origin, whatever the request line said; without the walk that led here. */
function ownAddress(parts: AccountParts, req: Request): string {
  const { pathname, searchParams } = new URL(req.originalUrl, parts.issuer);
  searchParams.delete('walk');
  return `${pathname}${searchParams.size > 0 ? `?${searchParams}` : ''}`;
}

async function walkTo(parts: AccountParts, browser: Browser, res: Response, ask: Ask, ticket: string): Promise<void> {
  const { path } = await parts.authentication.begin(browser, ask, { asker: accountAsker.name, ticket });
  res.redirect(303, path);
}

/** A token is one session's: a page left open over a sign-out must not act on the account of whoever came after. */
const purposeOf = ({ outcome }: Visitor): string => `account ${outcome.sid}`;

/** A form of the account pages, by whoever is signed in, with its CSRF token. */
export async function postedForm(parts: AccountParts, req: Request, res: Response) {
  const form = await readForm(req);
  const visitor = visitorOf(res);
  if (!sameOrigin(req, parts.issuer)) throw new PageError(403, 'forged');
  if (!parts.csrf.check(visitor.browser.id, purposeOf(visitor), form.csrf)) throw new PageError(403, 'left-open');
  return form;
}

/** The token the account pages' forms carry. */
export const formToken = (parts: AccountParts, visitor: Visitor): string =>
  parts.csrf.token(visitor.browser.bind(), purposeOf(visitor));

/**
 * Before a credential changes: proved within the last five minutes, with two factors by whoever has two (ASVS 7.5.1; a
 * session left open, or a stolen password alone, must not change how its owner signs in), and nothing stands in for one.
 */
export const changing = (guards: boolean, now: number): Ask =>
  asking({
    after: now - FRESH_MS,
    ...(guards ? { wants: [{ anyOf: [ownMfa], essential: true }], unaided: true } : {}),
  });

const guardedIn = async ({ sources }: AccountParts, res: Response): Promise<boolean> =>
  guarded(sources.methods, await sources.credentialsOf(visitorOf(res).outcome.user, undefined));

/** True when the visitor may change credentials now; otherwise the browser is on its way to prove more. */
export async function mayChange(parts: AccountParts, res: Response, back: string): Promise<boolean> {
  return proves(parts, res, changing(await guardedIn(parts, res), parts.now()), back);
}

/** The same for reporting one lost: a first factor is enough, since what is lost cannot be asked for. */
export const mayReport = (parts: AccountParts, res: Response, back: string): Promise<boolean> =>
  proves(parts, res, asking({ anew: true }), back);

async function proves(parts: AccountParts, res: Response, ask: Ask, back: string): Promise<boolean> {
  const { browser } = visitorOf(res);
  const evaluation = await parts.authentication.evaluate(browser, ask, { quiet: true });
  if (evaluation.kind === 'done') return true;
  await walkTo(parts, browser, res, ask, back);
  return false;
}

/** Walks the person through registering a method; what that takes, the walk itself says. */
export async function walkToRegister(parts: AccountParts, res: Response, method: string, back: string): Promise<void> {
  const aided = (await guardedIn(parts, res)) ? { unaided: true as const } : {};
  await walkTo(parts, visitorOf(res).browser, res, asking({ register: method, ...aided }), back);
}
