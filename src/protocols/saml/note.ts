/** What this room keeps in a session about one service provider: what the person is called there. Short, there are many. */

import type { Subjects } from '../../authentication/subjects.ts';
import type { Session } from '../../domain/session.ts';
import type { NameId } from './envelope.ts';

export const noteOf = ({ value, format, spNameQualifier }: NameId): Readonly<Record<string, unknown>> => ({
  n: value,
  f: format,
  ...(spNameQualifier === undefined ? {} : { s: spNameQualifier }),
});

/** The name the session's answers to this application gave; undefined while it does not take part, or not by SAML. */
export function noted(session: Session | undefined, application: string): NameId | undefined {
  const { n, f, s } = session?.participants[application]?.note ?? {};
  if (typeof n !== 'string' || typeof f !== 'string') return undefined;
  return { value: n, format: f, ...(typeof s === 'string' ? { spNameQualifier: s } : {}) };
}

/** The session as this service provider knows it, an xs:ID so that nobody stumbles over it. */
export const sessionIndex = (subjects: Subjects, sid: string, entityId: string): string =>
  `_${subjects.sid(sid, entityId)}`;
