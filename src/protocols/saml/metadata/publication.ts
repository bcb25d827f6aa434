import { hash } from 'node:crypto';
import type { PublishedKey, SamlKeys } from '../keys/keys.ts';
import { signed } from '../xml/signature.ts';
import { type Entity, entityDescriptor } from './metadata.ts';

export interface Published {
  readonly bytes: Buffer;
  /** With its quotes. */
  readonly etag: string;
}

/**
 * Our signed metadata, made anew when the keys change or half of its validity is over. It is dated from whole halves of
 * it, so that all nodes serve the same bytes, and who reads it has at least half before it.
 */
export class Publication {
  readonly #parts: { readonly issuer: string; readonly entity: Entity; readonly keys: SamlKeys };
  /** Milliseconds. */
  readonly #half: number;
  #last: { readonly keys: readonly PublishedKey[]; readonly since: number; readonly made: Published } | undefined;

  constructor(parts: { issuer: string; entity: Entity; keys: SamlKeys }) {
    this.#parts = parts;
    this.#half = parts.entity.metadataValid * 500;
  }

  at(now: number): Published {
    const { issuer, entity, keys } = this.#parts;
    const published = keys.published();
    const since = now - (now % this.#half);
    if (this.#last?.keys !== published || this.#last.since !== since) {
      const unsigned = entityDescriptor(entity, { issuer, keys: published, validUntil: since + 2 * this.#half });
      const bytes = Buffer.from(`${signed(unsigned, keys.signer('rsa-sha256'))}`);
      this.#last = { keys: published, since, made: { bytes, etag: `"${hash('sha256', bytes, 'base64url')}"` } };
    }
    return this.#last.made;
  }
}
