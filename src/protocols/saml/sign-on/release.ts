/** What a service provider is told about a person: its rules applied to what we know. Pure. */
import type { User } from '../../../domain/user.ts';
import { nameFormat } from '../names.ts';
import type { AttributeRule } from '../providers/options.ts';
import type { Party } from '../providers/parties.ts';
import type { ServiceProvider } from '../providers/provider.ts';

export interface Attribute {
  readonly name: string;
  readonly nameFormat: string;
  readonly friendlyName?: string;
  readonly values: readonly string[];
}

/** Identifiers of the SAML subject identifier attributes profile, made by the caller. */
export interface SubjectIds {
  readonly subjectId: string;
  readonly pairwiseId: string;
  /** The user name with our scope (eduPersonPrincipalName). */
  readonly principalName: string;
}

/**
 * What we know of a person by the name of a rule's `from`; empty for what we do not. An address nobody verified is not
 * told: service providers find accounts by it, and SAML has no word for a doubt.
 */
export function released(user: User, from: string, ids?: SubjectIds): readonly string[] {
  switch (from) {
    case 'username':
      return [user.username];
    case 'name':
      return [user.name];
    case 'email':
      return user.email !== undefined && user.emailVerified ? [user.email] : [];
    case 'groups':
      return user.groups;
    case 'subject-id':
      return ids ? [ids.subjectId] : [];
    case 'pairwise-id':
      return ids ? [ids.pairwiseId] : [];
    case 'principal-name':
      return ids ? [ids.principalName] : [];
    default:
      return Object.hasOwn(user.claims, from) ? textsOf(user.claims[from]) : [];
  }
}

/** One value or a list; what is no plain value is not released. */
const textsOf = (claim: unknown): string[] =>
  (Array.isArray(claim) ? claim : [claim]).flatMap((value) =>
    ['string', 'number', 'boolean'].includes(typeof value) ? [String(value)] : [],
  );

/** An AttributeConsumingService was named that metadata does not have. */
export class UnknownAttributeService extends Error {}

/** The rules that apply to a request: all, or those for what the AttributeConsumingService it names asks for. */
export function rulesFor(
  { options, provider, application }: Party,
  index: number | undefined,
): readonly AttributeRule[] {
  const identifiers = identifierRules(provider, application.thirdParty).filter(
    ({ name }) => !options.attributes.some((one) => one.name === name),
  );
  if (index === undefined) return [...options.attributes, ...identifiers];
  const service = provider.attributeServices.find((one) => one.index === index);
  if (!service) throw new UnknownAttributeService(`there is no AttributeConsumingService ${index}`);
  return [...options.attributes.filter(({ name }) => service.attributes.includes(name)), ...identifiers];
}

const identifiers = 'urn:oasis:names:tc:SAML:attribute:';
const requirement = 'urn:oasis:names:tc:SAML:profiles:subject-id:req';

/**
 * The identifier a service provider's metadata says it cannot do without (SAML subject identifier attributes, section 5.1).
 * One that is the same everywhere goes to a third party only by an administrator's rule.
 */
function identifierRules({ entityAttributes }: ServiceProvider, thirdParty: boolean): readonly AttributeRule[] {
  const [wanted] = entityAttributes[requirement] ?? [];
  const from = wanted === 'any' ? 'pairwise-id' : wanted;
  if (from !== 'pairwise-id' && (from !== 'subject-id' || thirdParty)) return [];
  return [{ name: `${identifiers}${from}`, friendlyName: from, nameFormat: nameFormat.uri, from }];
}

/** Attributes without a value are left out. */
export function attributesOf(user: User, rules: readonly AttributeRule[], ids: SubjectIds): readonly Attribute[] {
  return rules.flatMap(({ name, nameFormat, friendlyName, from }) => {
    const values = released(user, from, ids);
    return values.length > 0
      ? [{ name, nameFormat, values, ...(friendlyName === undefined ? {} : { friendlyName }) }]
      : [];
  });
}
