/** The FAPI 2.0 Security Profile for clients that are registered with it, and bound tokens for whoever wants them. */
import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import * as client from 'openid-client';
import { Office } from '../support/certificates.ts';
import { Person } from '../support/person.ts';
import { as, CALLBACK, newcomer, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';

const office = new Office();
const [mine, others] = [office.issue('/CN=mine'), office.issue('/CN=others')];
const header = 'x-client-certificate';
const ec = await generateKeyPair('ES256', { extractable: true });
const rsa = await generateKeyPair('RS256', { extractable: true });

let stile: Stile;

beforeAll(async () => {
  const keys = [
    { ...(await exportJWK(ec.publicKey)), kid: 'ec', x5c: [mine.der] },
    { ...(await exportJWK(rsa.publicKey)), kid: 'rsa' },
  ];
  const strict = (id: string, more: object) => ({
    id,
    name: id,
    oidc: {
      client_id: id,
      profile: 'fapi2-security',
      token_endpoint_auth_method: 'private_key_jwt',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [CALLBACK],
      jwks: { keys },
      ...more,
    },
  });
  stile = await startStile({
    config: settings({
      // Here every request comes by a proxy.
      proxies: ['127.0.0.0/8', '::1'],
      tls: { client_certificate_header: header },
      applications: [
        strict('bank', { dpop_bound_access_tokens: true }),
        strict('shown', {
          token_endpoint_auth_method: 'self_signed_tls_client_auth',
          tls_client_certificate_bound_access_tokens: true,
        }),
        {
          id: 'app',
          name: 'App',
          oidc: {
            client_id: 'app',
            token_endpoint_auth_method: 'none',
            grant_types: ['authorization_code', 'refresh_token'],
            redirect_uris: [CALLBACK],
            tls_client_certificate_bound_access_tokens: true,
          },
        },
      ],
    }),
  });
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  await stile.stop();
  office.close();
});

type Shown = { cert: string } | undefined;
const metadata = { id_token_signed_response_alg: 'ES256' };

async function party(id: string, auth: client.ClientAuth, shown?: Shown) {
  const rp = await RelyingParty.at(stile, { id, auth, metadata: id === 'app' ? {} : metadata });
  if (shown)
    rp.config[client.customFetch] = (url, options) =>
      fetch(url, { ...(options as RequestInit), headers: { ...options.headers, [header]: escaped(shown) } });
  return rp;
}
const escaped = ({ cert }: { cert: string }) => encodeURIComponent(cert);

const verifier = 'v'.repeat(43);
const params = async (id: string, more: Record<string, string> = {}) => ({
  client_id: id,
  response_type: 'code',
  redirect_uri: CALLBACK,
  scope: 'openid offline_access',
  state: 'st',
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  ...more,
});
const checks = { pkceCodeVerifier: verifier, expectedState: 'st' };
const me = (headers: Record<string, string>) => fetch(`${stile.issuer}/me`, { headers });

test('ana signs in to her bank: pushed, by its key, with tokens bound to another', async () => {
  const bank = await party('bank', client.PrivateKeyJwt({ key: ec.privateKey, kid: 'ec' }));
  const DPoP = client.getDPoPHandle(bank.config, await client.randomDPoPKeyPair('ES256'));
  const url = await client.buildAuthorizationUrlWithPAR(bank.config, await params('bank'), { DPoP });
  const person = new Person();
  const end = await as(someone())(person, await person.go(url));
  expect(end.url.searchParams.get('iss')).toBe(stile.issuer);
  const tokens = await client.authorizationCodeGrant(bank.config, end.url, checks, {}, { DPoP });
  expect(tokens.token_type).toBe('dpop');
  const said = await client.fetchUserInfo(bank.config, tokens.access_token, tokens.claims()!.sub, { DPoP });
  expect(said.sub).toBe(tokens.claims()!.sub);
  expect((await me({ authorization: `Bearer ${tokens.access_token}` })).status).toBe(401);

  // Its refresh token stays the one it is: a lost answer locks nobody out, and without the key it is worth nothing.
  const refresh = tokens.refresh_token as string;
  for (const _twice of [1, 2]) {
    const next = await client.refreshTokenGrant(bank.config, refresh, {}, { DPoP });
    expect(next.refresh_token ?? refresh).toBe(refresh);
    expect(next.token_type).toBe('dpop');
  }
  await expect(client.refreshTokenGrant(bank.config, refresh)).rejects.toMatchObject({ error: 'invalid_grant' });
});

test.each([
  ['shown', () => client.TlsClientAuth()],
  ['app', () => client.None()],
])('tokens of %s serve whoever shows the certificate they were got with', async (id, auth) => {
  const rp = await party(id, auth(), mine);
  const strict = id === 'shown';
  const asked = await params(id);
  const url = strict
    ? await client.buildAuthorizationUrlWithPAR(rp.config, asked)
    : client.buildAuthorizationUrl(rp.config, asked);
  const person = new Person();
  const end = await as(newcomer())(person, await person.go(url));
  const tokens = await client.authorizationCodeGrant(rp.config, end.url, checks);
  const authorization = `Bearer ${tokens.access_token}`;
  expect((await me({ authorization, [header]: escaped(mine) })).status).toBe(200);
  expect((await me({ authorization, [header]: escaped(others) })).status).toBe(401);
  expect((await me({ authorization })).status).toBe(401);
  if (strict) return;
  const stranger = await party(id, auth(), others);
  const refreshed = client.refreshTokenGrant(stranger.config, tokens.refresh_token as string);
  await expect(refreshed).rejects.toMatchObject({ error: 'invalid_grant' });
});

interface Said {
  alg?: string;
  claims?: JWTPayload;
}

async function signed({ alg = 'ES256', claims = {} }: Said, rest: JWTPayload = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const whole = {
    iss: 'bank',
    aud: stile.issuer,
    iat: now,
    nbf: now,
    exp: now + 60,
    jti: randomUUID(),
    ...rest,
    ...claims,
  };
  const key = alg === 'ES256' ? ec : rsa;
  return new SignJWT(JSON.parse(JSON.stringify(whole)))
    .setProtectedHeader({ alg, kid: alg === 'ES256' ? 'ec' : 'rsa' })
    .sign(key.privateKey);
}

/** What /par says to the bank, with this assertion. */
async function push(fields: Record<string, string>, assertion: Said = {}) {
  const body = new URLSearchParams({
    client_id: 'bank',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await signed(assertion, { sub: 'bank' }),
    ...fields,
  });
  const answer = await fetch(`${stile.issuer}/par`, { method: 'POST', body });
  return ((await answer.json()) as { error?: string }).error ?? answer.status;
}

describe('the bank is refused', () => {
  test('a request in the address', async () => {
    const page = await new Person().go(`${stile.issuer}/auth?${new URLSearchParams(await params('bank'))}`);
    expect(page.url.searchParams.get('error')).toBe('invalid_request');
  });

  test('a request without PKCE', async () => {
    const { code_challenge: _, code_challenge_method: __, ...rest } = await params('bank');
    expect(await push(rest)).toBe('invalid_request');
  });

  test('a code without a key to bind tokens to', async () => {
    const bank = await party('bank', client.PrivateKeyJwt({ key: ec.privateKey, kid: 'ec' }));
    const url = await client.buildAuthorizationUrlWithPAR(bank.config, await params('bank'));
    const person = new Person();
    const end = await as(newcomer())(person, await person.go(url));
    const redeemed = client.authorizationCodeGrant(bank.config, end.url, checks);
    await expect(redeemed).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  test.each<[string, () => Said]>([
    ['signed by RS256', () => ({ alg: 'RS256' })],
    ['for the token endpoint', () => ({ claims: { aud: `${stile.issuer}/token` } })],
    ['for somebody else as well', () => ({ claims: { aud: [stile.issuer, 'https://other.example'] } })],
    ['that is no text', () => ({ claims: { aud: [stile.issuer] } })],
  ])('an assertion %s', async (_what, assertion) => {
    expect(await push(await params('bank'), assertion())).toBe('invalid_client');
  });

  const now = Math.floor(Date.now() / 1000);
  test.each<[string, Said]>([
    ['signed by RS256', { alg: 'RS256' }],
    ['without nbf', { claims: { nbf: undefined } as unknown as JWTPayload }],
    ['of two hours ago', { claims: { nbf: now - 7200 } }],
    ['good for a day', { claims: { exp: now + 86_400 } }],
  ])('a request object %s', async (_what, object) => {
    expect(await push({ request: await signed(object, await params('bank')) })).toBe('invalid_request_object');
  });

  test('a request object for the second time', async () => {
    const request = await signed({}, await params('bank'));
    expect(await push({ request })).toBe(201);
    expect(await push({ request })).toBe('invalid_request_object');
  });
});
