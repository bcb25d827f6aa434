/** What a validated Response says, and the checks node-saml leaves to whoever uses it. */
import type { Profile } from '@node-saml/node-saml';

export interface Answer {
  /** The ID of the AuthnRequest it answers. */
  readonly inResponseTo: string;
  /** Who it is to Payroll; goes back to Stile in a LogoutRequest as it came. */
  readonly name: Pick<Profile, 'nameID' | 'nameIDFormat' | 'nameQualifier' | 'spNameQualifier' | 'issuer'>;
  readonly sessionIndex?: string;
  /** AuthnContextClassRef: what was proved, as one name. */
  readonly context: string;
  /** AuthnInstant in milliseconds since the epoch: when it was proved. */
  readonly provedAt: number;
  /** SessionNotOnOrAfter in milliseconds since the epoch: Stile wants the session ended by then. */
  readonly endsAt?: number;
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** The assertion, as it was signed. */
  readonly xml: string;
}

/** An element as xml2js gives it, prefixes stripped. */
interface Element {
  readonly $?: Readonly<Record<string, string>>;
  readonly _?: string;
  readonly [child: string]: unknown;
}

const children = (of: Element | undefined, name: string): Element[] => (of?.[name] as Element[] | undefined) ?? [];
const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';

/** Throws when the assertion is from somebody else, for another address, or says nothing about a sign-in. */
export function answerOf(profile: Profile, expected: { issuer: string; recipient: string }): Answer {
  const assertion = profile.getAssertion?.().Assertion as Element | undefined;
  if (profile.issuer !== expected.issuer) throw new Error(`the assertion is from ${profile.issuer}`);
  const confirmed = children(children(assertion, 'Subject')[0], 'SubjectConfirmation').some(
    (one) =>
      one.$?.Method === bearer && children(one, 'SubjectConfirmationData')[0]?.$?.Recipient === expected.recipient,
  );
  if (!confirmed) throw new Error('the assertion is for another address');
  const statement = children(assertion, 'AuthnStatement')[0];
  const context = children(children(statement, 'AuthnContext')[0], 'AuthnContextClassRef')[0]?._?.trim();
  const provedAt = Date.parse(statement?.$?.AuthnInstant ?? '');
  if (!context || Number.isNaN(provedAt)) throw new Error('the assertion says nothing about a sign-in');
  if (!profile.nameID || typeof profile.inResponseTo !== 'string') throw new Error('the assertion names nobody');
  const endsAt = Date.parse(statement?.$?.SessionNotOnOrAfter ?? '');
  const { nameID, nameIDFormat, nameQualifier, spNameQualifier, issuer } = profile;
  return {
    inResponseTo: profile.inResponseTo,
    name: {
      issuer,
      nameID,
      nameIDFormat,
      ...(nameQualifier === undefined ? {} : { nameQualifier }),
      ...(spNameQualifier === undefined ? {} : { spNameQualifier }),
    },
    ...(profile.sessionIndex === undefined ? {} : { sessionIndex: profile.sessionIndex }),
    context,
    provedAt,
    ...(Number.isNaN(endsAt) ? {} : { endsAt }),
    attributes: attributesOf(assertion),
    xml: profile.getAssertionXml?.() ?? '',
  };
}

function attributesOf(assertion: Element | undefined): Record<string, string[]> {
  const attributes: Record<string, string[]> = Object.create(null);
  for (const statement of children(assertion, 'AttributeStatement')) {
    for (const attribute of children(statement, 'Attribute')) {
      const values = children(attribute, 'AttributeValue').map((value) => value._ ?? '');
      attributes[attribute.$?.Name ?? ''] = values;
    }
  }
  return attributes;
}
