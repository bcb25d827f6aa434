/**
 * Grants: what a client may have of a person. A Grant lies inside the session's note of its application and ends with the
 * session; one with `offline_access` outlives it and lies in SQL. What a request changes is written together with the
 * session, and only after the engine's yes.
 */
import { randomBytes } from 'node:crypto';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Sessions } from '../../authentication/sessions.ts';
import type { Session } from '../../domain/session.ts';
import type { Tokens } from '../../store/tokens.ts';
import type { Clients } from './clients.ts';
import { currentVisit } from './visit.ts';

/** The Grant inside a note: scope, claims, and the scopes of resources by their identifiers. Short names: a hundred thousand of them lie in Redis. */
interface Inline {
  readonly s?: string;
  readonly c?: readonly string[];
  readonly r?: Readonly<Record<string, string>>;
}

/**
 * How random an id is. A Grant's is a name and no secret: nobody outside ever shows one, so it only has to differ from
 * all others, and it lies in every session once for each application.
 */
export const idBits = (model: { kind?: string }): number => (model.kind === 'Grant' ? grantBits : 256);
const grantBits = 96;

/** For a Grant the library does not make. */
export const newGrantId = (): string => randomBytes(grantBits / 8).toString('base64url');

export class Grants implements Pick<Adapter, 'find' | 'upsert' | 'destroy'> {
  readonly #sessions: Pick<Sessions, 'participate'>;
  readonly #clients: Clients;
  readonly #tokens: Pick<Tokens, 'find' | 'upsert' | 'destroyByGrant'>;

  constructor(parts: {
    sessions: Pick<Sessions, 'participate'>;
    clients: Clients;
    tokens: Pick<Tokens, 'find' | 'upsert' | 'destroyByGrant'>;
  }) {
    this.#sessions = parts.sessions;
    this.#clients = parts.clients;
    this.#tokens = parts.tokens;
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const visit = currentVisit();
    const pending = visit.grants.get(id);
    if (pending) return pending;
    const inline = visit.session && this.#inline(visit.session, id);
    return inline ?? ((await this.#tokens.find('Grant', id))?.payload as AdapterPayload | undefined);
  }

  async upsert(id: string, payload: AdapterPayload): Promise<void> {
    currentVisit().grants.set(id, payload);
  }

  /** Writes a Grant this request has changed where it belongs; returns its part of the session's note. */
  async keep(id: string, session: Session): Promise<Inline> {
    const grant = currentVisit().grants.get(id);
    if (!grant) return this.#note(session, id) ?? {};
    currentVisit().grants.delete(id);
    const { scope = '', claims } = (grant.openid ?? {}) as { scope?: string; claims?: string[] };
    if (scope.split(' ').includes('offline_access')) {
      await this.#tokens.upsert(
        'Grant',
        id,
        { ...grant },
        {
          grantId: id,
          user: grant.accountId!,
          client: grant.clientId!,
          sessionUid: session.sid,
          expiresAt: grant.exp! * 1000,
        },
      );
      return {};
    }
    const resources = grant.resources as Record<string, string> | undefined;
    return { s: scope, ...(claims?.length ? { c: claims } : {}), ...(resources ? { r: resources } : {}) };
  }

  /** Whatever was issued on a Grant dies with it: every use of a token reads its Grant. */
  async destroy(id: string): Promise<void> {
    const visit = currentVisit();
    visit.grants.delete(id);
    for (const [application, { note }] of Object.entries(visit.session?.participants ?? {})) {
      if (note.g !== id || note.s === undefined) continue;
      // The application stays a participant, to be told when the session ends.
      await this.#sessions.participate(visit.session!.sid, application, {});
      return;
    }
    await this.#tokens.destroyByGrant(id);
  }

  #note(session: Session, id: string): Inline | undefined {
    const found = Object.values(session.participants).find(({ note }) => note.g === id && note.s !== undefined);
    if (!found) return undefined;
    const { s, c, r } = found.note as Inline;
    return { ...(s === undefined ? {} : { s }), ...(c ? { c } : {}), ...(r ? { r } : {}) };
  }

  #inline(session: Session, id: string): AdapterPayload | undefined {
    const found = Object.entries(session.participants).find(([, { note }]) => note.g === id && note.s !== undefined);
    const clientId = found && this.#clients.clientId(found[0]);
    const inline = this.#note(session, id);
    if (!clientId || !inline) return undefined;
    return {
      kind: 'Grant',
      jti: id,
      clientId,
      accountId: session.user,
      iat: Math.floor(session.startedAt / 1000),
      exp: Math.floor(session.expiresAt / 1000),
      openid: { scope: inline.s, ...(inline.c ? { claims: inline.c } : {}) },
      ...(inline.r ? { resources: { ...inline.r } } : {}),
    } as AdapterPayload;
  }
}
