/**
 * Payroll's own sessions, in memory. The browser holds an unguessable name and nothing else; what Stile said stays here.
 * Payroll on several machines would keep these in its database.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Answer } from './answer.ts';
import type { Question } from './provider.ts';

export interface Session {
  /** Asked and not yet answered, with what to do once it is. */
  pending?: { question: Question; then: 'sign-in' | 'account' } | undefined;
  /** What Stile said last, and what was asked for then. */
  now?: Answer & { asked: string };
  /** What it had said before that. */
  before?: Answer | undefined;
  /** When the bank account was changed, in milliseconds since the epoch. */
  changedAt?: number | undefined;
  /** The LogoutRequest whose answer is awaited. */
  leaving?: string | undefined;
  /** Something to say once, on the next page. */
  notice?: 'changed' | 'other-person' | 'out-everywhere' | 'out-partly' | undefined;
  expiresAt: number;
}

const lifetime = 8 * 60 * 60 * 1000;
/** Anybody may press "Sign in", so the oldest give way before memory does. */
const most = 10_000;

export class Sessions {
  readonly #all = new Map<string, Session>();
  readonly #key = randomBytes(32);
  readonly #cookie: { path: string; secure: boolean; httpOnly: true; sameSite: 'lax' };

  constructor(baseUrl: string) {
    const { pathname, protocol } = new URL(baseUrl);
    // Lax: it comes along when Stile sends the browser back by a link, and not when a form is posted here from elsewhere.
    this.#cookie = { path: pathname, secure: protocol === 'https:', httpOnly: true, sameSite: 'lax' };
  }

  /** The name this browser goes by; given one if it has none. */
  name(req: Request, res: Response): string {
    const known = /(?:^|;\s*)payroll=([\w-]{43})(?:;|$)/.exec(req.headers.cookie ?? '')?.[1];
    return known ?? this.#newName(res);
  }

  #newName(res: Response): string {
    const name = randomBytes(32).toString('base64url');
    res.cookie('payroll', name, this.#cookie);
    return name;
  }

  find(name: string): Session | undefined {
    const session = this.#all.get(name);
    if (!session || session.expiresAt > Date.now()) return session;
    this.#all.delete(name);
    return undefined;
  }

  /** The session of that name, begun if there is none. */
  open(name: string): Session {
    const known = this.find(name);
    if (known) return known;
    if (this.#all.size >= most) this.#all.delete(this.#all.keys().next().value!);
    const session: Session = { expiresAt: Date.now() + lifetime };
    this.#all.set(name, session);
    return session;
  }

  /** Moves a session to a new name, so that a name planted before the sign-in opens nothing after it. */
  rename(from: string, res: Response): void {
    const session = this.open(from);
    this.#all.delete(from);
    this.#all.set(this.#newName(res), session);
  }

  end(name: string): void {
    this.#all.delete(name);
  }

  /** Ends what Stile says has ended: one session by its SessionIndex, or all of a person's. No cookie is needed. */
  endAll(ended: { nameId: string; sessionIndex?: string }): void {
    for (const [name, { now }] of this.#all) {
      if (now?.name.nameID !== ended.nameId) continue;
      if (ended.sessionIndex === undefined || now.sessionIndex === ended.sessionIndex) this.#all.delete(name);
    }
  }

  /** Goes into every form, so that no other site can send one in this browser's name. */
  formToken(name: string): string {
    return createHmac('sha256', this.#key).update(name).digest('base64url');
  }

  isFormToken(name: string, token: unknown): boolean {
    const [expected, given] = [Buffer.from(this.formToken(name)), Buffer.from(String(token))];
    return expected.length === given.length && timingSafeEqual(expected, given);
  }
}
