/** RSA keys of 2048 bits with certificates of their own, for whoever signs in the bench. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { selfSigned } from '../../../src/protocols/saml/keys/certificate.ts';

export interface Certified {
  /** PEM. */
  readonly certificate: string;
  /** PKCS#8, PEM. */
  readonly key: string;
}

const day = 24 * 3600 * 1000;

export function certified(name: string): Certified {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const now = Date.now();
  const der = selfSigned(privateKey, { name, serial: randomBytes(8), from: now - day, until: now + day });
  return {
    certificate: pem('CERTIFICATE', der),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

const pem = (what: string, der: Buffer): string =>
  `-----BEGIN ${what}-----\n${der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END ${what}-----\n`;
