/** The library, configured: everything it stores, shows, calls or decides goes through this room's own parts. */
import type { Adapter, Client, Configuration, KoaContextWithOIDC, Provider as LibraryProvider } from 'oidc-provider';
import type { Assurance } from '../../authentication/assurance.ts';
import { adapterOf } from './adapter.ts';
import { type Checking, signInPolicy } from './checks.ts';
import { accountOf, claimsByScope, type People, scopes } from './claims.ts';
import { type Clients, ownMetadata } from './clients.ts';
import { grantFor, restoreOfflineAccess } from './consented.ts';
import { corsAllowed } from './cors.ts';
import type { Device } from './device/device.ts';
import { errorPage, type Faults } from './faults.ts';
import { idBits } from './grants.ts';
import { onlyIdTokens } from './hints.ts';
import { walkPath } from './interaction-view.ts';
import { Provider } from './library.ts';
import { type LibraryKey, signingElsewhere } from './library-keys.ts';
import { ttl } from './lifetimes.ts';
import { signedOutPage, signOutPage } from './logout.ts';
import { outgoing } from './outgoing.ts';
import { waitingParameter } from './post-authorize.ts';
import { type judge, policy } from './registration/registration.ts';
import { signInOf } from './remembered.ts';
import { type Once, onceEach } from './replay.ts';
import { algorithms } from './requests/algorithms.ts';
import { aliases, believeIssuer, certificateFeature, certificateMethods, type Shown } from './requests/certificates.ts';
import type { inspectObject } from './requests/objects.ts';
import { inspectAssertion, isStrict, profileOf } from './requests/profile.ts';
import { nameSuccessors, type Successor } from './successor.ts';

export interface ProviderParts extends Checking {
  readonly issuer: string;
  readonly keys: readonly LibraryKey[];
  readonly cookieKeys: readonly string[];
  readonly cookieNames: { readonly session: string; readonly interaction: string; readonly resume: string };
  readonly shelves: Readonly<Record<string, Partial<Adapter>>>;
  readonly clients: Clients;
  readonly people: People;
  /** Names of the claims administrators declared for people. */
  readonly claimNames: readonly string[];
  /** Languages our pages are in. */
  readonly languages: readonly string[];
  readonly faults: Faults;
  readonly device: Pick<Device, 'feature'>;
  readonly inspectObject: ReturnType<typeof inspectObject>;
  /** Undefined where clients may not register themselves. */
  readonly judgeClient: ReturnType<typeof judge> | undefined;
  /** Undefined where no certificate of a client can come. */
  readonly certificates: Shown | undefined;
  readonly successor: Successor;
  /** 32 bytes, the same on every node: what one told a client, the other believes (RFC 9449 section 8). */
  readonly nonceSecret: Buffer;
  readonly once: Once;
}

const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'] as const;

