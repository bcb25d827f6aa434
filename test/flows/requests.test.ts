/** What clients send and what they get sent back: RFC 9126, RFC 9101, JARM, form_post, encrypted answers. */
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import * as client from 'openid-client';
import { type Page, Person } from '../support/person.ts';
import { as, CALLBACK, newcomer, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';

const secret = 'a client secret for tests';
const base = { client_secret: secret, redirect_uris: [CALLBACK] };
const pair = (alg: string) => generateKeyPair(alg, { extractable: true });
const [signer, stranger, rsa, ec] = (await Promise.all(['ES256', 'ES256', 'RSA-OAEP-256', 'ECDH-ES'].map(pair))) as [
  Pair,
  Pair,
  Pair,
  Pair,
];
type Pair = Awaited<ReturnType<typeof pair>>;
const jwks = async (key: Pair, more: object) => ({ keys: [{ ...(await exportJWK(key.publicKey)), ...more }] });

let stile: Stile;
const party = (id: string) => RelyingParty.at(stile, { id, secret });

beforeAll(async () => {
  const application = (id: string, more: object) => ({ id, name: id, oidc: { ...base, client_id: id, ...more } });
  const signing = { jwks: await jwks(signer, { kid: 'one', alg: 'ES256', use: 'sig' }) };
  stile = await startStile({
    config: settings({
      applications: [
        application('pushing', {
          require_pushed_authorization_requests: true,
          grant_types: ['authorization_code', 'refresh_token'],
        }),
        application('signing', {
          ...signing,
          request_object_signing_alg: 'ES256',
          require_signed_request_object: true,
        }),
        application('either', signing),
        application('jarm', { authorization_signed_response_alg: 'ES256' }),
        application('picky', { response_modes: ['form_post'] }),
        application('rsa', {
          jwks: await jwks(rsa, { use: 'enc' }),
          id_token_encrypted_response_alg: 'RSA-OAEP-256',
          id_token_encrypted_response_enc: 'A256GCM',
        }),
        application('ec', {
          jwks: await jwks(ec, { use: 'enc' }),
          id_token_encrypted_response_alg: 'ECDH-ES',
          userinfo_signed_response_alg: 'RS256',
          userinfo_encrypted_response_alg: 'ECDH-ES',
          userinfo_encrypted_response_enc: 'A256GCM',
          authorization_encrypted_response_alg: 'ECDH-ES',
        }),
      ],
    }),
  });
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  await stile.stop();
});

/** A request to /par as it is. */
async function push(fields: Record<string, string>, id = 'rp', path = '/par') {
  const answer = await fetch(`${stile.issuer}${path}`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${secret.replaceAll(' ', '+')}`)}` },
    body: new URLSearchParams(fields),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
}

const verifier = 'v'.repeat(43);
const params = async (id: string, more: Record<string, string> = {}) => ({
  client_id: id,
  response_type: 'code',
  redirect_uri: CALLBACK,
  scope: 'openid',
  state: 'st',
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
  ...more,
});
const authorize = (query: Record<string, string>) => `${stile.issuer}/auth?${new URLSearchParams(query)}`;
const saidTo = ({ url }: Page) => [url.searchParams.get('error'), url.searchParams.get('state')];
const redeem = async (id: string, end: URL) =>
  client.authorizationCodeGrant((await party(id)).config, end, { pkceCodeVerifier: verifier, expectedState: 'st' });

describe('a pushed request', () => {
  test('is walked through like any other, and its answer is the only one', async () => {
    const ana = someone();
    const { status, body } = await push(await params('pushing', { acr_values: 'urn:stile:acr:aal2' }), 'pushing');
    expect([status, body.expires_in]).toEqual([201, 60]);
    const url = authorize({ client_id: 'pushing', request_uri: body.request_uri! });
    const [person, other] = [new Person(), new Person()];
    const waiting = await other.go(url);
    const reloaded = await person.go(url);
    expect(reloaded.form?.fields.step).toBe('identify');
    const end = await as(ana)(person, await person.go(url));
    expect((await redeem('pushing', end.url)).claims()).toMatchObject({ acr: 'urn:stile:acr:aal2' });
    // The walk that another browser began with it before ends without a code.
    const late = await as(newcomer())(other, waiting);
    expect(saidTo(late)).toEqual(['invalid_request_uri', 'st']);
    // So does a new use.
    const again = await person.go(url);
    expect([again.status, again.url.origin, again.html]).toEqual([
      400,
      stile.issuer,
      expect.stringMatching(/already used/),
    ]);
  });

  test('of twenty answers at once one is given', async () => {
    const [person, ana] = [new Person(), someone()];
    const rp = await party('pushing');
    await as(ana)(person, await person.go((await pushedBy(rp)).url));
    const { url } = await pushedBy(rp);
    const ends = await Promise.all(Array.from({ length: 20 }, () => new Person({ like: person }).go(url)));
    expect(ends.filter((end) => end.url.searchParams.has('code'))).toHaveLength(1);
  });

  test('gives a first party its refresh token', async () => {
    const rest = await params('pushing', { scope: 'openid offline_access' });
    const { body } = await push(rest, 'pushing');
    const person = new Person();
    const end = await as(newcomer())(
      person,
      await person.go(authorize({ client_id: 'pushing', request_uri: body.request_uri! })),
    );
    expect((await redeem('pushing', end.url)).scope).toBe('openid offline_access');
  });

  test('is demanded of those who said so', async () => {
    const refused = await new Person().go(authorize(await params('pushing')));
    expect(saidTo(refused)).toEqual(['invalid_request', 'st']);
  });

  test('comes by POST as well', async () => {
    const { body } = await push(await params('rp'));
    const person = new Person();
    const form = new URLSearchParams({ client_id: 'rp', request_uri: body.request_uri! });
    const end = await as(newcomer())(person, await person.go(`${stile.issuer}/auth`, { method: 'POST', body: form }));
    expect(end.url.searchParams.get('code')).toBeTruthy();
  });

  test.each([
    ['of another client', async () => ({ client_id: 'either', request_uri: await uriOf('rp') })],
    ['nobody pushed', async () => ({ client_id: 'rp', request_uri: 'urn:ietf:params:oauth:request_uri:guess' })],
    ['elsewhere', async () => ({ client_id: 'rp', request_uri: `${stile.issuer}/jwks` })],
    ['beside an object', async () => ({ client_id: 'rp', request_uri: await uriOf('rp'), request: 'a.b.c' })],
    [
      'twice',
      async () => [
        ['client_id', 'rp'],
        ['request_uri', 'a'],
        ['request_uri', 'b'],
      ],
    ],
  ])('%s gets a page and no code', async (_what, query) => {
    const sent = new URLSearchParams((await query()) as Record<string, string>);
    const page = await new Person().go(`${stile.issuer}/auth?${sent}`);
    expect([page.status, page.url.origin]).toEqual([400, stile.issuer]);
  });

  test.each([
    ['without authentication', async () => push(await params('nobody'), 'nobody'), [401, 'invalid_client']],
    [
      'to a foreign address',
      async () => push(await params('rp', { redirect_uri: 'https://evil.example/' })),
      [400, 'invalid_request'],
    ],
    [
      'inside another',
      async () => push({ ...(await params('rp')), request_uri: await uriOf('rp') }),
      [400, 'request_uri_not_supported'],
    ],
    ['with a prompt nobody knows', async () => push(await params('rp', { prompt: 'dance' })), [400, 'invalid_request']],
    ['for another client', async () => push(await params('either')), [400, 'invalid_request']],
    ['too large', async () => push(await params('rp', { state: 'x'.repeat(70_000) })), [400, 'invalid_request']],
  ])('%s is refused', async (_what, pushing, expected) => {
    const { status, body } = await pushing();
    expect([status, body.error]).toEqual(expected);
  });
});

const uriOf = async (id: string) => (await push(await params(id), id)).body.request_uri!;
async function pushedBy(rp: RelyingParty) {
  const id = rp.config.clientMetadata().client_id;
  return { url: await client.buildAuthorizationUrlWithPAR(rp.config, await params(id)) };
}

type Change = { claims?: JWTPayload; header?: Record<string, unknown>; key?: Pair };

/** A request object of `signing`, changed. */
async function object(more: JWTPayload = {}, { claims = {}, header = {}, key = signer }: Change = {}, id = 'signing') {
  const made = { ...(await params(id)), iss: id, aud: stile.issuer, ...more, ...claims };
  return new SignJWT(JSON.parse(JSON.stringify(made)))
    .setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'oauth-authz-req+jwt', ...header })
    .setExpirationTime('5m')
    .sign(key.privateKey);
}

