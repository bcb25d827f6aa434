/**
 * What an approved device gets. With `offline_access` a Grant of its own that outlives the browser's session, so that
 * taking it from one device takes it from no other. Without, the device joins the session it was approved in, like any
 * other client: its tokens end with that session, and it is told when it ends.
 */
import { randomBytes } from 'node:crypto';
import type { AdapterPayload } from 'oidc-provider';
import type { Sessions } from '../../../authentication/sessions.ts';
import type { Subjects } from '../../../authentication/subjects.ts';
import type { Application } from '../../../domain/application.ts';
import type { Session } from '../../../domain/session.ts';
import type { Params } from '../ask.ts';
import { scopes } from '../claims.ts';
import type { Grants } from '../grants.ts';
import { ttl } from '../lifetimes.ts';

export interface GrantingParts {
  readonly sessions: Pick<Sessions, 'participate'>;
  readonly grants: Pick<Grants, 'find' | 'upsert' | 'keep'>;
  readonly subjects: Subjects;
  readonly now: () => number;
}

interface Granting {
  readonly session: Session;
  readonly application: Application;
  readonly clientId: string;
  readonly params: Params;
}

/** The part of the device code that names the Grant; undefined when the session has ended meanwhile. */
export async function grantTo(asked: Granting, parts: GrantingParts): Promise<AdapterPayload | undefined> {
  const wanted = words(asked.params.scope).filter((scope) => scopes.includes(scope));
  const claims = claimsOf(asked.params);
  const given = { scope: wanted.join(' '), claims };
  return wanted.includes('offline_access') ? lasting(asked, given, parts) : ofSession(asked, given, parts);
}

interface Given {
  readonly scope: string;
  readonly claims: Readonly<Record<string, Record<string, unknown> | undefined>>;
}

async function lasting(asked: Granting, given: Given, parts: GrantingParts): Promise<AdapterPayload> {
  const grantId = newId();
  await parts.grants.upsert(grantId, written(asked, grantId, words(given.scope), namesOf(given), parts.now()));
  await parts.grants.keep(grantId, asked.session);
  return { grantId, scope: given.scope, ...(Object.keys(given.claims).length > 0 ? { claims: given.claims } : {}) };
}

async function ofSession(asked: Granting, given: Given, parts: GrantingParts): Promise<AdapterPayload | undefined> {
  const { session, application, clientId } = asked;
  const note = session.participants[application.id]?.note;
  const before = typeof note?.g === 'string' ? await parts.grants.find(note.g) : undefined;
  const grantId = before ? (note?.g as string) : newId();
  const { scope = '', claims = [] } = (before?.openid ?? {}) as { scope?: string; claims?: string[] };
  const wider = written(
    asked,
    grantId,
    [...new Set([...words(scope), ...words(given.scope)])],
    [...new Set([...claims, ...namesOf(given)])],
    parts.now(),
  );
  await parts.grants.upsert(grantId, { ...before, ...wider });
  const kept = { g: grantId, ...(note?.k ? { k: 1 } : {}), ...(await parts.grants.keep(grantId, session)) };
  if (!(await parts.sessions.participate(session.sid, application.id, kept))) return undefined;
  return {
    grantId,
    scope: given.scope,
    // The library names the session in an ID token only when this claim is asked for.
    claims: { ...given.claims, id_token: { ...given.claims.id_token, sid: null } },
    sessionUid: session.sid,
    sid: parts.subjects.sid(session.sid, clientId),
    expiresWithSession: true,
  };
}

function written(
  { session, clientId }: Granting,
  id: string,
  scope: readonly string[],
  claims: readonly string[],
  now: number,
): AdapterPayload {
  const iat = Math.floor(now / 1000);
  return {
    kind: 'Grant',
    jti: id,
    iat,
    exp: iat + ttl.Grant,
    clientId,
    accountId: session.user,
    openid: { scope: scope.join(' '), ...(claims.length > 0 ? { claims: [...claims] } : {}) },
  };
}

const newId = () => randomBytes(32).toString('base64url');
const words = (text: unknown): string[] => (typeof text === 'string' ? text.split(' ').filter(Boolean) : []);
const namesOf = ({ claims }: Given) => [...new Set(Object.values(claims).flatMap((part) => Object.keys(part ?? {})))];
const claimsOf = ({ claims }: Params): Given['claims'] => (typeof claims === 'string' ? JSON.parse(claims) : {});
