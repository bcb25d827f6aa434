/**
 * The authentication room's door. Protocols, the account pages and the administration ask here and nowhere else. It owns
 * SignIns and Sessions, asks policy, methods and directory, and must not know that OIDC or SAML exist.
 */
import type { Ask } from '../domain/ask.ts';
import type { Outcome } from '../domain/outcome.ts';
import type { RefusalCode } from '../domain/refusal.ts';
import type { EndedSession } from '../domain/session.ts';
import type { User } from '../domain/user.ts';

/** The browser at the other end of one request. Made by web/browser.ts; the only way cookies reach this room. */
export interface Browser {
  /** Unguessable id of this browser, from its own long-lived cookie; written lazily by `bind`. */
  readonly id: string | undefined;
  /** Raw session cookie, `sid.secret`. */
  readonly session: string | undefined;
  readonly address: string;
  readonly agent: string;
  /** Languages the person prefers, best first. */
  readonly languages: readonly string[];
  /** The browser id, made and set as a cookie when there is none yet. */
  bind(): string;
  /** Sets the session cookie; `seconds` keeps it beyond the browser's own session ("stay signed in"). */
  keepSession(cookie: string, seconds?: number): void;
  dropSession(): void;
}

/** Could this browser be let through with no page shown? If not, `refusal` is what a passive Ask gets. */
export type Evaluation =
  | { readonly kind: 'done'; readonly outcome: Outcome }
  | { readonly kind: 'missing'; readonly refusal: RefusalCode };

/** Whoever asked, by name: where the browser goes when a walk has ended. */
export interface Asker {
  readonly name: string;
  /** A path or URL of the asker's own, which then reads `Authentication.walk`. */
  resume(walk: { id: string; ticket: string }): string;
  /** URLs outside ours that the browser may be sent to from there: the pages' form-action has to let them through. */
  leadsTo(walk: { id: string; ticket: string }): readonly string[];
  /** For the application's administrator, when what it asks for cannot be met: the key of a sentence in locales/ on what to change. */
  advice?(walk: { id: string; ticket: string }): string | undefined;
  /**
   * An address of the asker's own from where its applications are told, through the browser, that this session has ended,
   * and which leads to `then` at last; undefined when there is nobody to tell. Without a session: where a way round that
   * this browser broke off goes on.
   */
  farewell?(browser: Browser, ended: EndedSession | undefined, then: string): Promise<string | undefined>;
}

/** A sign-in in progress or just ended, as its asker sees it. */
export interface Walk {
  readonly id: string;
  readonly ask: Ask;
  /** The asker's own note; the engine never looks inside. */
  readonly ticket: string;
  /** Absent while the person is still walking. */
  readonly end?: { readonly user: string } | { readonly refusal: RefusalCode };
}

export interface Authentication {
  /**
   * Reads only, save for the audit record: an Ask that is met is recorded, with the verdict's trace, before this returns.
   * `walk` is the id of the walk that led here. `quiet` leaves no record: for pages of ours that look again at every view.
   */
  evaluate(browser: Browser, ask: Ask, context?: { walk?: string | undefined; quiet?: boolean }): Promise<Evaluation>;
  /** Start walking. An asker that already has an unguessable id for this request may bring it as `id`. */
  begin(browser: Browser, ask: Ask, resume: { asker: string; ticket: string; id?: string }): Promise<{ path: string }>;
  /** The walk of this browser by that id; undefined when it is unknown, expired, another browser's or another asker's. */
  walk(browser: Browser, id: string, asker: string): Promise<Walk | undefined>;
  /** False while a rule keeps this person out of the application, whatever they prove: what was issued before is worth nothing. */
  admits(user: User, application: string): boolean;
  /** Forget a walk that has been answered. */
  forget(id: string): Promise<void>;
}
