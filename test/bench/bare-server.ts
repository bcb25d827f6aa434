/** What Stile is compared with: oidc-provider as it comes, with the example's storage, no policy, no record, no pages. */
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { type Configuration, Provider } from 'oidc-provider';
import { exampleAdapter } from './example-adapter.ts';
import { refreshing } from './machine.ts';
import { client } from './visitor.ts';

const { PORT = '', REDIS_URL = '' } = process.env;
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const day = 24 * 3600;

const configuration: Configuration = {
  adapter: exampleAdapter(REDIS_URL),
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig', kid: 'bench' }] },
  clients: [client, refreshing],
  responseTypes: ['code'],
  scopes: ['openid', 'profile', 'email'],
  claims: {
    openid: ['sub', 'acr', 'amr', 'auth_time'],
    profile: ['name', 'preferred_username'],
    email: ['email', 'email_verified'],
  },
  cookies: { keys: ['a key for the cookies of the bench'] },
  pkce: { required: () => true },
  ttl: {
    AccessToken: 600,
    AuthorizationCode: 60,
    ClientCredentials: 600,
    IdToken: 600,
    Interaction: 900,
    RefreshToken: day,
    Session: day,
    Grant: day,
  },
  findAccount: (_ctx, accountId) => ({
    accountId,
    claims: () => ({
      sub: accountId,
      name: 'Mei',
      preferred_username: 'mei',
      email: 'mei@rp.example',
      email_verified: true,
    }),
  }),
  async loadExistingGrant({ oidc }) {
    const { clientId } = oidc.client!;
    const id = oidc.session!.grantIdFor(clientId);
    const known = id && (await oidc.provider.Grant.find(id));
    if (known) return known;
    const grant = new oidc.provider.Grant({ clientId, accountId: oidc.session!.accountId as string });
    grant.addOIDCScope('openid profile email');
    await grant.save();
    return grant;
  },
  interactions: { url: (_ctx, interaction) => `/sign-in/${interaction.uid}` },
  issueRefreshToken: (_ctx, { grantTypes }) => grantTypes?.includes('refresh_token') ?? false,
  rotateRefreshToken: true,
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: async () => true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: async () => ({ scope: 'bench:read', accessTokenFormat: 'jwt', accessTokenTTL: 600 }),
    },
  },
};

const provider = new Provider(`http://localhost:${PORT}`, configuration);
const answer = provider.callback();
const server = createServer((req, res) => {
  // Whoever comes is signed in: the bench compares what happens afterwards.
  if (req.url?.startsWith('/sign-in/')) {
    const login = { accountId: 'mei', acr: 'urn:stile:acr:aal1', amr: ['pwd'] };
    provider.interactionFinished(req, res, { login }).catch((error: Error) => res.writeHead(500).end(error.message));
  } else void answer(req, res);
});
server.listen(Number(PORT), () => console.log('listening'));
