/**
 * Sessions: one record per browser in Kv under `s:<sid>`, an index of a user's sessions under `su:<user>`. The cookie is
 * `sid.secret`; only the secret's hash is stored, so whoever reads the store cannot become anybody. The secret rotates
 * whenever something is proved while the `sid` stays, and the old secret keeps answering for ten seconds with the
 * evidence as it was, so that parallel tabs survive. Sign-out has one door: `end`.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Evidence } from '../domain/evidence.ts';
import type { EndedSession, Participation, Session } from '../domain/session.ts';
import type { StandIn } from '../domain/stand-in.ts';
import type { Kv } from '../state/kv.ts';
import type { SessionEnd } from './session-end.ts';
import { append, pack, type Stored, toSession } from './stored-session.ts';

/** Lifetimes in seconds: of a session nobody uses, and of any session; the second pair after "stay signed in". */
export interface Lifetimes {
  readonly idle: number;
  readonly absolute: number;
  readonly stay: number;
}

type Note = Participation['note'];

/** Resolves to the names of those who could not be told. */
type Ended = (session: Session, reason: SessionEnd, address?: string) => Promise<readonly string[]>;

const GRACE_MS = 10_000;

const digest = (secret: string) => createHash('sha256').update(secret).digest('base64url');
const secretOf = (cookie: string) => cookie.slice(cookie.indexOf('.') + 1);
const random = () => randomBytes(18).toString('base64url');
const sameHash = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

export class Sessions {
  readonly #kv: Kv;
  readonly #lifetimes: Lifetimes;
  readonly #now: () => number;
  readonly #listeners: Ended[] = [];

  constructor(kv: Kv, lifetimes: Lifetimes, now: () => number = Date.now) {
    this.#kv = kv;
    this.#lifetimes = lifetimes;
    this.#now = now;
  }

  /** Where a session lies in Kv, for whoever reads it together with something else. Accepts a sid or a cookie. */
  key(handle: string): string {
    return `s:${handle.split('.', 1)[0]}`;
  }

  /** The session this cookie opens; cut, forged, expired and ended ones open nothing. */
  async load(cookie: string | undefined): Promise<Session | undefined> {
    const [sid, secret, rest] = cookie?.split('.') ?? [];
    if (!sid || !secret || rest !== undefined) return undefined;
    const stored = await this.#read(sid);
    if (!stored) return undefined;
    const hash = digest(secret);
    if (sameHash(stored.h, hash)) return toSession(sid, stored);
    const old = stored.p;
    return old && sameHash(old.h, hash) && old.t > this.#now()
      ? toSession(sid, stored, stored.e.slice(0, old.n))
      : undefined;
  }

  async bySid(sid: string): Promise<Session | undefined> {
    const stored = await this.#read(sid);
    return stored && toSession(sid, stored);
  }

  /** All live sessions of a user, newest first. */
  async ofUser(user: string): Promise<Session[]> {
    const sids = await this.#kv.members(`su:${user}`);
    const entries = await this.#kv.readMany(sids.map((sid) => this.key(sid)));
    const live = entries.flatMap((entry, i) => (entry ? [toSession(sids[i]!, JSON.parse(entry.value))] : []));
    return live.filter((session) => session.expiresAt > this.#now()).sort((a, b) => b.startedAt - a.startedAt);
  }

  /**
   * Adds what a walk proved to the session this cookie opens: the same person keeps the sid and gets a new secret; anybody
   * else gets a new session and the old one ends. `cookie` is absent from the answer when the browser keeps the one it
   * has: nothing was proved, a parallel tab was faster, or the session has ended meanwhile, which nothing revives.
   */
  async join(
    cookie: string | undefined,
    walk: { user: string; shown: readonly (Evidence | StandIn)[]; stay: boolean; agent: string; address: string },
  ): Promise<{ sid: string; cookie?: string; seconds?: number; started: boolean }> {
    const current = await this.load(cookie);
    if (current?.user === walk.user) return this.#add(current.sid, digest(secretOf(cookie as string)), walk);
    if (current) await this.end(current.sid, 'user changed', walk.address);
    if (!walk.shown.some((one) => 'class' in one)) throw new Error('a session cannot start without evidence');
    return this.#start(walk);
  }

  /** Lengthens a session in use, at most once in half its idle life. */
  async touch(session: Session): Promise<void> {
    const idle = session.stay ? this.#lifetimes.stay : this.#lifetimes.idle;
    if (session.expiresAt - this.#now() > (idle * 1000) / 2) return;
    if (this.#expiry(session.startedAt, session.stay) <= session.expiresAt) return;
    await this.#change(session.sid, (stored) => ({ ...stored, x: this.#expiry(stored.s, stored.y === 1) }));
  }

  /** The latest a session can end, however much it is used (milliseconds since the epoch). */
  latestEnd({ startedAt, stay }: Session): number {
    return startedAt + (stay ? this.#lifetimes.stay : this.#lifetimes.absolute) * 1000;
  }

  /**
   * Sets or (with `undefined`) removes what an application keeps in the session, or makes it of what is kept there by then.
   * What it keeps now; undefined when that is nothing, or the session has ended.
   */
  async participate(
    sid: string,
    application: string,
    note: Note | undefined | ((kept: Note | undefined) => Note),
  ): Promise<Note | undefined> {
    const changed = await this.#change(sid, (stored) => {
      const { [application]: kept, ...others } = stored.w;
      const next = typeof note === 'function' ? note(kept) : note;
      return { ...stored, w: next ? { ...others, [application]: next } : others };
    });
    return changed?.w[application];
  }

  /** Sets or removes what an asker keeps about the session itself. */
  async note(sid: string, asker: string, value: Record<string, unknown> | undefined): Promise<boolean> {
    const changed = await this.#change(sid, (stored) => {
      const { [asker]: _, ...others } = stored.n ?? {};
      return { ...stored, n: value ? { ...others, [asker]: value } : others };
    });
    return changed !== undefined;
  }

