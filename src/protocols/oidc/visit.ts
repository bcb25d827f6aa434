import type { AdapterPayload } from 'oidc-provider';
import type { Browser, Walk } from '../../authentication/authentication.ts';
import type { Ask } from '../../domain/ask.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { EndedSession, Session } from '../../domain/session.ts';
import { requestScope } from '../../state/memo.ts';
import type { Allowance } from '../../store/registrations.ts';

/** What one HTTP request has learnt so far: how the library's hooks, called one by one, know of each other. */
export interface Visit {
  readonly browser: Browser;
  /** Our session behind the library's view: the browser's own, or the one a token was issued in. */
  session?: Session;
  /** The session this request ended. */
  ended?: EndedSession;
  /** Names of the clients that the library told in vain. */
  readonly untold: string[];
  /** The sign-in this request comes back from. */
  walk?: Walk;
  /** The scope as the request object or the pushed request has it, before the library makes it less. */
  scope?: string | undefined;
  /** What the initial access token of a registration allows. */
  allowance?: Allowance;
  /** What was asked, once the request was understood. */
  ask?: Ask;
  /** The engine's yes. Until it is there nothing of this request is written into the session. */
  outcome?: Outcome;
  /** The library's Interaction, on its way into a walk. */
  interaction?: AdapterPayload;
  /** Grants changed by this request, by id, until the session is written. */
  readonly grants: Map<string, AdapterPayload>;
  /** Tokens read by this request, by id. */
  readonly tokens: Map<string, AdapterPayload>;
}

/** Hung on the request's memo: every AsyncLocalStorage more is a price on every promise of the process. */
const visits = new WeakMap<object, Visit>();

export function visiting<T>(browser: Browser, run: () => T): T {
  const memo = requestScope.getStore();
  if (!memo) return requestScope.run(new Map(), () => visiting(browser, run));
  visits.set(memo, { browser, grants: new Map(), tokens: new Map(), untold: [] });
  return run();
}

/** Throws outside a request: then nobody is there to be let through. */
export function currentVisit(): Visit {
  const memo = requestScope.getStore();
  const visit = memo && visits.get(memo);
  if (!visit) throw new Error('there is no request');
  return visit;
}
