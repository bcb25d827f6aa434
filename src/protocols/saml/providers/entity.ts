/** Reading one EntityDescriptor (saml-metadata-2.0-os section 2.3.2) for what we need of a service provider. Pure. */
import { binding, ns } from '../names.ts';
import { childrenOf, type XmlElement } from '../xml/element.ts';
import { readKeys } from './keys.ts';
import type { AttributeService, Endpoint, IndexedEndpoint } from './provider.ts';
import { MetadataError, type ProviderRecord } from './record.ts';
import { earliest, instantOf } from './times.ts';

export interface Terms {
  /** Endpoints have to be https. What an administrator declared himself may be http. */
  readonly https: boolean;
  /** Keys too short for today are taken: see readKeys. */
  readonly old: boolean;
  /** Of whatever stands around the entity, in milliseconds since the epoch. */
  readonly validUntil?: number | undefined;
}

export interface Reading {
  readonly record: ProviderRecord;
  /** What was left out, for the log. */
  readonly skipped: readonly string[];
}

const LONGEST = 1024;
const LONGEST_NAME = 256;

/** Undefined for an entity that is no service provider of SAML 2.0. Throws MetadataError. */
export function readEntity(entity: XmlElement, terms: Terms): Reading | undefined {
  const role = childrenOf(entity, ns.metadata, 'SPSSODescriptor').find(({ attributes }) =>
    (attributes.protocolSupportEnumeration ?? '').split(/\s+/).includes(ns.protocol),
  );
  if (!role) return undefined;
  const entityId = entity.attributes.entityID ?? '';
  if (!/^\S+$/.test(entityId) || entityId.length > LONGEST)
    throw new MetadataError(`entityID is missing, holds spaces or is longer than ${LONGEST} characters`);
  const { skipped, ...keys } = readKeys(role, terms.old);
  const left: string[] = [...skipped];
  const assertionConsumers = indexed(role, 'AssertionConsumerService', terms, left);
  if (assertionConsumers.length === 0) {
    const how = `an absolute ${terms.https ? 'https' : 'http or https'} Location`;
    throw new MetadataError(`there is no AssertionConsumerService for HTTP-POST with ${how}`);
  }
  const validUntil = earliest(
    terms.validUntil,
    instantOf(entity.attributes.validUntil, 'validUntil'),
    instantOf(role.attributes.validUntil, 'validUntil'),
  );
  return {
    record: {
      entityId,
      displayNames: displayNames(role),
      ...(validUntil === undefined ? {} : { validUntil }),
      assertionConsumers,
      logout: endpoints(role, 'SingleLogoutService', [binding.redirect, binding.post], terms, left).map(({ at }) => at),
      ...keys,
      authnRequestsSigned: truth(role.attributes.AuthnRequestsSigned) ?? false,
      nameIdFormats: childrenOf(role, ns.metadata, 'NameIDFormat').map(({ text }) => text.trim()),
      attributeServices: attributeServices(role),
      entityAttributes: entityAttributes(entity),
    },
    skipped: left,
  };
}

function endpoints(role: XmlElement, name: string, bindings: readonly string[], terms: Terms, left: string[]) {
  return childrenOf(role, ns.metadata, name).flatMap((element) => {
    const { Binding = '', Location = '', ResponseLocation } = element.attributes;
    if (!bindings.includes(Binding)) return [];
    const wrong = [Location, ResponseLocation].find((one) => one !== undefined && !isAddress(one, terms.https));
    if (wrong !== undefined) {
      left.push(`${name} at ${JSON.stringify(wrong)} was left out: that is no address we send people to`);
      return [];
    }
    const at: Endpoint = {
      binding: Binding,
      location: Location,
      ...(ResponseLocation === undefined ? {} : { responseLocation: ResponseLocation }),
    };
    return [{ element, at }];
  });
}

/** Absolute, http or https, and without the user name and password that would send a browser somewhere else than it looks. */
function isAddress(location: string, https: boolean): boolean {
  if (!/^https?:\/\/[^\s\\]+$/i.test(location) || location.length > 2 * LONGEST || !URL.canParse(location))
    return false;
  const { protocol, username, password } = new URL(location);
  return username === '' && password === '' && (protocol === 'https:' || !https);
}

function indexed(role: XmlElement, name: string, terms: Terms, left: string[]): IndexedEndpoint[] {
  const found = endpoints(role, name, [binding.post], terms, left);
  const standard = defaultOf(found.map(({ element }) => element));
  return found.map(({ element, at }, i) => ({
    ...at,
    index: indexOf(element) ?? i,
    ...(i === standard ? { isDefault: true } : {}),
  }));
}

/** Section 2.2.3: the first that says it is, else the first that does not say it is not, else the first. */
function defaultOf(elements: readonly XmlElement[]): number {
  const said = elements.map(({ attributes }) => truth(attributes.isDefault));
  if (said.includes(true)) return said.indexOf(true);
  return Math.max(0, said.indexOf(undefined));
}

function attributeServices(role: XmlElement): AttributeService[] {
  return childrenOf(role, ns.metadata, 'AttributeConsumingService').map((service, i) => ({
    index: indexOf(service) ?? i,
    attributes: childrenOf(service, ns.metadata, 'RequestedAttribute').flatMap(
      ({ attributes: { Name } }) => Name || [],
    ),
  }));
}

function displayNames(role: XmlElement): Record<string, string> {
  const names: Record<string, string> = {};
  const info = childrenOf(role, ns.metadata, 'Extensions').flatMap((one) => childrenOf(one, ns.ui, 'UIInfo'));
  for (const { attributes, text } of info.flatMap((one) => childrenOf(one, ns.ui, 'DisplayName'))) {
    const language = attributes['{http://www.w3.org/XML/1998/namespace}lang'] ?? '';
    const name = text.replace(/\s+/g, ' ').trim().slice(0, LONGEST_NAME);
    if (/^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,4}$/.test(language) && name !== '') names[language.toLowerCase()] ??= name;
  }
  return names;
}

/** Of SAML V2.0 Metadata Extension for Entity Attributes: what stands in assertions there has another author. */
function entityAttributes(entity: XmlElement): Record<string, readonly string[]> {
  const values: Record<string, string[]> = Object.create(null);
  const holders = childrenOf(entity, ns.metadata, 'Extensions').flatMap((one) =>
    childrenOf(one, ns.attribute, 'EntityAttributes'),
  );
  for (const attribute of holders.flatMap((one) => childrenOf(one, ns.assertion, 'Attribute'))) {
    const { Name } = attribute.attributes;
    if (!Name) continue;
    values[Name] ??= [];
    values[Name].push(...childrenOf(attribute, ns.assertion, 'AttributeValue').map(({ text }) => text.trim()));
  }
  return values;
}

/** xs:boolean; undefined for what says neither. */
const truth = (text: string | undefined): boolean | undefined => {
  const said = text?.trim();
  if (said === 'true' || said === '1') return true;
  return said === 'false' || said === '0' ? false : undefined;
};

/** xs:unsignedShort. */
function indexOf({ attributes: { index = '' } }: XmlElement): number | undefined {
  return /^\d{1,5}$/.test(index.trim()) ? Number(index) : undefined;
}
