import { readFile } from 'node:fs/promises';
import type { Application } from '../../../domain/application.ts';
import { type Declared, readDeclared, reasonOf } from './declared.ts';
import type { FederationParts } from './federation.ts';
import { type Options, optionsOf, type Settings } from './options.ts';
import { fromUrl, keptFile } from './origins.ts';
import type { Party } from './parties.ts';
import { MetadataError, providerOf } from './record.ts';
import { Source } from './source.ts';
import { checkEnd } from './validity.ts';

/** Where the metadata of an application is: exactly one of `metadata` and `metadata_url`. Stored with its options. */
interface Whereabouts {
  readonly metadata?: string;
  readonly metadata_url?: string;
  /** PEM. */
  readonly signing_cert?: string;
  readonly entity_id?: string;
}

interface Loaded {
  readonly entityId: string;
  readonly validUntil?: number | undefined;
  readonly cacheDuration?: number | undefined;
  readonly provider: Party['provider'];
}

const MOST_BYTES = 4 * 1024 * 1024;

/** One application of the catalogue and what is known of its metadata. */
export class Member {
  readonly application: Application;
  /** Only where it has to be looked for. */
  readonly source: Source<Loaded> | undefined;
  readonly #parts: FederationParts;
  readonly #options: Options;
  readonly #where: Whereabouts;
  readonly #fixed: Loaded | undefined;
  #party: Party | undefined;
  /** Whom the configuration, or the kept copy, is about, ended or not. */
  #told: string | undefined;

  /** `taken` says which application an entityID is known to be. */
  constructor(application: Application, parts: FederationParts, taken: (entityId: string) => string | undefined) {
    this.application = application;
    this.#parts = parts;
    this.#options = optionsOf(application.settings as Settings);
    this.#where = application.settings as Whereabouts;
    const { metadata, metadata_url: url, signing_cert: certificates = '' } = this.#where;
    const { folder, download, clock, log } = parts;
    const about = { application: application.id };
    if (metadata !== undefined) this.#fixed = this.#readFixed(metadata);
    else if (url !== undefined)
      this.source = new Source<Loaded>({
        origin: fromUrl(url, MOST_BYTES, download),
        about,
        clock,
        log,
        file: keptFile(folder, 'application', application.id, url, certificates),
        read: async (path) => {
          const loaded = this.#read(await readFile(path, 'utf8'), path === this.source?.file);
          // A URL that tells of somebody else all of a sudden does not get to speak for them.
          const before = this.source?.last?.entityId ?? this.#told;
          if (before !== undefined && loaded.entityId !== before)
            throw new MetadataError(
              `it is about ${loaded.entityId} now, and was about ${before}: if that is right, say entity_id`,
            );
          const other = taken(loaded.entityId);
          if (other !== undefined && other !== application.id)
            throw new MetadataError(`it is about ${loaded.entityId}, as that of ${other} is: say entity_id`);
          return loaded;
        },
      });
    if (this.#options.acceptSha1 || this.#options.algorithm === 'rsa-sha1')
      log.warn(about, 'SHA-1 is used with this application because its configuration says so: it can be forged');
  }

  /** Whom its configuration says its metadata is about. */
  get fixedId(): string | undefined {
    return this.#where.entity_id ?? (this.source ? undefined : this.#told);
  }

  /** Whom its metadata is about, whether or not that may be used now. */
  get entityId(): string | undefined {
    return this.fixedId ?? this.source?.last?.entityId ?? this.#told;
  }

  /** When its metadata ends, in milliseconds since the epoch; undefined when it does not, or there is none. */
  get ends(): number | undefined {
    return (this.source ? this.source.last : this.#fixed)?.validUntil;
  }

  get party(): Party | undefined {
    const loaded = this.source ? this.source.current : this.#fixed;
    if (!loaded) return undefined;
    if (loaded.validUntil !== undefined && this.#parts.clock.now() >= loaded.validUntil) return undefined;
    if (this.#party?.provider !== loaded.provider)
      this.#party = { application: this.application, provider: loaded.provider, options: this.#options };
    return this.#party;
  }

  /** `own`: no stranger had a say in it today. */
  #read(text: string, own: boolean): Loaded {
    const { signing_cert: certificates, entity_id: entityId } = this.#where;
    const declared: Declared = readDeclared(text, { certificates, entityId, old: this.#options.acceptSha1 });
    if (own) this.#told = declared.record.entityId;
    checkEnd(declared.record, this.#parts.clock.now());
    if (declared.skipped.length > 0)
      this.#parts.log.warn(
        { application: this.application.id, skipped: declared.skipped },
        'parts of its metadata are not used',
      );
    if (this.#options.encrypt === 'always' && declared.record.encryptionKeys.length === 0)
      this.#parts.log.warn(
        { application: this.application.id },
        'its assertions are always encrypted, and its metadata has no key for that: nobody can sign in',
      );
    const { entityId: name, validUntil } = declared.record;
    const { cacheDuration } = declared.root;
    return { entityId: name, validUntil, cacheDuration, provider: providerOf(declared.record) };
  }

  /** The configuration has listed what is wrong before; what another node wrote, or time, may still be. */
  #readFixed(text: string): Loaded | undefined {
    try {
      return this.#read(text, true);
    } catch (error) {
      const why = reasonOf(error);
      if (why === undefined) throw error;
      this.#parts.log.warn(
        { application: this.application.id, why },
        'its metadata cannot be used: nobody signs in to it',
      );
      return undefined;
    }
  }
}
