/**
 * Wiki's own sessions, in memory. The browser holds an unguessable name and nothing else; what Stile said stays here.
 * Wiki on several machines would keep these in its database.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import type { Answer, Question } from './provider.ts';

export interface Session {
  /** Asked and not yet answered, with what to do once it is. */
  pending?: { question: Question; then: 'sign-in' | 'payment' | 'fresh' | 'note' } | undefined;
  /** What Stile said last, and what was asked for then. */
  now?: Answer & { asked: Question['asked'] };
  /** What it had said before that. */
  before?: Answer | undefined;
  /** When a payment was approved, in milliseconds since the epoch. */
  approvedAt?: number;
  /** For Notes, as long as it is good. */
  apiToken?: string | undefined;
  /** Something to say once, on the next page. */
  notice?: 'approved' | 'fresh' | 'noted' | 'other-person' | undefined;
  readonly expiresAt: number;
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
    // Lax, not strict: Stile's answer arrives as a navigation from another site.
    this.#cookie = { path: pathname, secure: protocol === 'https:', httpOnly: true, sameSite: 'lax' };
  }

  /** The name this browser goes by; given one if it has none. */
  name(req: Request, res: Response): string {
    const known = /(?:^|;\s*)wiki=([\w-]{43})(?:;|$)/.exec(req.headers.cookie ?? '')?.[1];
    return known ?? this.#newName(res);
  }

  #newName(res: Response): string {
    const name = randomBytes(32).toString('base64url');
    res.cookie('wiki', name, this.#cookie);
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

  /** Ends what Stile says has ended: one session by its `sid`, or all of a person's. */
  endAll(ended: { sid?: string | undefined; sub?: string | undefined }): void {
    for (const [name, { now }] of this.#all) {
      if (!now) continue;
      const { sid, sub } = now.claims;
      if (ended.sid !== undefined ? sid === ended.sid : sub === ended.sub) this.#all.delete(name);
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
