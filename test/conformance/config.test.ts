import { settings } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { planOf } from './plans.ts';

let stile: Stile;
beforeAll(async () => {
  stile = await startStile({ config: settings({}, 1) });
});
afterAll(() => stile?.stop());

type Document = Record<string, string & string[]>;
const get = async (url: string) => {
  const response = await fetch(url);
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    json: (await response.json()) as Document,
  };
};

planOf('oidcc-config-certification-test-plan', {
  'oidcc-discovery-endpoint-verification': [
    'everything that is required is there and true',
    async () => {
      const { status, type, json } = await get(`${stile.issuer}/.well-known/openid-configuration`);
      expect({ status, type }).toEqual({ status: 200, type: expect.stringMatching(/^application\/json/) });
      const { issuer } = stile;
      expect(json).toMatchObject({
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/me`,
        jwks_uri: `${issuer}/jwks`,
        end_session_endpoint: `${issuer}/session/end`,
        scopes_supported: expect.arrayContaining(['openid']),
        response_types_supported: ['code'],
        response_modes_supported: expect.arrayContaining(['query', 'form_post']),
        grant_types_supported: expect.arrayContaining(['authorization_code', 'refresh_token']),
        subject_types_supported: ['public', 'pairwise'],
        id_token_signing_alg_values_supported: expect.arrayContaining(['RS256']),
        token_endpoint_auth_methods_supported: expect.arrayContaining([
          'client_secret_basic',
          'client_secret_post',
          'private_key_jwt',
        ]),
        claims_supported: expect.arrayContaining(['sub', 'iss', 'auth_time', 'acr', 'name', 'email']),
        claims_parameter_supported: true,
        request_uri_parameter_supported: false,
        authorization_response_iss_parameter_supported: true,
        code_challenge_methods_supported: ['S256'],
      });
      for (const [name, value] of Object.entries(json)) {
        if (Array.isArray(value)) expect({ name, empty: value.length === 0 }).toEqual({ name, empty: false });
        if (name.endsWith('_endpoint')) expect(value.startsWith(`${issuer}/`)).toBe(true);
      }
    },
  ],
});

test('the keys it names are public, each with a use, an algorithm and a name of its own', async () => {
  const { json } = await get(`${stile.issuer}/jwks`);
  const keys = json.keys as unknown as Record<string, string>[];
  expect(keys.length).toBeGreaterThan(0);
  for (const key of keys) {
    expect(key).toMatchObject({ kid: expect.any(String), use: 'sig', alg: expect.any(String) });
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(secret);
  }
  expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length);
});