export function buildProvider(parts: ProviderParts): LibraryProvider {
  const { clients, people, subjects, faults, authentication, issuer, resources } = parts;
  const { pages, secure } = faults;
  const configuration: Configuration = {
    adapter: adapterOf(parts.shelves),
    jwks: { keys: [...parts.keys] },
    scopes,
    responseTypes: ['code'],
    // OIDC Core section 3.1.2.1 requires it of everybody.
    allowOmittingSingleRegisteredRedirectUri: false,
    subjectTypes: ['public', 'pairwise'],
    acrValues: [...parts.assurance.names.keys()],
    claims: claimsByScope(parts.claimNames),
    discovery: { ui_locales_supported: [...parts.languages] },
    clientAuthMethods: [...methods, ...certificateMethods(parts.certificates)],
    clientDefaults: { backchannel_logout_session_required: true },
    extraClientMetadata: { properties: ownMetadata },
    extraParams: { [waitingParameter]: async (ctx: KoaContextWithOIDC) => restoreOfflineAccess(ctx) },
    enabledJWA: algorithms,
    pkce: {
      required: (_ctx: unknown, client: Client) => client.clientAuthMethod === 'none' || isStrict(client),
    },
    assertJwtClientAuthClaimsAndHeader: inspectAssertion(parts.now),
    // Below /device is ours alone: the library's own pages for codes are out of reach.
    routes: { pushed_authorization_request: '/par', device_authorization: '/device_authorization' },
    cookies: {
      keys: [...parts.cookieKeys],
      names: parts.cookieNames,
      long: { signed: false, httpOnly: true, sameSite: 'lax' },
      short: { signed: true, httpOnly: true, sameSite: 'lax' },
    },
    interactions: { policy: signInPolicy(parts), url: (_ctx, interaction) => walkPath(authentication, interaction) },
    findAccount: (ctx, id) =>
      accountOf(people, id, ctx.oidc.route, (user) =>
        authentication.admits(user, ctx.oidc.client?.application as string),
      ),
    loadExistingGrant: (ctx) => grantFor(ctx, subjects),
    pairwiseIdentifier: async (_ctx, user, client) => subjects.pairwise(user, client.sectorIdentifier as string),
    // Without offline_access a refresh token serves only while its session lives.
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    // FAPI 2.0 section 5.3.2.1: its refresh tokens are bound to a key, and a lost answer must not lock a client out.
    rotateRefreshToken: (ctx) => !isStrict(ctx.oidc.client),
    extraTokenClaims: async (ctx, token) => signInOf(ctx, token),
    clientBasedCORS: (_ctx, origin, client) => corsAllowed(origin, client),
    renderError: (ctx, out) => errorPage(ctx, out, faults),
    fetch: outgoing(clients),
    ttl,
    formats: { bitsOfOpaqueRandomness: (_ctx, model) => idBits(model) },
    features: {
      devInteractions: { enabled: false },
      claimsParameter: { enabled: true },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: async (_ctx, client, token) => mayLookAt(client, token) },
      revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => client.clientId === token.clientId },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx) => signOutPage(ctx, pages, secure),
        postLogoutSuccessSource: (ctx) => signedOutPage(ctx, pages, secure),
      },
      deviceFlow: parts.device.feature,
      pushedAuthorizationRequests: { enabled: true },
      requestObjects: { enabled: true, assertJwtClaimsAndHeader: parts.inspectObject },
      jwtResponseModes: { enabled: true },
      jwtUserinfo: { enabled: true },
      encryption: { enabled: true },
      externalSigningSupport: signingElsewhere(parts.keys),
      ...registrationFeatures(parts.judgeClient),
      mTLS: certificateFeature(parts.certificates),
      fapi: { enabled: true, profile: profileOf },
      dPoP: { enabled: true, nonceSecret: parts.nonceSecret, requireNonce: () => false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (ctx, identifier, client) => resources.serverFor(ctx, identifier, client.clientId),
        defaultResource: async (_ctx, _client, oneOf) => oneOf as string[],
        useGrantedResource: async () => false,
      },
    },
  };
  const provider = new Provider(issuer, configuration);
  // Resuming, and "no" at logout, would move the session to another key; our sign-in has rotated its secret already.
  if (typeof provider.Session.prototype.resetIdentifier !== 'function') throw new Error('the library has changed');
  provider.Session.prototype.resetIdentifier = () => {};
  nameSuccessors(provider, parts.successor);
  onceEach(provider, parts.once);
  onlyIdTokens(provider);
  believeIssuer(provider, issuer, parts.certificates);
  return provider;
}

function registrationFeatures(
  judgeClient: ProviderParts['judgeClient'],
): Pick<NonNullable<Configuration['features']>, 'registration' | 'registrationManagement'> {
  if (!judgeClient) return { registration: { enabled: false } };
  return {
    registration: { enabled: true, initialAccessToken: true, policies: { [policy]: judgeClient } },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: true },
  };
}

/** A resource server sees any token it holds; a public client, which anybody can be, only its own. */
const mayLookAt = (client: { clientId: string; clientAuthMethod?: string }, token: { clientId?: string }): boolean =>
  client.clientAuthMethod !== 'none' || client.clientId === token.clientId;

/** Discovery lists what can be reached now, not every name of the table. */
export function truthfulDiscovery(assurance: Assurance, issuer: string, certificates: Shown | undefined) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    await next();
    const body = ctx.body as Record<string, unknown> | undefined;
    if (!body?.acr_values_supported) return;
    for (const [name, value] of Object.entries(body)) if (Array.isArray(value) && value.length === 0) delete body[name];
    aliases(body, issuer, certificates);
    body.acr_values_supported = [...assurance.names]
      .filter(([, strength]) => assurance.possible(strength))
      .map(([name]) => name);
  };
}
