/**
 * Encrypted assertions (xmlenc-core1): AES in Galois/Counter mode under a key that RSA-OAEP carries. Neither CBC nor
 * PKCS#1 v1.5 is offered: both let an attacker decrypt by asking (padding oracles).
 */
import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto';
import { ns } from '../names.ts';
import type { EncryptionKey } from '../providers/provider.ts';
import { type Canonical, xml } from './canonical.ts';

const aes = {
  256: { name: `${ns.encryption11}aes256-gcm`, cipher: 'aes-256-gcm' },
  128: { name: `${ns.encryption11}aes128-gcm`, cipher: 'aes-128-gcm' },
} as const;

/** RSA-OAEP as every implementation has it, and with SHA-256 throughout for who says so in metadata. */
const oaep = {
  sha1: { name: `${ns.encryption}rsa-oaep-mgf1p`, hash: 'sha1' },
  sha256: { name: `${ns.encryption11}rsa-oaep`, hash: 'sha256' },
} as const;

/** The assertion as an EncryptedAssertion that only the owner of the key opens. */
export function encrypted(assertion: Canonical, { key, methods }: EncryptionKey): Canonical {
  const bits = methods.includes(aes[128].name) && !methods.includes(aes[256].name) ? 128 : 256;
  const transport = methods.includes(oaep.sha256.name) ? oaep.sha256 : oaep.sha1;
  const [secret, iv] = [randomBytes(bits / 8), randomBytes(12)];
  const cipher = createCipheriv(aes[bits].cipher, secret, iv);
  const body = [iv, cipher.update(String(assertion), 'utf8'), cipher.final(), cipher.getAuthTag()];
  const carried = publicEncrypt({ key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: transport.hash }, secret);
  return xml`<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"><xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" Type="http://www.w3.org/2001/04/xmlenc#Element"><xenc:EncryptionMethod Algorithm="${aes[bits].name}"></xenc:EncryptionMethod><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="${transport.name}">${digestOf(transport)}</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>${carried.toString('base64')}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey></ds:KeyInfo><xenc:CipherData><xenc:CipherValue>${Buffer.concat(body).toString('base64')}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedData></saml:EncryptedAssertion>`;
}

/** Node uses one hash for OAEP and its mask, so both are said where the name leaves them open. */
const digestOf = ({ hash }: { hash: string }): Canonical =>
  hash === 'sha1'
    ? xml`<ds:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"></ds:DigestMethod>`
    : xml`<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><xenc11:MGF xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1sha256"></xenc11:MGF>`;
