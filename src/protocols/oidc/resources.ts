/**
 * Resources (RFC 8707): which client may have tokens for what, deny by default. A client's own declaration and the
 * resource's have to agree. They are read from the catalogue and the configuration, never from metadata that a client
 * could have registered itself.
 */
import type { KoaContextWithOIDC, ResourceServer } from 'oidc-provider';
import type { Assurance } from '../../authentication/assurance.ts';
import type { MayAdminister } from '../../domain/access.ts';
import type { Resource, Wanted } from '../../domain/resource.ts';
import type { Strength } from '../../domain/strength.ts';
import type { Clients } from './clients.ts';
import { errors } from './library.ts';

/** A resource as one client may have it. */
export interface Permitted extends Resource {
  /** What people have to prove before the client gets a token for it. */
  readonly minimum?: Strength;
}

/** A resource a request asks for, with those of its scopes that it asks for and may have. */
export interface Requested extends Pick<Permitted, 'resource' | 'scopes' | 'minimum' | 'acr'> {}

export const adminScope = 'stile:admin';
export const adminResource = (issuer: string): string => `${issuer}/admin/api`;

/** Our own API. Its tokens are opaque: what can administer dies at once with its session, its person's role or its Grant. */
const ownApi = (issuer: string): Resource => ({
  resource: adminResource(issuer),
  name: 'Stile',
  scopes: [adminScope],
  accessToken: 'opaque',
  alg: 'RS256',
  lifetime: 600,
});

export interface ResourcesParts {
  readonly issuer: string;
  readonly declared: readonly Resource[];
  readonly clients: Clients;
  readonly assurance: Pick<Assurance, 'names' | 'mfa'>;
  readonly mayAdminister: MayAdminister;
}

export class Resources {
  readonly #known: ReadonlyMap<string, Permitted>;
  readonly #clients: Clients;
  readonly #mayAdminister: MayAdminister;
  /** The identifier of our own API. */
  readonly admin: string;

  constructor({ issuer, declared, clients, assurance, mayAdminister }: ResourcesParts) {
    this.#clients = clients;
    this.#mayAdminister = mayAdminister;
    this.admin = adminResource(issuer);
    this.#known = new Map([
      ...declared.map((one): [string, Permitted] => {
        const minimum = one.acr === undefined ? undefined : assurance.names.get(one.acr);
        return [one.resource, minimum ? { ...one, minimum } : one];
      }),
      [this.admin, { ...ownApi(issuer), minimum: assurance.mfa }],
    ]);
  }

  /** With the scopes this client may have; undefined when it may not have the resource, or nobody knows it. */
  permitted(identifier: string, clientId: string): Permitted | undefined {
    const resource = this.#known.get(identifier);
    const application = this.#clients.application(clientId);
    const declared = application?.settings.resources as readonly Wanted[] | undefined;
    const wanted = declared?.find((one) => one.resource === identifier);
    if (!resource || !application || !wanted) return undefined;
    if (resource.clients && !resource.clients.includes(application.id)) return undefined;
    return { ...resource, scopes: resource.scopes.filter((one) => wanted.scopes?.includes(one) ?? true) };
  }

  /** For the library; throws `invalid_target`, which tells nobody whether the resource exists. */
  async serverFor(ctx: KoaContextWithOIDC, identifier: string, clientId: string): Promise<ResourceServer> {
    const permitted = this.permitted(identifier, clientId);
    if (!permitted) throw new errors.InvalidTarget('this client may not ask for this resource');
    const machine = ctx.oidc.route === 'token' && ctx.oidc.params?.grant_type === 'client_credentials';
    if (identifier === this.admin && machine && !(await this.#mayAdminister({ application: clientOf(ctx) })))
      throw new errors.InvalidTarget('this client has no role');
    return {
      scope: permitted.scopes.join(' '),
      audience: identifier,
      accessTokenTTL: permitted.lifetime,
      accessTokenFormat: permitted.accessToken,
      jwt: { sign: { alg: permitted.alg } },
    };
  }

  /** What an authorization request asks for; the library has let `serverFor` look at each. */
  requested({ oidc }: KoaContextWithOIDC): Requested[] {
    return this.among(Object.keys(oidc.resourceServers ?? {}), oidc.requestParamScopes, oidc.client!.clientId);
  }

  /** Those of the identifiers that this client may (still) have, each with what of its scopes is asked for. */
  among(identifiers: readonly string[], asked: ReadonlySet<string>, clientId: string): Requested[] {
    return identifiers.flatMap((identifier) => {
      const permitted = this.permitted(identifier, clientId);
      return permitted ? [{ ...permitted, scopes: permitted.scopes.filter((one) => asked.has(one)) }] : [];
    });
  }

  mayAdminister: MayAdminister = (who) => this.#mayAdminister(who);
}

const clientOf = ({ oidc }: KoaContextWithOIDC): string => oidc.client!.application as string;