describe('a signed request object', () => {
  test('says what is asked, and what stands beside it is ignored', async () => {
    const person = new Person();
    const query = { ...(await params('signing')), prompt: 'none', scope: 'openid email', state: 'beside' };
    const start = await person.go(authorize({ ...query, request: await object() }));
    expect(start.form?.fields.step).toBe('identify');
    const end = await as(newcomer())(person, start);
    expect((await redeem('signing', end.url)).scope).toBe('openid');
  });

  test('comes by PAR, and too long for an address by POST', async () => {
    const { status, body } = await push({ request: await object() }, 'signing');
    expect(status).toBe(201);
    const person = new Person();
    const mei = newcomer();
    const end = await as(mei)(
      person,
      await person.go(authorize({ client_id: 'signing', request_uri: body.request_uri! })),
    );
    await redeem('signing', end.url);
    const form = new URLSearchParams({
      client_id: 'signing',
      request: await object({ state: 'st', nonce: 'n'.repeat(6000) }),
    });
    const posted = await person.go(`${stile.issuer}/auth`, { method: 'POST', body: form });
    expect(posted.url.searchParams.get('code')).toBeTruthy();
  });

  test('is demanded of those who said so, at either door', async () => {
    expect(saidTo(await new Person().go(authorize(await params('signing'))))).toEqual(['invalid_request', 'st']);
    expect((await push(await params('signing'), 'signing')).body.error).toBe('invalid_request');
  });

  test.each<[string, () => Promise<string>]>([
    ['signed by somebody else', () => object({}, { key: stranger })],
    [
      'signed by nobody',
      async () => new UnsecuredJWT({ ...(await params('signing')), iss: 'signing', aud: stile.issuer }).encode(),
    ],
    [
      'signed with the client secret',
      async () => hmac({ ...(await params('signing')), iss: 'signing', aud: stile.issuer }),
    ],
    ['for somebody else', () => object({ aud: 'https://other.example' })],
    ['of another client', () => object({ iss: 'either', client_id: 'either' })],
    ['expired', expired],
    ['that is an assertion of the client', () => object({ sub: 'signing' })],
    ['of another type of JWT', () => object({}, { header: { typ: 'dpop+jwt' } })],
    ['with a request in it', () => object({ request: 'a.b.c' })],
    ['with a request_uri in it', () => object({ request_uri: 'https://rp.example/request' })],
    ['encrypted', async () => 'eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..a.b.c'],
    ['cut', async () => (await object()).slice(0, -20)],
    ['of nonsense', async () => 'nonsense'],
  ])('%s is refused, at either door', async (_what, make) => {
    const request = await make();
    const { url, status } = await new Person().go(authorize({ ...(await params('signing')), request }));
    const said = url.origin === 'https://rp.example' ? url.searchParams.get('error') : status;
    expect([400, 'invalid_request_object', 'invalid_request']).toContain(said);
    const pushed = await push({ request }, 'signing');
    expect([pushed.status, pushed.body.error]).toEqual([400, expect.stringMatching(/^invalid_request(_object)?$/)]);
  });

  test('of a client that may but need not: unsigned stays unsigned', async () => {
    const end = await new Person().go(
      authorize({ ...(await params('either')), request: await object({}, { key: stranger }, 'either') }),
    );
    expect(saidTo(end)[0]).toBe('invalid_request_object');
    expect((await new Person().go(authorize(await params('either')))).form?.fields.step).toBe('identify');
  });
});

