/**
 * The library's Session is a view of ours: compiled from our record when it is read, and of what the library writes only
 * its own part is kept (who takes part with which Grant, and the logout form's secret). It never creates a session, never
 * rotates one and never says who is signed in (house.md, "Whose session?").
 */
import { createHash } from 'node:crypto';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Sessions } from '../../authentication/sessions.ts';
import type { Subjects } from '../../authentication/subjects.ts';
import type { Session } from '../../domain/session.ts';
import type { Kv } from '../../state/kv.ts';
import type { Clients } from './clients.ts';
import type { Grants } from './grants.ts';
import { currentVisit } from './visit.ts';

type Authorization = { sid?: string; grantId?: string; persistsLogout?: boolean };

const asker = 'oidc';
const logoutSeconds = 600;

export class SessionView implements Pick<Adapter, 'find' | 'findByUid' | 'upsert' | 'destroy'> {
  readonly #sessions: Pick<Sessions, 'load' | 'bySid' | 'participate' | 'note' | 'end'>;
  readonly #kv: Kv;
  readonly #clients: Clients;
  readonly #grants: Grants;
  readonly #subjects: Subjects;

  constructor(parts: {
    sessions: Pick<Sessions, 'load' | 'bySid' | 'participate' | 'note' | 'end'>;
    kv: Kv;
    clients: Clients;
    grants: Grants;
    subjects: Subjects;
  }) {
    this.#sessions = parts.sessions;
    this.#kv = parts.kv;
    this.#clients = parts.clients;
    this.#grants = parts.grants;
    this.#subjects = parts.subjects;
  }

  /** `cookie` is our own. One without a dot is the library's anonymous Session, kept for the logout form's secret alone. */
  async find(cookie: string): Promise<AdapterPayload | undefined> {
    if (cookie.includes('.')) return this.#view(await this.#sessions.load(cookie));
    const stored = await this.#kv.read(anonymousKey(cookie));
    return stored && { ...JSON.parse(stored.value), jti: cookie };
  }

  async findByUid(sid: string): Promise<AdapterPayload | undefined> {
    return this.#view(await this.#sessions.bySid(sid));
  }

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    if (!payload.accountId) {
      const { jti: _, ...kept } = payload;
      if (payload.state) await this.#kv.set(anonymousKey(id), JSON.stringify(kept), logoutSeconds);
      return;
    }
    const { session, outcome } = currentVisit();
    if (!session || session.sid !== payload.uid) return;
    const before = this.#authorizations(session);
    const after = (payload.authorizations ?? {}) as Record<string, Authorization>;
    for (const clientId of Object.keys(before)) if (!after[clientId]) await this.#leave(session, clientId);
    if (outcome) {
      for (const clientId of Object.keys(after)) {
        if (this.#differs(before[clientId], after[clientId]!)) await this.#join(session, clientId, after[clientId]!);
      }
    }
    const state = session.notes[asker]?.state;
    if (JSON.stringify(payload.state) !== JSON.stringify(state)) {
      await this.#sessions.note(session.sid, asker, payload.state ? { state: payload.state } : undefined);
    }
  }

  async destroy(sid: string): Promise<void> {
    const ended = await this.#sessions.end(sid, 'rp logout', currentVisit().browser.address);
    if (ended) currentVisit().ended = ended;
  }

  /** `jti` must never be the cookie: the library copies it into what it stores. */
  #view(session: Session | undefined): AdapterPayload | undefined {
    if (!session) return undefined;
    currentVisit().session = session;
    const state = session.notes[asker]?.state;
    return {
      kind: 'Session',
      jti: session.sid,
      uid: session.sid,
      iat: Math.floor(session.startedAt / 1000),
      exp: Math.floor(session.expiresAt / 1000),
      accountId: session.user,
      authorizations: this.#authorizations(session),
      ...(state ? { state } : {}),
    } as AdapterPayload;
  }

  #authorizations(session: Session): Record<string, Authorization> {
    return Object.fromEntries(
      Object.entries(session.participants).flatMap(([application, { note }]) => {
        const clientId = this.#clients.clientId(application);
        if (!clientId) return [];
        const sid = this.#subjects.sid(session.sid, clientId);
        return [[clientId, { sid, grantId: note.g, ...(note.k ? { persistsLogout: true } : {}) } as Authorization]];
      }),
    );
  }

  #differs(before: Authorization | undefined, after: Authorization): boolean {
    return (
      before?.grantId !== after.grantId ||
      !before?.persistsLogout !== !after.persistsLogout ||
      currentVisit().grants.has(after.grantId ?? '')
    );
  }

  async #join(session: Session, clientId: string, { grantId, persistsLogout }: Authorization): Promise<void> {
    const application = this.#clients.application(clientId);
    if (!application || !grantId) return;
    const note = { g: grantId, ...(persistsLogout ? { k: 1 } : {}), ...(await this.#grants.keep(grantId, session)) };
    await this.#sessions.participate(session.sid, application.id, note);
  }

  async #leave(session: Session, clientId: string): Promise<void> {
    const application = this.#clients.application(clientId);
    if (application) await this.#sessions.participate(session.sid, application.id, undefined);
  }
}

const anonymousKey = (cookie: string) => `oa:${createHash('sha256').update(cookie).digest('base64url')}`;
