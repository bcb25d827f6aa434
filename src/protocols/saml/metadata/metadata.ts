import { hash } from 'node:crypto';
import type { PublishedKey } from '../keys/keys.ts';
import { time } from '../messages/writing.ts';
import { binding, entityAttribute, nameFormat, nameIdFormat, ns } from '../names.ts';
import { attribute, type Canonical, xml } from '../xml/canonical.ts';
import { keyInfo, type Unsigned } from '../xml/signature.ts';

/** By language tag. */
type Localized = Readonly<Record<string, string>>;

/** What an identity provider says about itself. */
export interface Entity {
  readonly entityId: string;
  readonly displayName: Localized;
  readonly description: Localized;
  readonly logo: { readonly url: string; readonly width: number; readonly height: number } | undefined;
  readonly informationUrl: Localized;
  readonly privacyUrl: Localized;
  readonly errorUrl: string | undefined;
  readonly scope: string;
  readonly organization:
    | { readonly name: Localized; readonly displayName: Localized; readonly url: Localized }
    | undefined;
  /** `technical`, `support`, `administrative`, `billing`, `other`, or `security` as REFEDS has it. */
  readonly contacts: readonly { readonly type: string; readonly name?: string | undefined; readonly email: string }[];
  readonly assuranceCertification: readonly string[];
  readonly entityCategorySupport: readonly string[];
  /** Seconds a copy of the metadata may be used. */
  readonly metadataValid: number;
}

/** Our addresses below the issuer. */
export const endpoint = { metadata: '/saml/metadata', signOn: '/saml/sso', logout: '/saml/slo' } as const;

/** What a NameIDPolicy may ask for, as announced. */
export const nameIdFormats: readonly string[] = [
  ...[nameIdFormat.persistent, nameIdFormat.transient],
  ...[nameIdFormat.emailAddress, nameIdFormat.unspecified],
];

/**
 * The EntityDescriptor (saml-metadata-2.0-os section 2.3.2), ready to be signed. `validUntil` in milliseconds since the
 * epoch; the order of `keys` is kept, since the first is all that some service providers take.
 */
export function entityDescriptor(
  entity: Entity,
  { issuer, keys, validUntil }: { issuer: string; keys: readonly PublishedKey[]; validUntil: number },
): Unsigned {
  const rest = xml`${entityAttributes(entity)}<md:IDPSSODescriptor WantAuthnRequestsSigned="false"${attribute('errorURL', entity.errorUrl)} protocolSupportEnumeration="${ns.protocol}"><md:Extensions><shibmd:Scope xmlns:shibmd="${ns.scope}" regexp="false">${entity.scope}</shibmd:Scope>${interfaceOf(entity)}</md:Extensions>${keys.map(keyDescriptor)}${services('SingleLogoutService', issuer + endpoint.logout)}${nameIdFormats.map((format) => xml`<md:NameIDFormat>${format}</md:NameIDFormat>`)}${services('SingleSignOnService', issuer + endpoint.signOn)}</md:IDPSSODescriptor>${organizationOf(entity)}${entity.contacts.map(contact)}</md:EntityDescriptor>`;
  const until = time(validUntil);
  // Another document has another ID; the same one the same, on whichever node it is made.
  const id = `_${hash('sha256', `${until} ${entity.entityId} ${rest}`, 'hex')}`;
  const head = xml`<md:EntityDescriptor xmlns:md="${ns.metadata}" ID="${id}" cacheDuration="PT6H" entityID="${entity.entityId}" validUntil="${until}">`;
  return { id, head, rest };
}

const keyDescriptor = ({ certificate }: PublishedKey): Canonical =>
  xml`<md:KeyDescriptor use="signing">${keyInfo(certificate, true)}</md:KeyDescriptor>`;

const service = {
  SingleSignOnService: (name: string, location: string) =>
    xml`<md:SingleSignOnService Binding="${name}" Location="${location}"></md:SingleSignOnService>`,
  SingleLogoutService: (name: string, location: string) =>
    xml`<md:SingleLogoutService Binding="${name}" Location="${location}"></md:SingleLogoutService>`,
};

