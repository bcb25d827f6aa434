import type { AdapterPayload } from 'oidc-provider';
import type { Application } from '../../domain/application.ts';

/** The applications, as the store keeps them in memory. */
export interface Catalogue {
  byId(id: string): Application | undefined;
  all(): readonly Application[];
  /** Looks whether another node has changed something. */
  refresh?(): Promise<unknown>;
}

/** Our additions to RFC 7591; the library hands them back on its Client by these names. */
export const ownMetadata = [
  'application',
  'third_party',
  'acr_values_voluntary',
  'device_phishing_resistant',
  'cors_origins',
  'profile',
];

/** Declared addresses we call or read from. */
const addresses = ['backchannel_logout_uri', 'jwks_uri', 'sector_identifier_uri'] as const;

const setting = (application: Application, name: string) => application.settings[name] as string | undefined;

/** The catalogue's OIDC applications as the library's clients. An application's id and its client_id may differ. */
export class Clients {
  readonly #catalogue: Catalogue;
  /** Application ids by client_id, for those that differ; always checked against the catalogue, which may have moved on. */
  readonly #ids = new Map<string, string>();

  #looking: Promise<unknown> | undefined;

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** The library's name of an application, if it is an OIDC client. */
  clientId(application: string): string | undefined {
    const found = this.#catalogue.byId(application);
    return found?.protocol === 'oidc' && !found.disabled ? (setting(found, 'client_id') ?? found.id) : undefined;
  }

  application(clientId: string): Application | undefined {
    const known = this.#live(this.#catalogue.byId(this.#ids.get(clientId) ?? clientId), clientId);
    if (known) return known;
    const found = this.#catalogue.all().find((one) => this.#live(one, clientId));
    if (found) this.#ids.set(clientId, found.id);
    return found;
  }

  /** Client metadata by RFC 7591 names. */
  metadata(clientId: string): AdapterPayload | undefined {
    const application = this.application(clientId);
    if (!application) return undefined;
    const grants = application.settings.grant_types as readonly string[] | undefined;
    // A machine needs no redirect URI, so it needs not say that it has no response types either.
    const machine = grants !== undefined && !grants.includes('authorization_code');
    return {
      client_name: application.name,
      ...(machine ? { response_types: [], redirect_uris: [] } : {}),
      ...application.settings,
      client_id: clientId,
      application: application.id,
      third_party: application.thirdParty,
    } as AdapterPayload;
  }

  /** As `metadata`; one that is not known yet may have registered at another node a moment ago. */
  async find(clientId: string): Promise<AdapterPayload | undefined> {
    const known = this.metadata(clientId);
    if (known) return known;
    await this.look();
    return this.metadata(clientId);
  }

  /** Reads what other nodes have changed, one look at a time: a look that had begun before may have come too early. */
  async look(): Promise<void> {
    if (this.#looking) await this.#looking;
    this.#looking ??= this.#catalogue.refresh?.().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  /** Whether an administrator declared this very address. */
  declared(url: string): boolean {
    return this.#catalogue.all().some((application) =>
      addresses.some((name) => {
        const address = setting(application, name);
        return (
          !application.disabled && !application.registered && address !== undefined && new URL(address).href === url
        );
      }),
    );
  }

  #live(application: Application | undefined, clientId: string): Application | undefined {
    return application && this.clientId(application.id) === clientId ? application : undefined;
  }
}
