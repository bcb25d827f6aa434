/** What every protocol message carries (saml-core-2.0-os sections 3.2.1 and 3.2.2), and the kinds of value in them. Pure. */
import { nameIdFormat, ns } from '../names.ts';
import { childOf, UnreadableXml, type XmlElement } from '../xml/element.ts';

export interface NameId {
  readonly value: string;
  readonly format?: string;
  readonly nameQualifier?: string;
  readonly spNameQualifier?: string;
}

/** What every request and response carries (section 3.2). */
export interface Envelope {
  readonly id: string;
  /** The entityID of whoever sends it. */
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly destination?: string;
}

export const bad = (why: string): never => {
  throw new UnreadableXml(why);
};

/** Longer values than any specification wants, and shorter than what could hurt. */
const LONGEST = 1024;

/** The common part of a message of this name. Throws UnreadableXml. */
export function readEnvelope(root: XmlElement, name: string): Envelope {
  if (root.ns !== ns.protocol || root.name !== name) bad(`the message is no ${name}`);
  const { ID: id, Version: version, IssueInstant: instant, Destination: destination } = root.attributes;
  if (version !== '2.0') bad('Version is not 2.0');
  if (!id || !/^[A-Za-z_][\w.-]{0,255}$/.test(id)) bad('ID is missing, or no xs:ID we take');
  const issuer = childOf(root, ns.assertion, 'Issuer') ?? bad('Issuer is missing');
  const format = issuer.attributes.Format;
  if (format !== undefined && format !== nameIdFormat.entity) bad('Issuer is no entity');
  const entityId = soleText(issuer, 'Issuer');
  // Nobody's entityID, and a page that says whom it does not know would print it.
  if (/\s/.test(entityId)) bad('Issuer is no entity');
  return {
    id: id as string,
    issuer: entityId,
    issuedAt: instantOf(instant, 'IssueInstant'),
    ...(destination === undefined ? {} : { destination }),
  };
}

/** The text of an element that holds one value. */
export function soleText(element: XmlElement, name: string): string {
  const value = element.text.trim();
  if (element.children.length > 0 || value === '' || value.length > LONGEST) bad(`${name} is empty, or too long`);
  return value;
}

/** Of a NameID. Its text is taken as it is: a name with a space at its end is another name. */
export function nameIdOf(element: XmlElement): NameId {
  const { Format: format, NameQualifier: nameQualifier, SPNameQualifier: spNameQualifier } = element.attributes;
  if (element.children.length > 0 || element.text === '' || element.text.length > LONGEST)
    bad('NameID is empty, or too long');
  return {
    value: element.text,
    ...optional('format', format),
    ...optional('nameQualifier', nameQualifier),
    ...optional('spNameQualifier', spNameQualifier),
  };
}

/** An xs:dateTime in UTC, as SAML demands it (section 1.3.3), in milliseconds since the epoch. */
export function instantOf(text: string | undefined, name: string): number {
  const at = text && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,12})?Z$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? bad(`${name} is no time in UTC`) : at;
}

/** xs:boolean. */
export function truth(text: string | undefined, name: string): boolean {
  if (text !== undefined && !['true', 'false', '1', '0'].includes(text)) bad(`${name} is neither true nor false`);
  return text === 'true' || text === '1';
}

/** xs:unsignedShort and xs:nonNegativeInteger. */
export function index(text: string | undefined): number | undefined {
  if (text !== undefined && !/^\d{1,9}$/.test(text)) bad('an index is no number');
  return text === undefined ? undefined : Number(text);
}

export const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
