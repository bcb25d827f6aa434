import { createHmac, randomUUID } from 'node:crypto';
import { decodeJwt, importPKCS8, SignJWT } from 'jose';
import * as client from 'openid-client';
import { Person } from '../support/person.ts';
import { as, CALLBACK, MFA, nobody, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { applications, clientKey, clientPublicPem, form, leaks, raw, rows } from './attacker.ts';

let stile: Stile;
let rp: RelyingParty;
let publicKey: string;

beforeAll(async () => {
  stile = await startStile({ config: settings({ applications }) });
  rp = await RelyingParty.at(stile);
  const { body } = await raw(stile.issuer, '/jwks');
  publicKey = JSON.stringify(JSON.parse(body).keys[0]);
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  await stile.stop();
});

const basic = (id: string, secret: string) =>
  `Basic ${Buffer.from(`${id}:${secret.replaceAll(' ', '+').replaceAll(',', '%2C')}`).toString('base64')}`;
const RP = basic('rp', 'a client secret for tests');
const OTHER = basic('other', 'another secret, of another client');
const PUBLIC = 'none';

/** A token request as it is; the error, or `ok`. */
async function token(fields: Record<string, string>, authorization: string, path = '/token') {
  const sent = form(authorization === PUBLIC ? { client_id: 'spa', ...fields } : fields);
  const headers = authorization === PUBLIC ? sent.headers : { ...sent.headers, authorization };
  const answer = await raw(stile.issuer, path, { ...sent, headers });
  expect(answer.body).not.toMatch(leaks);
  expect(answer.status).toBeLessThan(500);
  const body = answer.body ? JSON.parse(answer.body) : {};
  return { said: body.error ?? 'ok', body, status: answer.status };
}

/** A code, with what it takes to redeem it. */
async function code(person: Person, who: string, more: Record<string, string> = {}, party = rp) {
  const { url, checks } = await party.request(more);
  const end = await as(who)(person, await person.go(url));
  expect(end.url.searchParams.get('error')).toBeNull();
  const { pkceCodeVerifier = '' } = checks as { pkceCodeVerifier?: string };
  return {
    url: end.url,
    grant_type: 'authorization_code',
    code: end.url.searchParams.get('code') as string,
    code_verifier: pkceCodeVerifier,
    redirect_uri: party.redirectUri,
  };
}
const grantOf = ({ url: _, ...grant }: Awaited<ReturnType<typeof code>>) => grant;
const userinfo = async (access_token: string) =>
  (await fetch(`${stile.issuer}/me`, { headers: { authorization: `Bearer ${access_token}` } })).status;
const spa = () => RelyingParty.at(stile, { id: 'spa', redirectUri: 'https://rp.example/spa', auth: client.None() });

describe('a code', () => {
  test('works once: the second time its tokens die and the audit says so', async () => {
    const grant = grantOf(await code(new Person(), someone()));
    const first = await token(grant, RP);
    expect(await userinfo(first.body.access_token)).toBe(200);
    expect((await token(grant, RP)).said).toBe('invalid_grant');
    expect(await userinfo(first.body.access_token)).toBe(401);
    const refresh_token = first.body.refresh_token;
    expect((await token({ grant_type: 'refresh_token', refresh_token }, RP)).said).toBe('invalid_grant');
    const reused = await rows(stile.databaseUrl, `select 1 from events where type = 'token.reused' and user_id = $1`, [
      decodeJwt(first.body.id_token).sub,
    ]);
    expect(reused.length).toBeGreaterThan(0);
  });

  test('redeemed twenty times at once gives tokens to one at most', async () => {
    const grant = grantOf(await code(new Person(), someone()));
    const answers = await Promise.all(Array.from({ length: 20 }, () => token(grant, RP)));
    expect(answers.filter(({ said }) => said === 'ok').length).toBeLessThanOrEqual(1);
    expect(answers.every(({ said }) => said === 'ok' || said === 'invalid_grant')).toBe(true);
  });

  test.each([
    ['another verifier', { code_verifier: 'x'.repeat(43) }, () => RP],
    ['no verifier', { code_verifier: '' }, () => RP],
    ['another redirect_uri', { redirect_uri: 'https://rp.example/other' }, () => RP],
    ['no redirect_uri', { redirect_uri: '' }, () => RP],
    ["another client's credentials", {}, () => OTHER],
    ['a public client for credentials', {}, () => PUBLIC],
  ])('is not redeemed with %s', async (_what, change, who) => {
    const grant = { ...grantOf(await code(new Person(), someone())), ...change };
    expect(['invalid_grant', 'invalid_request']).toContain((await token(grant, who())).said);
  });

  test('of a request without PKCE is not redeemed with a verifier, nor is plain PKCE taken', async () => {
    const person = new Person();
    const ana = someone();
    await rp.signIn(person, {}, as(ana));
    const { url } = await rp.request();
    url.searchParams.delete('code_challenge');
    url.searchParams.delete('code_challenge_method');
    const end = await person.go(url);
    const grant = {
      grant_type: 'authorization_code',
      code: end.url.searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
    };
    expect((await token({ ...grant, code_verifier: 'v'.repeat(43) }, RP)).said).toBe('invalid_grant');
    for (const method of ['plain', 's256', '']) {
      const plain = (await rp.request({ code_challenge: 'v'.repeat(43), code_challenge_method: method })).url;
      if (!method) plain.searchParams.delete('code_challenge_method');
      expect((await nobody(person, await person.go(plain))).url.searchParams.get('error')).toBe('invalid_request');
    }
  });

  test('of a public client needs PKCE from the start', async () => {
    const party = await spa();
    const { url } = await party.request();
    url.searchParams.delete('code_challenge');
    url.searchParams.delete('code_challenge_method');
    const end = await new Person().go(url);
    expect(end.url.searchParams.get('error')).toBe('invalid_request');
    const grant = grantOf(await code(new Person(), someone(), {}, party));
    expect((await token({ ...grant, code_verifier: '' }, PUBLIC)).said).toBe('invalid_grant');
    const good = grantOf(await code(new Person(), someone(), {}, party));
    expect((await token(good, PUBLIC)).said).toBe('ok');
  });

  test('comes with the issuer, and with a 303', async () => {
    const { url } = await code(new Person(), someone());
    expect(url.searchParams.get('iss')).toBe(stile.issuer);
    const refused = await new Person().fetch((await rp.request({ prompt: 'none' })).url);
    expect(refused.status).toBe(303);
    expect(new URL(refused.headers.get('location') as string).searchParams.get('iss')).toBe(stile.issuer);
  });

  test('never leaves by the fragment or a response type that is off', async () => {
    for (const [name, value] of [
      ['response_type', 'id_token'],
      ['response_type', 'token'],
      ['response_type', 'code id_token token'],
      ['response_mode', 'web_message'],
    ] as const) {
      const { url } = await rp.request({ [name]: value });
      const end = await new Person().go(url);
      expect(end.url.href).toMatch(/[?#&]error=(unsupported_response|invalid_request)/);
    }
  });
});

describe('a refresh token', () => {
  test.each([
    ['that proves nothing: whoever comes second', PUBLIC, false],
    ['that proves itself: whoever comes after its successor was used', RP, true],
  ])('is good once for a client %s, the family dies, and it is on record', async (_who, client, further) => {
    const party = client === PUBLIC ? await spa() : rp;
    const first = await token(grantOf(await code(new Person(), someone(), {}, party)), client);
    const use = (one: typeof first) =>
      token({ grant_type: 'refresh_token', refresh_token: one.body.refresh_token }, client);
    let last = await use(first);
    expect(last.said).toBe('ok');
    expect(last.body.refresh_token).not.toBe(first.body.refresh_token);
    if (further) last = await use(last);
    expect((await use(first)).said).toBe('invalid_grant');
    expect((await use(last)).said).toBe('invalid_grant');
    expect(await userinfo(last.body.access_token)).toBe(401);
    const reused = await rows<{ detail: { model: string } }>(
      stile.databaseUrl,
      `select detail from events where type = 'token.reused' and user_id = $1`,
      [decodeJwt(first.body.id_token).sub],
    );
    expect(reused.map(({ detail }) => detail.model)).toContain('RefreshToken');
  });

  test('used twenty times at once is good once at most, or has one successor where the client proves itself', async () => {
    for (const client of [PUBLIC, RP]) {
      const party = client === PUBLIC ? await spa() : rp;
      const first = await token(grantOf(await code(new Person(), someone(), {}, party)), client);
      const refresh = { grant_type: 'refresh_token', refresh_token: first.body.refresh_token };
      const answers = await Promise.all(Array.from({ length: 20 }, () => token(refresh, client)));
      const good = answers.filter(({ said }) => said === 'ok');
      if (client === PUBLIC) expect(good.length).toBeLessThanOrEqual(1);
      else
        expect(new Set(answers.map(({ body }) => body.refresh_token))).toEqual(new Set([good[0]?.body.refresh_token]));
    }
  });

  test('is worth nothing to another client, who does not spend it by trying', async () => {
    const first = await token(grantOf(await code(new Person(), someone())), RP);
    const refresh = { grant_type: 'refresh_token', refresh_token: first.body.refresh_token };
    expect((await token(refresh, OTHER)).said).toBe('invalid_grant');
    expect((await token(refresh, PUBLIC)).said).not.toBe('ok');
    expect((await token(refresh, RP)).said).toBe('ok');
  });

  test('widens nothing and launders no time: scope, acr and auth_time stay as they were', async () => {
    const person = new Person();
    const ana = someone();
    const first = await token(grantOf(await code(person, ana)), RP);
    const one = decodeJwt(first.body.id_token);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await rp.signIn(person, { acr_values: MFA }, as(ana));
    const refresh = { grant_type: 'refresh_token', refresh_token: first.body.refresh_token };
    const wider = await token({ ...refresh, scope: 'openid profile email' }, RP);
    expect(wider.said).toBe('invalid_scope');
    const second = await token(refresh, RP);
    const two = decodeJwt(second.body.id_token);
    expect([two.acr, two.amr, two.auth_time]).toEqual([one.acr, one.amr, one.auth_time]);
    const shown = await token({ token: second.body.access_token }, RP, '/token/introspection');
    expect(shown.body).toMatchObject({ active: true, acr: one.acr, auth_time: one.auth_time });
  });

  test('is no access token, an access token no refresh token, an ID token neither', async () => {
    const { body } = await token(grantOf(await code(new Person(), someone())), RP);
    expect(await userinfo(body.refresh_token)).toBe(401);
    expect(await userinfo(body.id_token)).toBe(401);
    for (const refresh_token of [body.access_token, body.id_token])
      expect((await token({ grant_type: 'refresh_token', refresh_token }, RP)).said).toBe('invalid_grant');
  });

  test('and an access token are revoked only by their own client; a public client sees no others', async () => {
    const { body } = await token(grantOf(await code(new Person(), someone())), RP);
    await token({ token: body.access_token }, OTHER, '/token/revocation');
    await token({ token: body.refresh_token }, OTHER, '/token/revocation');
    expect(await userinfo(body.access_token)).toBe(200);
    expect((await token({ token: body.access_token }, PUBLIC, '/token/introspection')).body.active).not.toBe(true);
    expect((await token({ token: body.access_token }, RP, '/token/revocation')).said).toBe('ok');
    expect(await userinfo(body.access_token)).toBe(401);
  });
});

describe('signed things', () => {
  const grant = { grant_type: 'client_credentials' };
  const assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  const claims = (more: object = {}) => ({
    iss: 'machine',
    sub: 'machine',
    aud: stile.issuer,
    jti: randomUUID(),
    iat: Math.floor(Date.now() / 1000),
    exp: Math.floor(Date.now() / 1000) + 60,
    ...more,
  });
  const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = (more: object = {}, header: object = {}) =>
    new SignJWT(claims(more)).setProtectedHeader({ alg: 'RS256', kid: 'machine', ...header }).sign(clientKey);
  const present = async (client_assertion: string) =>
    token({ ...grant, client_id: 'machine', client_assertion, client_assertion_type: assertion_type }, PUBLIC);
  const hs256 = (header: object, payload: object, key: string) => {
    const input = `${b64({ alg: 'HS256', ...header })}.${b64(payload)}`;
    return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
  };

  test('a client assertion of the right key is taken, once', async () => {
    const one = await signed();
    expect((await present(one)).said).toBe('ok');
    expect((await present(one)).said).toBe('invalid_client');
    const many = await signed();
    const answers = await Promise.all(Array.from({ length: 10 }, () => present(many)));
    expect(answers.filter(({ said }) => said === 'ok')).toHaveLength(1);
  });

  test('forged assertions are not: none, HS256 by the public key, another key, another audience, expired, another client', async () => {
    const payload = claims();
    const stranger = await importPKCS8(await strangerKey(), 'RS256');
    for (const [what, jwt] of [
      ['none', `${b64({ alg: 'none' })}.${b64(payload)}.`],
      ['None', `${b64({ alg: 'None' })}.${b64(payload)}.AA`],
      ['HS256 by PEM', hs256({ kid: 'machine' }, payload, clientPublicPem)],
      ['HS256 by JWK', hs256({ kid: 'machine' }, payload, JSON.stringify(clientKey.export({ format: 'jwk' })))],
      ['no signature', (await signed()).replace(/\.[^.]+$/, '.')],
      ['another key', await new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'machine' }).sign(stranger)],
      [
        'its own jwk',
        await new SignJWT(payload).setProtectedHeader({ alg: 'RS256', jwk: { kty: 'RSA' } }).sign(stranger),
      ],
      [
        'its own jku',
        await new SignJWT(payload)
          .setProtectedHeader({ alg: 'RS256', jku: 'https://evil.example/jwks' })
          .sign(stranger),
      ],
      [
        'a kid that is a path',
        await new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: '../../dev/null' }).sign(stranger),
      ],
      ['another audience', await signed({ aud: 'https://elsewhere.example' })],
      ['no audience', await signed({ aud: undefined })],
      ['expired', await signed({ exp: Math.floor(Date.now() / 1000) - 120 })],
      ['no expiry', await signed({ exp: undefined })],
      ['good for two days', await signed({ exp: Math.floor(Date.now() / 1000) + 172_800 })],
      ['good for ever', await signed({ exp: 1e308 })],
      ['no jti', await signed({ jti: undefined })],
      ['another issuer', await signed({ iss: 'rp' })],
      ['another subject', await signed({ sub: 'rp' })],
      [
        'a critical header',
        await new SignJWT(payload)
          .setProtectedHeader({ alg: 'RS256', kid: 'machine', crit: ['x'], x: 1 })
          .sign(clientKey, { crit: { x: true } }),
      ],
      ['nonsense', 'a.b.c'],
      ['a NUL', '\0.\0.\0'],
    ] as const) {
      expect([what, (await present(jwt)).said]).toEqual([what, expect.stringMatching(/invalid_(client|request)/)]);
    }
  });

  test('our own ID token is no client assertion', async () => {
    const { body } = await token(grantOf(await code(new Person(), someone())), RP);
    expect((await present(body.id_token)).said).toMatch(/invalid_(client|request)/);
  });

  test('an id_token_hint counts only when we signed it for this client', async () => {
    const person = new Person();
    const { tokens, claims: told } = await rp.signIn(person, {}, as(someone()));
    const silent = async (id_token_hint: string) =>
      (await rp.signIn(person, { prompt: 'none', id_token_hint }, nobody)).error;
    expect(await silent(tokens.id_token as string)).toBeUndefined();
    const [, payload = ''] = (tokens.id_token as string).split('.');
    const { kid } = JSON.parse(publicKey);
    const stranger = await importPKCS8(await strangerKey(), 'RS256');
    const others = await (
      await RelyingParty.at(stile, {
        id: 'other',
        secret: 'another secret, of another client',
        redirectUri: 'https://rp.example/other',
      })
    ).signIn(person, {}, nobody);
    for (const [what, hint] of [
      ['none', `${b64({ alg: 'none' })}.${payload}.`],
      ['HS256 by the public key', hs256({ kid }, told, publicKey)],
      ["HS256 by the client's secret", hs256({}, told, 'a client secret for tests')],
      ['another key', await new SignJWT({ ...told }).setProtectedHeader({ alg: 'RS256', kid }).sign(stranger)],
      [
        'a changed sub',
        `${(tokens.id_token as string).split('.')[0]}.${b64({ ...told, sub: 'bob' })}.${(tokens.id_token as string).split('.')[2]}`,
      ],
      ["another client's", others.tokens.id_token as string],
      ['nonsense', 'x'],
      ['three dots', '...'],
    ] as const)
      expect([what, await silent(hint)]).toEqual([what, 'invalid_request']);
  });

  test('an id_token_hint of another person: silence is refused, and pages ask for nobody but him', async () => {
    const [one, two] = [new Person(), new Person()];
    const [ana, bob] = [someone(), someone()];
    const { tokens } = await rp.signIn(one, {}, as(ana));
    await rp.signIn(two, {}, as(bob));
    const id_token_hint = tokens.id_token as string;
    expect((await rp.signIn(two, { prompt: 'none', id_token_hint }, nobody)).error).toBe('login_required');
    const page = await two.go((await rp.request({ id_token_hint })).url);
    expect(page.form?.fields.step).toBe('prove:password');
    const { fields } = page.form as NonNullable<typeof page.form>;
    const renamed = await two.go(page.url, form({ ...fields, do: 'identify' }));
    expect(renamed.form?.fields.step).toBe('prove:password');
    const named = await two.go(page.url, form({ ...fields, step: '', username: bob }));
    expect(named.form?.fields).toMatchObject({ step: 'prove:password' });
    const logout = await two.go(`${stile.issuer}/session/end?id_token_hint=${id_token_hint}`);
    expect(logout.status).toBeLessThan(500);
  });
});

