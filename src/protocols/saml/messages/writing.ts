/** What messages of ours have in common: the other side of envelope.ts. Pure but for the ids. */
import { randomBytes } from 'node:crypto';
import { attribute, type Canonical, xml } from '../xml/canonical.ts';
import type { NameId } from './envelope.ts';
import type { Status } from './status.ts';

/** An xs:ID nobody can guess (saml-core-2.0-os section 1.3.4). */
export const newId = (): string => `_${randomBytes(20).toString('hex')}`;

/** An xs:dateTime in UTC, of milliseconds since the epoch. */
export const time = (at: number): string => new Date(at).toISOString();

/** Inside an element that declares the prefix, or with the declaration. */
export const nameIdElement = (
  { value, format, nameQualifier, spNameQualifier }: NameId,
  declared?: Canonical,
): Canonical =>
  xml`<saml:NameID${declared}${attribute('Format', format)}${attribute('NameQualifier', nameQualifier)}${attribute('SPNameQualifier', spNameQualifier)}>${value}</saml:NameID>`;

export function statusElement({ top, second, message }: Status): Canonical {
  const inner = second === undefined ? undefined : xml`<samlp:StatusCode Value="${second}"></samlp:StatusCode>`;
  const said = message === undefined ? undefined : xml`<samlp:StatusMessage>${message}</samlp:StatusMessage>`;
  return xml`<samlp:Status><samlp:StatusCode Value="${top}">${inner}</samlp:StatusCode>${said}</samlp:Status>`;
}
