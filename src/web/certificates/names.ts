/** Names in certificates, compared letter by letter: a name that nearly matches is another name. */
import type { X509Certificate } from 'node:crypto';

/** The names of what RFC 4514 and its users write, by what node prints. */
const spellings: Readonly<Record<string, string>> = {
  E: 'EMAILADDRESS',
  EMAIL: 'EMAILADDRESS',
  '1.2.840.113549.1.9.1': 'EMAILADDRESS',
  S: 'ST',
  STREETADDRESS: 'STREET',
  USERID: 'UID',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'SERIALNUMBER',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.97': 'ORGANIZATIONIDENTIFIER',
};

/** Its relative names in a form that can be compared; undefined for what is no distinguished name (RFC 4514). */
export function distinguishedName(text: string): string[] | undefined {
  return namesOf(split(text, /[,;]/u));
}

export function subjectIs(certificate: X509Certificate, expected: string): boolean {
  // Node prints them one a line in the order of the certificate, which is RFC 4514's from behind.
  const subject = certificate.subject ? namesOf(certificate.subject.split('\n').reverse()) : undefined;
  const wanted = distinguishedName(expected);
  return subject !== undefined && wanted !== undefined && subject.join('\n') === wanted.join('\n');
}

function namesOf(parts: readonly string[]): string[] | undefined {
  const names = parts.map((part) => split(part, /\+/u).map(attribute));
  if (names.some((name) => name.includes(undefined))) return undefined;
  return names.map((name) => name.toSorted().join('+'));
}

function attribute(text: string): string | undefined {
  const [, type = '', written = ''] =
    /^\s*([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)\s*=\s*(.*?)(?<!\\)\s*$/su.exec(text) ?? [];
  // Raw bytes (#04...) would have to be decoded by their type: whoever means a text writes the text.
  if (!type || written === '' || written.startsWith('#')) return undefined;
  const name = type.toUpperCase();
  return `${spellings[name] ?? name}=${JSON.stringify(unescaped(written))}`;
}

/** At separators that are not escaped. */
function split(text: string, separator: RegExp): string[] {
  const parts = [''];
  for (const [piece] of text.matchAll(/\\.|[^\\]/gsu)) {
    if (separator.test(piece) && piece.length === 1) parts.push('');
    else parts[parts.length - 1] += piece;
  }
  return parts;
}

/** Pairs of hexadecimal digits are bytes of UTF-8. */
const unescaped = (text: string): string =>
  text.replace(/(?:\\[0-9A-Fa-f]{2})+|\\(.)/gsu, (found, letter) =>
    letter === undefined ? Buffer.from(found.replaceAll('\\', ''), 'hex').toString('utf8') : letter,
  );

export type AlternativeName = 'DNS' | 'URI' | 'email' | 'IP Address';

/** Whether exactly this name stands among the subject alternative names; wildcards are letters like others. */
export function alsoKnownAs(certificate: X509Certificate, kind: AlternativeName, expected: string): boolean {
  const { subjectAltName = '' } = certificate;
  // Node reads the bytes of an address, however it is written.
  if (kind === 'IP Address') return certificate.checkIP(expected) !== undefined;
  const fold = (name: string) => (kind === 'DNS' ? name.toLowerCase() : name);
  // A value with a comma or a quote in it is printed as JSON, so that it cannot pose as two names.
  const names = subjectAltName.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?=, |$)/gu);
  return [...names].some(([, type, value = '']) => {
    const name = value.startsWith('"') ? (JSON.parse(value) as string) : value;
    return type === kind && fold(name) === fold(expected);
  });
}