  /** Tells every asker that takes part when a session ends, whatever ended it. */
  onEnd(listener: Ended): void {
    this.#listeners.push(listener);
  }

  /**
   * The one door out, from `address` where a person asked for it. Of several callers one tells, and gets the session as it
   * was; what ended stays ended.
   */
  async end(sid: string, reason: SessionEnd, address?: string): Promise<EndedSession | undefined> {
    const value = await this.#kv.take(this.key(sid));
    if (!value) return undefined;
    const session = toSession(sid, JSON.parse(value));
    await this.#kv.leave(`su:${session.user}`, sid);
    const untold: string[] = [];
    for (const tell of this.#listeners) untold.push(...(await tell(session, reason, address)));
    return { ...session, untold };
  }

  /** Ends a user's sessions, or those of them that `which` names. */
  async endAll(
    user: string,
    reason: SessionEnd,
    { which = () => true, address }: { which?: (session: Session) => boolean; address?: string } = {},
  ): Promise<void> {
    for (const session of await this.ofUser(user)) {
      if (which(session)) await this.end(session.sid, reason, address);
    }
  }

  async #start(walk: Parameters<Sessions['join']>[1]) {
    const [sid, secret, now] = [random(), random(), this.#now()];
    const stored: Stored = {
      u: walk.user,
      h: digest(secret),
      e: walk.shown.map(pack),
      s: now,
      x: this.#expiry(now, walk.stay),
      ...(walk.stay ? { y: 1 as const } : {}),
      g: walk.agent,
      a: walk.address,
      w: {},
    };
    const ttl = this.#ttl(stored);
    await Promise.all([
      this.#kv.set(this.key(sid), JSON.stringify(stored), ttl),
      this.#kv.join(`su:${walk.user}`, sid, ttl),
    ]);
    return { sid, cookie: `${sid}.${secret}`, ...this.#cookieLife(stored), started: true };
  }

  /** `opened` is the hash of the secret the walk's browser came with. */
  async #add(sid: string, opened: string, walk: Parameters<Sessions['join']>[1]) {
    if (walk.shown.length === 0) return { sid, started: false };
    const secret = random();
    let rotated = false;
    const kept = await this.#change(sid, (stored) => {
      // An old secret must never buy the new one: whoever stole it would come by all that was proved since.
      rotated = sameHash(stored.h, opened);
      return rotated ? this.#rotate(stored, secret, walk) : append(stored, walk.shown);
    });
    return kept && rotated
      ? { sid, cookie: `${sid}.${secret}`, ...this.#cookieLife(kept), started: false }
      : { sid, started: false };
  }

  #rotate(stored: Stored, secret: string, walk: Parameters<Sessions['join']>[1]): Stored {
    const stay = walk.stay || stored.y === 1;
    const before = { ...stored, p: { h: stored.h, t: this.#now() + GRACE_MS, n: stored.e.length } };
    return {
      ...append(before, walk.shown),
      h: digest(secret),
      x: this.#expiry(stored.s, stay),
      ...(stay ? { y: 1 as const } : {}),
    };
  }

  #expiry(startedAt: number, stay: boolean): number {
    const { idle, absolute, stay: long } = this.#lifetimes;
    return stay ? startedAt + long * 1000 : Math.min(startedAt + absolute * 1000, this.#now() + idle * 1000);
  }

  #cookieLife = (stored: Stored) => (stored.y ? { seconds: this.#ttl(stored) } : {});

  #ttl = (stored: Stored): number => Math.max(1, Math.ceil((stored.x - this.#now()) / 1000));

  async #read(sid: string): Promise<Stored | undefined> {
    const entry = await this.#kv.read(this.key(sid));
    return entry && this.#alive(JSON.parse(entry.value));
  }

  #alive = (stored: Stored): Stored | undefined => (stored.x > this.#now() ? stored : undefined);

  /** Compare and swap until it holds; never creates, so that a late change cannot revive an ended session. */
  async #change(sid: string, change: (stored: Stored) => Stored): Promise<Stored | undefined> {
    for (;;) {
      const entry = await this.#kv.read(this.key(sid));
      const stored = entry && this.#alive(JSON.parse(entry.value));
      if (!stored) return undefined;
      const next = change(stored);
      const ttl = this.#ttl(next);
      if (!(await this.#kv.swap(this.key(sid), entry.version, JSON.stringify(next), ttl))) continue;
      // Or the index would forget a session that lives on, and changing the password would not end it.
      if (next.x > stored.x) await this.#kv.join(`su:${next.u}`, sid, ttl);
      return next;
    }
  }
}