/** By either binding at one address. */
const services = (name: keyof typeof service, location: string): Canonical[] =>
  [binding.redirect, binding.post].map((one) => service[name](one, location));

/** A template, once for each language. */
const inLanguages = (texts: Localized, write: (lang: string, text: string) => Canonical): Canonical[] =>
  Object.entries(texts).map(([lang, text]) => write(lang, text));

/** For pages on which people choose where to sign in (saml-metadata-ui section 2.1). */
function interfaceOf({ displayName, description, logo, informationUrl, privacyUrl }: Entity): Canonical {
  const names = inLanguages(
    displayName,
    (lang, text) => xml`<mdui:DisplayName xml:lang="${lang}">${text}</mdui:DisplayName>`,
  );
  const descriptions = inLanguages(
    description,
    (lang, text) => xml`<mdui:Description xml:lang="${lang}">${text}</mdui:Description>`,
  );
  const information = inLanguages(
    informationUrl,
    (lang, url) => xml`<mdui:InformationURL xml:lang="${lang}">${url}</mdui:InformationURL>`,
  );
  const privacy = inLanguages(
    privacyUrl,
    (lang, url) => xml`<mdui:PrivacyStatementURL xml:lang="${lang}">${url}</mdui:PrivacyStatementURL>`,
  );
  const picture =
    logo && xml`<mdui:Logo height="${String(logo.height)}" width="${String(logo.width)}">${logo.url}</mdui:Logo>`;
  return xml`<mdui:UIInfo xmlns:mdui="${ns.ui}">${names}${descriptions}${information}${privacy}${picture}</mdui:UIInfo>`;
}

/** Entity attributes (saml-metadata-attr); nothing where there are none. */
function entityAttributes({ assuranceCertification, entityCategorySupport }: Entity): Canonical | undefined {
  const all = [
    [entityAttribute.assuranceCertification, assuranceCertification],
    [entityAttribute.entityCategorySupport, entityCategorySupport],
  ] as const;
  const said = all.filter(([, values]) => values.length > 0);
  if (said.length === 0) return undefined;
  const attributes = said.map(
    ([name, values]) =>
      xml`<saml:Attribute xmlns:saml="${ns.assertion}" Name="${name}" NameFormat="${nameFormat.uri}">${values.map((value) => xml`<saml:AttributeValue>${value}</saml:AttributeValue>`)}</saml:Attribute>`,
  );
  return xml`<md:Extensions><mdattr:EntityAttributes xmlns:mdattr="${ns.attribute}">${attributes}</mdattr:EntityAttributes></md:Extensions>`;
}

function organizationOf({ organization }: Entity): Canonical | undefined {
  if (!organization) return undefined;
  const names = inLanguages(
    organization.name,
    (lang, text) => xml`<md:OrganizationName xml:lang="${lang}">${text}</md:OrganizationName>`,
  );
  const shown = inLanguages(
    organization.displayName,
    (lang, text) => xml`<md:OrganizationDisplayName xml:lang="${lang}">${text}</md:OrganizationDisplayName>`,
  );
  const addresses = inLanguages(
    organization.url,
    (lang, url) => xml`<md:OrganizationURL xml:lang="${lang}">${url}</md:OrganizationURL>`,
  );
  return xml`<md:Organization>${names}${shown}${addresses}</md:Organization>`;
}

function contact({ type, name, email }: Entity['contacts'][number]): Canonical {
  const given = name === undefined ? undefined : xml`<md:GivenName>${name}</md:GivenName>`;
  const address = xml`<md:EmailAddress>${`mailto:${email}`}</md:EmailAddress>`;
  return type === 'security'
    ? xml`<md:ContactPerson xmlns:remd="${ns.refeds}" contactType="other" remd:contactType="${entityAttribute.securityContact}">${given}${address}</md:ContactPerson>`
    : xml`<md:ContactPerson contactType="${type}">${given}${address}</md:ContactPerson>`;
}
