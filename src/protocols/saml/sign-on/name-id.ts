/** What a person is called towards one service provider (saml-core-2.0-os sections 3.4.1.1 and 8.3). */

import type { User } from '../../../domain/user.ts';
import type { NameIds } from '../../../store/name-ids.ts';
import type { NameId } from '../messages/envelope.ts';
import { newId } from '../messages/writing.ts';
import { nameIdFormat } from '../names.ts';
import type { Party } from '../providers/parties.ts';
import type { AuthnRequest } from './authn-request.ts';
import { released } from './release.ts';

const ours: readonly string[] = [
  nameIdFormat.persistent,
  nameIdFormat.transient,
  nameIdFormat.emailAddress,
  nameIdFormat.unspecified,
];

/**
 * The format of the answer, or undefined when the policy of the request cannot be followed (InvalidNameIDPolicy). What an
 * administrator decided is not for a request to change; where nothing is decided, metadata and request choose.
 */
export function formatFor(policy: AuthnRequest['nameIdPolicy'], party: Party): string | undefined {
  const { options, provider } = party;
  // Names of an affiliation of service providers are names for somebody else.
  if (policy?.spNameQualifier !== undefined && policy.spNameQualifier !== provider.entityId) return undefined;
  const given = ours.filter((format) => maySay(format, party));
  const listed = provider.nameIdFormats.filter((format) => given.includes(format));
  const decided = options.nameId?.format;
  const asked = policy?.format === nameIdFormat.unspecified ? undefined : policy?.format;
  if (asked === undefined)
    return decided ?? listed.find((format) => format !== nameIdFormat.unspecified) ?? nameIdFormat.persistent;
  const allowed = decided ? [decided] : listed.length > 0 ? listed : given;
  return allowed.includes(asked) ? asked : undefined;
}

/** What a name of this format says of a person, as the `from` of a rule; undefined when it says nothing elsewhere. */
export function saidBy(format: string, { nameId }: Party['options']): string | undefined {
  if (nameId?.attribute !== undefined && nameId.format === format) return nameId.attribute;
  if (format === nameIdFormat.emailAddress) return 'email';
  return format === nameIdFormat.unspecified ? 'username' : undefined;
}

/** Why a person has no name of this format, for whoever runs the service provider. */
export function unnamed(format: string, { options }: Party): string {
  const said = saidBy(format, options);
  if (said === 'email') return 'the person has no verified email address';
  return said === undefined ? 'the person has no name yet, and none may be made' : `the person has no ${said}`;
}

/** A third party does not come by a name that says what no attribute may, unless an administrator decided so. */
function maySay(format: string, { application, options }: Party): boolean {
  const said = saidBy(format, options);
  const { nameId, attributes } = options;
  if (!application.thirdParty || said === undefined || nameId?.format === format) return true;
  return nameId === undefined && attributes.some(({ from }) => from === said);
}

/** What names are made from besides the person. */
export interface Naming {
  readonly names: Pick<NameIds, 'find' | 'keep'>;
  /** What the session's earlier answers to this service provider called the person. */
  readonly before: NameId | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The person's name in this format; undefined when there is none and none may be made. */
export async function nameFor(
  user: User,
  format: string,
  party: Party,
  naming: Naming & { create: boolean },
): Promise<NameId | undefined> {
  if (naming.before?.format === format) return naming.before;
  const value = await valueFor(user, format, party, naming);
  if (value === undefined) return undefined;
  return { value, format, ...(format === nameIdFormat.persistent ? { spNameQualifier: party.provider.entityId } : {}) };
}

async function valueFor(
  user: User,
  format: string,
  party: Party,
  { names, create, now }: Naming & { create: boolean },
): Promise<string | undefined> {
  const { options, provider } = party;
  if (options.nameId?.attribute !== undefined && options.nameId.format === format)
    return released(user, options.nameId.attribute)[0];
  switch (format) {
    case nameIdFormat.persistent:
      return create ? names.keep(user.id, provider.entityId, now) : names.find(user.id, provider.entityId);
    case nameIdFormat.transient:
      return newId();
    case nameIdFormat.emailAddress:
      return released(user, 'email')[0];
    default:
      return user.username;
  }
}

/**
 * Whether a request's Subject is this person. Asked of a person who is there, never looked up: a request must not make a
 * page show whose name it is.
 */
export async function isCalled(user: User, subject: NameId, party: Party, naming: Naming): Promise<boolean> {
  const { options, provider } = party;
  if (subject.spNameQualifier !== undefined && subject.spNameQualifier !== provider.entityId) return false;
  const formats = [...ours, ...(options.nameId ? [options.nameId.format] : [])].filter(
    // A guess is answered as well: a name that may not be said may not be confirmed either.
    (format) => (subject.format === undefined || subject.format === format) && maySay(format, party),
  );
  for (const format of formats) {
    const name =
      format === nameIdFormat.transient
        ? naming.before
        : await nameFor(user, format, party, { ...naming, create: false });
    if (name?.format === format && name.value === subject.value) return true;
  }
  return false;
}
