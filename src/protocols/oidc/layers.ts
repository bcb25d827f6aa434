/**
 * The layers around the library, in the order a request passes them: what its own configuration has no word for. Each
 * looks at a few paths, and those that write after it see its answer on the way out.
 */
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { Assurance } from '../../authentication/assurance.ts';
import type { Authentication } from '../../authentication/authentication.ts';
import type { Leaving } from '../../authentication/leaving.ts';
import type { Kv } from '../../state/kv.ts';
import type { Clients } from './clients.ts';
import { sayInterval } from './device/device.ts';
import { type Faults, lastResort, serverError } from './faults.ts';
import { returnEarly } from './interaction-view.ts';
import { sayFarewell } from './logout.ts';
import { pagePolicy } from './page-policy.ts';
import { postAuthorize } from './post-authorize.ts';
import { type ProviderParts, truthfulDiscovery } from './provider.ts';
import { hideOurs } from './registration/registration.ts';
import { introspectRefresh } from './remembered.ts';
import type { Shown } from './requests/certificates.ts';
import { sessionCookie } from './session-cookie.ts';
import { currentVisit } from './visit.ts';

export interface LayersParts {
  readonly issuer: string;
  /** Whether the issuer is reached by https. */
  readonly secure: boolean;
  readonly authentication: Authentication;
  readonly assurance: Assurance;
  readonly leaving: Pick<Leaving, 'onward'>;
  readonly kv: Kv;
  readonly clients: Clients;
  readonly cookieNames: ProviderParts['cookieNames'];
  /** Where certificates of clients come; undefined where they cannot. */
  readonly certificates?: Shown | undefined;
  readonly faults: Faults;
  /** A client that could not be told that a session ended. */
  readonly onUntold: (clientId: string, error: unknown) => void;
}

/** Lays them around a library that was just built. */
export function layer(provider: Provider, parts: LayersParts): void {
  const { issuer, secure, authentication, assurance, kv, clients, cookieNames, faults } = parts;
  provider.use(lastResort(faults));
  provider.use(only(/^\/(auth|session)(\/|$)/, sessionCookie(cookieNames)));
  provider.use(pagePolicy(secure));
  provider.use(only(/^\/(auth|session\/end)$/, postAuthorize(kv, faults)));
  provider.use(only(/^\/session\/end\/confirm$/, sayFarewell(parts.leaving)));
  provider.use(only(/^\/auth\//, returnEarly(authentication)));
  provider.use(only(/^\/device_authorization$/, sayInterval));
  provider.use(only(/^\/token\/introspection$/, introspectRefresh));
  provider.use(only(/^\/reg(\/|$)/, hideOurs(clients)));
  provider.use(only(/^\/\.well-known\//, truthfulDiscovery(assurance, issuer, parts.certificates)));
  provider.on('server_error', (ctx, error) => serverError(ctx, error, faults.onFault));
  // Koa prints what nobody listens to. Its types are older than the library's.
  (provider as unknown as NodeJS.EventEmitter).on('error', (error) => {
    // Whoever hangs up, or speaks no HTTP, in the middle of a request is no fault of ours.
    if (!/^(HPE_|ECONN|EPIPE)/.test((error as NodeJS.ErrnoException).code ?? '')) faults.onFault(error);
  });
  provider.on('backchannel.error', (_ctx, error, client) => {
    currentVisit().untold.push(client.clientName ?? client.clientId);
    parts.onUntold(client.clientId, error);
  });
}

type Layer = (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void>;

/** A layer for a few paths: requests for others pass it without a promise more. */
const only =
  (paths: RegExp, layer: Layer): Layer =>
  (ctx, next) =>
    paths.test(ctx.path) ? layer(ctx, next) : next();