const hmac = (claims: JWTPayload) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(secret));
async function expired() {
  const claims = {
    ...(await params('signing')),
    iss: 'signing',
    aud: stile.issuer,
    exp: Math.floor(Date.now() / 1000) - 60,
  };
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(signer.privateKey);
}

describe('an answer', () => {
  test.each(['query', 'fragment', 'form_post'])('by %s says who gives it', async (response_mode) => {
    const page = await walked('rp', { response_mode });
    const said = saidIn(page, response_mode);
    expect(said).toMatchObject({ iss: stile.issuer, state: 'st', code: expect.any(String) });
  });

  test.each([
    ['jwt', 'query'],
    ['query.jwt', 'query'],
    ['fragment.jwt', 'fragment'],
    ['form_post.jwt', 'form_post'],
  ])('by %s is signed', async (response_mode, carrier) => {
    const rp = await RelyingParty.at(stile, {
      id: 'jarm',
      secret,
      metadata: { authorization_signed_response_alg: 'ES256' },
    });
    client.useJwtResponseMode(rp.config);
    const page = await walked('jarm', { response_mode });
    const { response } = saidIn(page, carrier);
    const carried = new URL(`${CALLBACK}?${new URLSearchParams({ response: response! })}`);
    const checks = { pkceCodeVerifier: verifier, expectedState: 'st' };
    expect((await client.authorizationCodeGrant(rp.config, carried, checks)).claims()?.sub).toBeTruthy();
  });

  test('that is an error is signed as well', async () => {
    const page = await new Person().go(authorize(await params('jarm', { response_mode: 'jwt', prompt: 'none' })));
    const claims = JSON.parse(
      atob(page.url.searchParams.get('response')!.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/')),
    );
    expect(claims).toMatchObject({ iss: stile.issuer, aud: 'jarm', error: 'login_required', state: 'st' });
    expect([...page.url.searchParams.keys()]).toEqual(['response']);
  });

  test('comes in no other way than the client declared', async () => {
    const page = await new Person().go(authorize(await params('picky')));
    expect(page.url.searchParams.get('code')).toBeNull();
    expect(saidIn(await walked('picky', { response_mode: 'form_post' }), 'form_post').code).toBeTruthy();
  });

  test.each([
    ['rsa', rsa, 'RSA-OAEP-256', 'A256GCM'],
    ['ec', ec, 'ECDH-ES', 'A128CBC-HS256'],
  ])('to %s holds an ID token only it can read', async (id, key, alg, enc) => {
    const page = await walked(id);
    const grant = {
      grant_type: 'authorization_code',
      code: page.url.searchParams.get('code')!,
      redirect_uri: CALLBACK,
      code_verifier: verifier,
    };
    const { body: raw } = await push(grant, id, '/token');
    expect(JSON.parse(atob(raw.id_token!.split('.')[0]!))).toMatchObject({ alg, enc });
    const rp = await party(id);
    client.enableDecryptingResponses(rp.config, [enc], { key: key.privateKey, alg });
    const tokens = await client.authorizationCodeGrant(rp.config, (await walked(id)).url, {
      pkceCodeVerifier: verifier,
      expectedState: 'st',
    });
    expect(tokens.claims()).toMatchObject({ aud: id, iss: stile.issuer });
  });

  test('of userinfo and the authorization endpoint is encrypted where the client wants it', async () => {
    const page = await walked('ec', { response_mode: 'jwt' });
    const header = (jwt: string) => JSON.parse(atob(jwt.split('.')[0]!));
    expect(header(page.url.searchParams.get('response')!)).toMatchObject({ alg: 'ECDH-ES', enc: 'A128CBC-HS256' });
    const plain = await walked('ec');
    const grant = {
      grant_type: 'authorization_code',
      code: plain.url.searchParams.get('code')!,
      redirect_uri: CALLBACK,
      code_verifier: verifier,
    };
    const { body } = await push(grant, 'ec', '/token');
    const me = await fetch(`${stile.issuer}/me`, { headers: { authorization: `Bearer ${body.access_token}` } });
    expect(me.headers.get('content-type')).toMatch(/^application\/jwt/);
    expect(header(await me.text())).toMatchObject({ alg: 'ECDH-ES', enc: 'A256GCM' });
  });
});

async function walked(id: string, more: Record<string, string> = {}) {
  const person = new Person();
  return as(newcomer())(person, await person.go(authorize(await params(id, more))));
}
function saidIn(page: Page, carrier: string): Record<string, string> {
  if (carrier === 'form_post') return page.delivery?.fields ?? {};
  const text = carrier === 'fragment' ? page.url.hash.slice(1) : page.url.search;
  return Object.fromEntries(new URLSearchParams(text));
}

test('discovery says all of this, and nothing else', async () => {
  const said = (await (await fetch(`${stile.issuer}/.well-known/openid-configuration`)).json()) as Record<
    string,
    unknown
  >;
  expect(said).toMatchObject({
    pushed_authorization_request_endpoint: `${stile.issuer}/par`,
    request_parameter_supported: true,
    request_uri_parameter_supported: false,
    request_object_signing_alg_values_supported: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    response_modes_supported: ['form_post', 'fragment', 'query', 'jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt'],
    authorization_signing_alg_values_supported: ['RS256', 'ES256'],
    id_token_encryption_alg_values_supported: ['RSA-OAEP-256', 'ECDH-ES'],
    id_token_encryption_enc_values_supported: ['A256GCM', 'A128CBC-HS256'],
    userinfo_signing_alg_values_supported: ['RS256', 'ES256'],
    authorization_response_iss_parameter_supported: true,
  });
  expect(said).not.toHaveProperty('request_object_encryption_alg_values_supported');
  expect(Object.values(said).filter((one) => Array.isArray(one) && one.length === 0)).toEqual([]);
});
