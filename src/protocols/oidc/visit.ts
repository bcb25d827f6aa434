import { AsyncLocalStorage } from 'node:async_hooks';
import type { AdapterPayload } from 'oidc-provider';
import type { Browser, Walk } from '../../authentication/authentication.ts';
import type { Ask } from '../../domain/ask.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { Session } from '../../domain/session.ts';

/** What one HTTP request has learnt so far: how the library's hooks, called one by one, know of each other. */
export interface Visit {
  readonly browser: Browser;
  /** Our session behind the library's view: the browser's own, or the one a token was issued in. */
  session?: Session;
  /** The sign-in this request comes back from. */
  walk?: Walk;
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

const visits = new AsyncLocalStorage<Visit>();

export const visiting = <T>(browser: Browser, run: () => T): T =>
  visits.run({ browser, grants: new Map(), tokens: new Map() }, run);

/** Throws outside a request: then nobody is there to be let through. */
export function currentVisit(): Visit {
  const visit = visits.getStore();
  if (!visit) throw new Error('there is no request');
  return visit;
}
