/**
 * What an approved device gets. With `offline_access` a Grant of its own that outlives the browser's session, so that
 * taking it from one device takes it from no other. Without, the device joins the session it was approved in, like any
 * other client: its tokens end with that session, and it is told when it ends.
 */
import type { AdapterPayload } from 'oidc-provider';
import type { Sessions } from '../../../authentication/sessions.ts';
import type { Subjects } from '../../../authentication/subjects.ts';
import type { Application } from '../../../domain/application.ts';
import type { Session } from '../../../domain/session.ts';
import type { Params } from '../ask.ts';
import { scopes } from '../claims.ts';
import { type Grants, newGrantId } from '../grants.ts';
import { ttl } from '../lifetimes.ts';
import type { Requested } from '../resources.ts';

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
  readonly resources: readonly Requested[];
}

/** What a Grant holds, by the library's names. */
interface Held {
  readonly openid?: { readonly scope?: string; readonly claims?: readonly string[] };
  readonly resources?: Readonly<Record<string, string>>;
}

/** The part of the device code that names the Grant; undefined when the session has ended meanwhile. */
export async function grantTo(asked: Granting, parts: GrantingParts): Promise<AdapterPayload | undefined> {
  const own = words(asked.params.scope).filter((scope) => scopes.includes(scope));
  const claims = claimsOf(asked.params);
  const resource = asked.resources.map((one) => one.resource);
  const said = {
    scope: [...new Set([...own, ...asked.resources.flatMap((one) => one.scopes)])].join(' '),
    ...(resource.length > 0 ? { resource: resource.length > 1 ? resource : resource[0] } : {}),
  };
  const given: Held = {
    openid: { scope: own.join(' '), claims: [...new Set(Object.values(claims).flatMap(namesIn))] },
    resources: Object.fromEntries(asked.resources.map((one) => [one.resource, one.scopes.join(' ')])),
  };
  if (own.includes('offline_access')) {
    const grantId = newGrantId();
    await parts.grants.upsert(grantId, written(asked, grantId, given, parts.now()));
    await parts.grants.keep(grantId, asked.session);
    return { ...said, grantId, ...(Object.keys(claims).length > 0 ? { claims } : {}) };
  }
  const joined = await joinSession(asked, given, parts);
  // The library names the session in an ID token only when this claim is asked for.
  return joined && { ...said, ...joined, claims: { ...claims, id_token: { ...claims.id_token, sid: null } } };
}

async function joinSession(asked: Granting, given: Held, parts: GrantingParts): Promise<AdapterPayload | undefined> {
  const { session, application, clientId } = asked;
  const note = session.participants[application.id]?.note;
  const before = typeof note?.g === 'string' ? await parts.grants.find(note.g) : undefined;
  const grantId = before ? (note?.g as string) : newGrantId();
  await parts.grants.upsert(grantId, {
    ...before,
    ...written(asked, grantId, wider(before as Held, given), parts.now()),
  });
  const kept = { g: grantId, ...(note?.k ? { k: 1 } : {}), ...(await parts.grants.keep(grantId, session)) };
  if (!(await parts.sessions.participate(session.sid, application.id, kept))) return undefined;
  return {
    grantId,
    sessionUid: session.sid,
    sid: parts.subjects.sid(session.sid, clientId),
    expiresWithSession: true,
  };
}

/** Both together: the session has one Grant for each of its clients. */
function wider(before: Held | undefined, given: Held): Held {
  const names = new Set([...Object.keys(before?.resources ?? {}), ...Object.keys(given.resources ?? {})]);
  return {
    openid: {
      scope: union(before?.openid?.scope, given.openid?.scope),
      claims: [...new Set([...(before?.openid?.claims ?? []), ...(given.openid?.claims ?? [])])],
    },
    resources: Object.fromEntries(
      [...names].map((one) => [one, union(before?.resources?.[one], given.resources?.[one])]),
    ),
  };
}

function written({ session, clientId }: Granting, id: string, held: Held, now: number): AdapterPayload {
  const iat = Math.floor(now / 1000);
  const { openid = {}, resources = {} } = held;
  return {
    kind: 'Grant',
    jti: id,
    iat,
    exp: iat + ttl.Grant,
    clientId,
    accountId: session.user,
    openid: { scope: openid.scope ?? '', ...(openid.claims?.length ? { claims: [...openid.claims] } : {}) },
    ...(Object.keys(resources).length > 0 ? { resources: { ...resources } } : {}),
  };
}

const words = (text: unknown): string[] => (typeof text === 'string' ? text.split(' ').filter(Boolean) : []);
const union = (a: string | undefined, b: string | undefined) => [...new Set([...words(a), ...words(b)])].join(' ');

type Claims = Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
const claimsOf = ({ claims }: Params): Claims => (typeof claims === 'string' ? JSON.parse(claims) : {});
const namesIn = (part: Claims[string]) => Object.keys(part ?? {});
