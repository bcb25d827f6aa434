import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { SecretsSealer } from '../domain/sealer.ts';

const ivLength = 12;
const tagLength = 16;

/** Sealed by a secret that was not given, or is given no longer. */
export class NotOurSecret extends Error {
  constructor() {
    super('sealed by a secret that is not ours');
    this.name = 'NotOurSecret';
  }
}

/** 32 bytes for one purpose (cookies, pairwise subjects, ...) from one secret: HKDF-SHA256, RFC 5869. */
export const derive = (secret: string, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `stile ${purpose}`, 32));

/**
 * Seals with the first secret and opens with any: AES-256-GCM, the context as associated data. Output:
 * `<key id>.<base64url(iv, ciphertext, tag)>`, the key id telling the secrets apart without trying them.
 */
export function secretsSealer(secrets: readonly string[]): SecretsSealer {
  const keys = new Map(
    secrets.map((secret) => [derive(secret, 'key id').subarray(0, 6).toString('base64url'), derive(secret, 'sealing')]),
  );
  const [current] = keys;
  if (!current) throw new Error('sealing needs at least one secret');
  const [currentId, currentKey] = current;
  return {
    ids: [...keys.keys()],
    seal(text, context) {
      const iv = randomBytes(ivLength);
      const cipher = createCipheriv('aes-256-gcm', currentKey, iv).setAAD(Buffer.from(context));
      const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${currentId}.${sealed.toString('base64url')}`;
    },
    open(sealed, context) {
      const dot = sealed.indexOf('.');
      const key = keys.get(sealed.slice(0, dot));
      if (!key) throw new NotOurSecret();
      const bytes = Buffer.from(sealed.slice(dot + 1), 'base64url');
      if (bytes.length < ivLength + tagLength) throw new Error('sealed value is cut short');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivLength), { authTagLength: tagLength });
      decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-tagLength));
      return Buffer.concat([decipher.update(bytes.subarray(ivLength, -tagLength)), decipher.final()]).toString('utf8');
    },
  };
}
