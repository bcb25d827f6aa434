import { createPublicKey, type KeyObject, sign } from 'node:crypto';

/**
 * Self-signed certificates for signing keys: the wrapping SAML metadata carries keys in. Who reads them takes the key and
 * looks no further (Metadata Interoperability Profile), so this writes the one shape that is needed and reads none.
 */

/** DER: tag, length, content (X.690 sections 8.1 and 10.1). */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const hex = body.length.toString(16);
  const length = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

const sequence = (...content: readonly Buffer[]) => der(0x30, ...content);
const bits = (content: Buffer) => der(0x03, Buffer.from([0]), content);

/** Identifiers in DER, without a table of arcs to get wrong. */
const oid = {
  commonName: der(0x06, Buffer.from('550403', 'hex')),
  basicConstraints: der(0x06, Buffer.from('551d13', 'hex')),
  sha256WithRsa: der(0x06, Buffer.from('2a864886f70d01010b', 'hex')),
  ecdsaWithSha256: der(0x06, Buffer.from('2a8648ce3d040302', 'hex')),
};
const none = der(0x05);
const yes = der(0x01, Buffer.from([0xff]));
const version3 = der(0xa0, der(0x02, Buffer.from([2])));

/** It is nobody's authority. Of key usage it says nothing: without certificate signing it could not be its own issuer. */
const extensions = der(0xa3, sequence(sequence(oid.basicConstraints, yes, der(0x04, sequence()))));

/** UTCTime before 2050, GeneralizedTime from then on (RFC 5280 section 4.1.2.5). */
function time(at: number): Buffer {
  const text = new Date(at).toISOString().replace(/\.\d{3}|[-:T]/g, '');
  return text < '2050' ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
}

/** RFC 5280 section A.1: ub-common-name. */
const LONGEST_NAME = 64;

/**
 * A certificate in DER for an RSA or EC key, signed by itself with SHA-256. `from` and `until` in milliseconds since the
 * epoch; `serial` is random, at most 19 bytes.
 */
export function selfSigned(
  key: KeyObject,
  about: { readonly name: string; readonly serial: Buffer; readonly from: number; readonly until: number },
): Buffer {
  const method = key.asymmetricKeyType === 'rsa' ? sequence(oid.sha256WithRsa, none) : sequence(oid.ecdsaWithSha256);
  const text = der(0x0c, Buffer.from(about.name.slice(0, LONGEST_NAME)));
  const name = sequence(der(0x31, sequence(oid.commonName, text)));
  const toBeSigned = sequence(
    version3,
    // A first byte of its own keeps it positive and without superfluous zeros.
    der(0x02, Buffer.from([0x01]), about.serial),
    method,
    name,
    sequence(time(about.from), time(about.until)),
    name,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    extensions,
  );
  return sequence(toBeSigned, method, bits(sign('sha256', toBeSigned, key)));
}
