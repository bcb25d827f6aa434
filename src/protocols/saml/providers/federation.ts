import type { Application } from '../../../domain/application.ts';
import { type Aggregate, Lookup, type ReadAggregate } from './aggregate.ts';
import type { Download } from './download.ts';
import { optionsOf, type Settings } from './options.ts';
import { fromFile, fromUrl, keptFile } from './origins.ts';
import type { Party } from './parties.ts';
import { type ProviderRecord, providerOf } from './record.ts';
import { type Clock, type Log, Source } from './source.ts';

/** An aggregate whose service providers may all ask. Exactly one of `url` and `file`. */
export interface DeclaredFederation {
  readonly id: string;
  readonly url?: string;
  /** Absolute path. */
  readonly file?: string;
  /** PEM; one of them has signed. */
  readonly certificates: string;
  readonly thirdParty: boolean;
  readonly groups?: readonly string[];
  /** For all of them: the keys of an application's `saml:`. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface FederationParts {
  readonly folder: string;
  readonly read: ReadAggregate;
  readonly download: Download;
  readonly clock: Clock;
  readonly log: Log;
}

interface Loaded extends Pick<Aggregate['root'], 'validUntil' | 'cacheDuration' | 'creationInstant'> {
  readonly parties: Lookup<Party>;
}

/** Of the largest federations' aggregates, all of the world's universities in one are some 100 MB. */
const MOST_BYTES = 512 * 1024 * 1024;

export class Federation {
  readonly #declared: DeclaredFederation;
  readonly #clock: Clock;
  readonly source: Source<Loaded>;

  constructor(declared: DeclaredFederation, { folder, read, download, clock, log }: FederationParts) {
    const { id, url, file, certificates } = declared;
    const about = { federation: id };
    this.#declared = declared;
    this.#clock = clock;
    this.source = new Source<Loaded>({
      origin: url === undefined ? fromFile(file as string, MOST_BYTES) : fromUrl(url, MOST_BYTES, download),
      about,
      clock,
      log,
      file: keptFile(folder, 'federation', id, url ?? (file as string), certificates),
      read: async (path, signal) => {
        const aggregate = await read({ path, certificates, now: clock.now() }, signal);
        const { root, ids, skipped, reasons } = aggregate;
        log.info({ ...about, serviceProviders: ids.length, skipped, reasons }, 'metadata of a federation was read');
        return { ...root, parties: new Lookup(aggregate, (record) => this.#party(record)) };
      },
    });
  }

  get id(): string {
    return this.#declared.id;
  }

  byEntityId(entityId: string): Party | undefined {
    const party = this.source.current?.parties.find(entityId);
    const { validUntil } = party?.provider ?? {};
    return validUntil === undefined || this.#clock.now() < validUntil ? party : undefined;
  }

  /** Whether this service provider is this federation's, as far as is known: while nothing is known yet, everybody may be. */
  mayKnow(entityId: string): boolean {
    return !this.source.known || this.source.last?.parties.find(entityId) !== undefined;
  }

  #party(record: ProviderRecord): Party {
    const { thirdParty, groups, settings } = this.#declared;
    return {
      application: {
        id: record.entityId,
        name: nameOf(record),
        protocol: 'saml',
        thirdParty,
        ...(groups ? { groups } : {}),
        settings: {},
        disabled: false,
      } satisfies Application,
      provider: providerOf(record),
      // Nobody chose these service providers one by one: they get no attributes unless it is said that they do.
      options: optionsOf(settings as Settings, 'none'),
    };
  }
}

const nameOf = ({ displayNames, entityId }: ProviderRecord): string =>
  displayNames.en ?? Object.values(displayNames)[0] ?? entityId;