describe('clients', () => {
  test('are not let in by a wrong, empty or misplaced secret', async () => {
    const grant = { grant_type: 'client_credentials' };
    for (const authorization of [
      basic('rp', 'wrong'),
      basic('rp', ''),
      basic('nobody', 'wrong'),
      basic('', ''),
      'Basic !!!',
      'Basic',
      `Basic ${Buffer.from('rp').toString('base64')}`,
      `Basic ${Buffer.from('rp:%zz').toString('base64')}`,
      'Bearer x',
    ])
      expect((await token(grant, authorization)).said).toMatch(/invalid_(client|request)/);
    expect((await token({ ...grant, client_id: 'other', client_secret: 'x' }, RP)).said).toMatch(
      /invalid_(client|request)/,
    );
    expect((await token({ ...grant, client_id: 'rp' }, PUBLIC)).said).toMatch(/invalid_(client|request)/);
    expect((await token({ ...grant, client_id: 'machine' }, PUBLIC)).said).toMatch(/invalid_(client|request)/);
    expect((await token(grant, PUBLIC)).said).toMatch(/unauthorized_client|invalid_request/);
  });

  test("cannot speak as a person: a machine's token opens no userinfo", async () => {
    const machine = await token({ grant_type: 'client_credentials' }, RP);
    expect(machine.said).toBe('ok');
    expect([401, 403]).toContain(await userinfo(machine.body.access_token));
    expect((await token({ grant_type: 'client_credentials', scope: 'openid' }, RP)).said).toMatch(/ok|invalid_scope/);
  });

  test('get grants that are on, and no others', async () => {
    for (const grant_type of [
      'password',
      'implicit',
      'urn:ietf:params:oauth:grant-type:device_code',
      '',
      '__proto__',
      'constructor',
    ])
      expect((await token({ grant_type, username: 'ana', password: 'over-the-wall' }, RP)).said).toMatch(
        /unsupported_grant_type|invalid_request|unauthorized_client/,
      );
  });

  test('are not answered across origins unless their administrator said so', async () => {
    for (const path of ['/token', '/me', '/token/revocation']) {
      const answer = await raw(stile.issuer, path, {
        method: 'OPTIONS',
        headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
      });
      expect(answer.status).toBeLessThan(500);
    }
    const { body } = await token(grantOf(await code(new Person(), someone())), RP);
    const asked = await fetch(`${stile.issuer}/me`, {
      headers: { authorization: `Bearer ${body.access_token}`, origin: 'https://evil.example' },
    });
    expect(asked.headers.get('access-control-allow-origin')).toBeNull();
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
  });

  test('may not hide a request in an object nobody signed or at an address, or register themselves', async () => {
    const asked: Record<string, string>[] = [
      { request: 'eyJhbGciOiJub25lIn0.e30.' },
      { request_uri: 'https://evil.example/request' },
      { registration: '{}' },
    ];
    for (const more of asked) {
      const end = await new Person().go((await rp.request(more)).url);
      expect(end.url.searchParams.get('error')).toMatch(/not_supported|^invalid_request_object$/);
    }
    for (const path of ['/reg', '/request', '/backchannel'])
      expect([path, (await raw(stile.issuer, path, form({}))).status]).toEqual([path, 404]);
  });
});

/** Somebody else's RSA key. */
async function strangerKey(): Promise<string> {
  const { generateKeyPairSync } = await import('node:crypto');
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string;
}
