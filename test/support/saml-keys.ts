/** Key pairs with certificates for service providers of the tests: the smallest certificate there is (RFC 5280), written by hand. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface Pair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The private key as PKCS #8 in PEM. */
  readonly pem: string;
  /** The certificate in PEM, and as metadata carries it. */
  readonly certificate: string;
  readonly base64: string;
}

const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
};
const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const commonName = (name: string) => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))));
const utc = (at: Date) => der(0x17, Buffer.from(`${at.toISOString().replace(/\D/g, '').slice(2, 14)}Z`));
const pemOf = (bytes: Buffer) =>
  `-----BEGIN CERTIFICATE-----\n${bytes
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n')}\n-----END CERTIFICATE-----\n`;

const kinds = {
  rsa: {
    make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
    method: sequence(oid('2a864886f70d01010b'), der(0x05)),
  },
  ec: {
    make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    method: sequence(oid('2a8648ce3d040302')),
  },
};

/** A new pair. The certificate has run out unless `expired` is false: metadata is about keys, whatever certificates say. */
export function pair(name: string, kind: keyof typeof kinds = 'rsa', expired = true): Pair {
  const { make, method } = kinds[kind];
  const { privateKey, publicKey } = make();
  const from = Date.now() - (expired ? 2 : 0) * 86_400_000;
  const body = sequence(
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    method,
    commonName(name),
    sequence(utc(new Date(from)), utc(new Date(from + 86_400_000))),
    commonName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const bytes = sequence(body, method, der(0x03, Buffer.from([0]), sign('sha256', body, privateKey)));
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return {
    privateKey: createPrivateKey(pem),
    publicKey,
    pem,
    certificate: pemOf(bytes),
    base64: bytes.toString('base64'),
  };
}

/** The PEM of a certificate as metadata carries it. */
export const certificateOf = (base64: string): string => pemOf(Buffer.from(base64, 'base64'));
