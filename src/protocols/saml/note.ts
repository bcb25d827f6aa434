/** What this room keeps in a session about one service provider: what the person is called there. Short, there are many. */

import type { Sessions } from '../../authentication/sessions.ts';
import type { Subjects } from '../../authentication/subjects.ts';
import type { Participation, Session } from '../../domain/session.ts';
import type { NameId } from './messages/envelope.ts';

const noteOf = ({ value, format, spNameQualifier }: NameId): Readonly<Record<string, unknown>> => ({
  n: value,
  f: format,
  ...(spNameQualifier === undefined ? {} : { s: spNameQualifier }),
});

const nameIn = ({ n, f, s }: Participation['note']): NameId | undefined => {
  if (typeof n !== 'string' || typeof f !== 'string') return undefined;
  return { value: n, format: f, ...(typeof s === 'string' ? { spNameQualifier: s } : {}) };
};

/** The name the session's answers to this application gave; undefined while it does not take part, or not by SAML. */
export const noted = (session: Session | undefined, application: string): NameId | undefined =>
  nameIn(session?.participants[application]?.note ?? {});

/** Notes a name, or finds the one of its format that another request was faster to note. Undefined: the session has ended. */
export async function keptName(
  sessions: Pick<Sessions, 'participate'>,
  sid: string,
  application: string,
  nameId: NameId,
): Promise<NameId | undefined> {
  const note = await sessions.participate(sid, application, (kept) =>
    kept && kept.f === nameId.format ? kept : noteOf(nameId),
  );
  return note && nameIn(note);
}

/** The session as this service provider knows it, an xs:ID so that nobody stumbles over it. */
export const sessionIndex = (subjects: Subjects, sid: string, entityId: string): string =>
  `_${subjects.sid(sid, entityId)}`;
