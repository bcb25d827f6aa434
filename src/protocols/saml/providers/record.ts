import { createPublicKey, type KeyObject } from 'node:crypto';
import type { EncryptionKey, ServiceProvider } from './provider.ts';

/** Metadata that cannot be used, in a sentence an administrator can act on. */
export class MetadataError extends Error {}

/** A service provider as plain JSON: what a worker hands over, and ten thousand of which are kept in memory. */
export interface ProviderRecord extends Omit<ServiceProvider, 'signingKeys' | 'encryptionKeys'> {
  /** SubjectPublicKeyInfo in DER, base64. */
  readonly signingKeys: readonly string[];
  readonly encryptionKeys: readonly { readonly key: string; readonly methods: readonly string[] }[];
}

/** None for what only looked like a key. */
function keyOf(der: string): KeyObject[] {
  try {
    return [createPublicKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'spki' })];
  } catch {
    return [];
  }
}

/** Its keys become keys when first used. */
class Recorded {
  readonly #record: ProviderRecord;
  #signing: readonly KeyObject[] | undefined;
  #encryption: readonly EncryptionKey[] | undefined;

  constructor(record: ProviderRecord) {
    this.#record = record;
    const { signingKeys: _, encryptionKeys: __, ...rest } = record;
    Object.assign(this, rest);
  }

  get signingKeys(): readonly KeyObject[] {
    this.#signing ??= this.#record.signingKeys.flatMap(keyOf);
    return this.#signing;
  }

  get encryptionKeys(): readonly EncryptionKey[] {
    this.#encryption ??= this.#record.encryptionKeys.flatMap(({ key, methods }) =>
      keyOf(key).map((one) => ({ key: one, methods })),
    );
    return this.#encryption;
  }
}

export const providerOf = (record: ProviderRecord): ServiceProvider =>
  new Recorded(record) as unknown as ServiceProvider;
