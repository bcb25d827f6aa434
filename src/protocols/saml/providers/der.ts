/**
 * Finding the key in a certificate without asking OpenSSL, which takes a third of a millisecond for each: a federation's
 * aggregate has tens of thousands (X.690; RFC 5280 section 4.1, RFC 3279 section 2.3, RFC 5480). The key is parsed in
 * earnest when it is first used.
 */

interface Part {
  readonly tag: number;
  /** Of the whole, of what is in it, and just behind it. */
  readonly start: number;
  readonly from: number;
  readonly end: number;
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BITS = 0x03;
const OID = 0x06;
const VERSION = 0xa0;

/** What lies at a place. Throws when that is not DER, or goes beyond `limit`. */
function partAt(bytes: Uint8Array, start: number, limit: number, tag?: number): Part {
  let from = start + 2;
  let length = bytes[start + 1] ?? 0;
  if (length > 0x80) {
    const count = length - 0x80;
    if (count > 3) throw new Error('it is too long');
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (bytes[from++] ?? 0);
  } else if (length === 0x80) throw new Error('it is not DER');
  const part = { tag: bytes[start] ?? -1, start, from, end: from + length };
  if (part.end > limit || (tag !== undefined && part.tag !== tag))
    throw new Error('it is not DER of what it should be');
  return part;
}

/** The SubjectPublicKeyInfo of a certificate, DER. Throws for what is no certificate. */
export function keyIn(certificate: Uint8Array): Uint8Array {
  const whole = partAt(certificate, 0, certificate.length, SEQUENCE);
  const signed = partAt(certificate, whole.from, whole.end, SEQUENCE);
  let next = partAt(certificate, signed.from, signed.end);
  if (next.tag === VERSION) next = partAt(certificate, next.end, signed.end);
  // Behind the serial number: signature, issuer, validity, subject.
  for (let i = 0; i < 4; i++) next = partAt(certificate, next.end, signed.end, SEQUENCE);
  const key = partAt(certificate, next.end, signed.end, SEQUENCE);
  return certificate.subarray(key.start, key.end);
}

export type KeyKind = { readonly type: 'rsa'; readonly bits: number } | { readonly type: 'ec' };

const rsa = '2a864886f70d010101';
const ec = '2a8648ce3d0201';
/** P-256, P-384 and P-521. */
const curves = ['2a8648ce3d030107', '2b81040022', '2b81040023'];

const isEven = (byte = 0) => byte % 2 === 0;

/** What kind of key a SubjectPublicKeyInfo holds. Throws for those we have no use for. */
export function kindOf(key: Uint8Array): KeyKind {
  const whole = partAt(key, 0, key.length, SEQUENCE);
  const algorithm = partAt(key, whole.from, whole.end, SEQUENCE);
  const oid = partAt(key, algorithm.from, algorithm.end, OID);
  const bits = partAt(key, algorithm.end, whole.end, BITS);
  const name = (part: Part) => Buffer.from(key.subarray(part.from, part.end)).toString('hex');
  if (name(oid) === ec) {
    if (!curves.includes(name(partAt(key, oid.end, algorithm.end, OID)))) throw new Error('its curve is not taken');
    return { type: 'ec' };
  }
  if (name(oid) !== rsa) throw new Error('it is neither RSA nor EC');
  // One byte says how many bits are unused: none.
  const numbers = partAt(key, bits.from + 1, bits.end, SEQUENCE);
  const modulus = partAt(key, numbers.from, numbers.end, INTEGER);
  const exponent = partAt(key, modulus.end, numbers.end, INTEGER);
  let first = modulus.from;
  while (first < modulus.end && key[first] === 0) first += 1;
  if (first === modulus.end) throw new Error('its modulus is zero');
  // OpenSSL takes them as keys and fails when they are used; with 1 whatever is encrypted is as good as plain.
  const value = BigInt(`0x${name(exponent) || 0}`);
  if (isEven(key[modulus.end - 1]) || value % 2n === 0n || value < 3n || value >= 2n ** 64n)
    throw new Error('its numbers are none of an RSA key');
  return { type: 'rsa', bits: (modulus.end - first) * 8 - (Math.clz32(key[first] as number) - 24) };
}
