/** The device flow (RFC 8628): a device without a browser asks, and a person says yes or no on a screen of their own. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import pg from 'pg';
import { type Page, Person } from '../support/person.ts';
import { as, MFA, newcomer, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const secret = 'a client secret for tests';
const device = (id: string, more: object = {}) => ({
  id,
  name: 'Television',
  oidc: {
    client_id: id,
    token_endpoint_auth_method: 'none',
    grant_types: [GRANT, 'refresh_token'],
    ...more,
  },
});

let stile: Stile;
let rp: RelyingParty;
let keys: Awaited<ReturnType<typeof publish>>;

/** The key pair of a device with an identity of its own, its public half served on loopback. */
async function publish() {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const body = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', use: 'sig' }] });
  const server = createServer((_req, res) => res.setHeader('content-type', 'application/json').end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { privateKey, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks` };
}

beforeAll(async () => {
  keys = await publish();
  stile = await startStile({
    config: settings({
      proxies: ['127.0.0.0/8', '::1/128'],
      resources: [
        { resource: 'https://notes.example/api', name: 'Notes', scopes: ['notes:read', 'notes:write'], acr: MFA },
      ],
      applications: [
        device('tv', {
          resources: [
            { resource: 'https://notes.example/api', scopes: ['notes:read'] },
            { resource: '{issuer}/admin/api' },
          ],
        }),
        device('vault', { default_acr_values: [MFA] }),
        device('lab', { device_phishing_resistant: true }),
        device('meter', {
          token_endpoint_auth_method: 'private_key_jwt',
          jwks_uri: keys.url,
          subject_type: 'pairwise',
        }),
        { ...device('board'), groups: ['Board'] },
        { ...device('guest'), name: 'Guest app', third_party: true },
      ],
    }),
  });
  rp = await RelyingParty.at(stile);
});
afterAll(async () => {
  await stile?.stop();
  keys.server.close();
});

type Json = Record<string, string> & { interval: number; expires_in: number };

/** What a device says over the wire. */
async function send(path: string, body: Record<string, string>, headers: Record<string, string> = {}) {
  const response = await fetch(`${stile.issuer}${path}`, {
    method: 'POST',
    body: new URLSearchParams(body),
    headers: { 'user-agent': 'Television/9 (living room)', ...headers },
  });
  return { status: response.status, json: (await response.json()) as Json };
}
const start = async (params: Record<string, string> = {}) =>
  send('/device_authorization', { client_id: 'tv', scope: 'openid profile', ...params });
const begun = async (params: Record<string, string> = {}) => {
  const { status, json } = await start(params);
  expect({ status, error: json.error }).toEqual({ status: 200, error: undefined });
  return json;
};
const poll = (started: Json, more: Record<string, string> = {}) =>
  send('/token', { grant_type: GRANT, client_id: 'tv', device_code: started.device_code as string, ...more });
const tokensOf = async (started: Json, more: Record<string, string> = {}) => {
  const { status, json } = await poll(started, more);
  expect({ status, error: json.error }).toEqual({ status: 200, error: undefined });
  return json;
};
const deviceSays = async (started: Json, more: Record<string, string> = {}) => (await poll(started, more)).json.error;

/** A person at /device, with the code as far as the sign-in. */
async function enter(person: Person, started: Json, code = started.user_code as string): Promise<Page> {
  return person.submit(await person.go(`${stile.issuer}/device`), { user_code: code });
}
/** Code and sign-in, as far as the decision. */
async function standBefore(started: Json, who: string, person = new Person(), met: string[] = []): Promise<Page> {
  return as(who, { met, until: deciding })(person, await enter(person, started));
}
const deciding = (page: Page) => page.url.pathname.startsWith('/device');
const yes = { name: 'do', value: 'approve' };
const no = { name: 'do', value: 'deny' };
const approve = (person: Person, page: Page) => person.submit(page, { same: 'yes' }, yes);

describe('what the device gets', () => {
  test('a code to show and one to poll with, both addresses, how long and how often', async () => {
    const started = await begun();
    expect(started).toMatchObject({
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: `${stile.issuer}/device`,
      verification_uri_complete: `${stile.issuer}/device?user_code=${started.user_code}`,
      expires_in: 600,
      interval: 5,
    });
    expect(started.device_code!.length).toBeGreaterThanOrEqual(43);
    const discovery = (await (await fetch(`${stile.issuer}/.well-known/openid-configuration`)).json()) as Json;
    expect(discovery.device_authorization_endpoint).toBe(`${stile.issuer}/device_authorization`);
    expect(discovery.grant_types_supported).toContain(GRANT);
  });

  test('until somebody decided it waits, and is told to slow down when it asks again too soon', async () => {
    const started = await begun();
    expect(await deviceSays(started)).toBe('authorization_pending');
    expect(await deviceSays(started)).toBe('slow_down');
  });

  test('approved, it gets tokens that say how the person signed in in the browser, and says so at userinfo', async () => {
    const started = await begun({ acr_values: MFA });
    const [ana, person, met] = [someone(), new Person(), [] as string[]];
    const done = await approve(person, await standBefore(started, ana, person, met));
    expect(met).toEqual(['identify', 'prove:password', 'prove:totp']);
    expect(done.heading).toBe('Your device is connected');
    const tokens = await tokensOf(started);
    const claims = decodeJwt(tokens.id_token!);
    expect(claims).toMatchObject({ acr: MFA, amr: ['mfa', 'otp', 'pwd'], aud: 'tv', sid: expect.any(String) });
    expect(claims.auth_time).toBeGreaterThan(Date.now() / 1000 - 120);
    const me = await fetch(`${stile.issuer}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect(await me.json()).toMatchObject({ sub: claims.sub, preferred_username: ana });
    const { json: seen } = await send('/token/introspection', { token: tokens.access_token!, client_id: 'tv' });
    expect(seen).toMatchObject({ active: true, acr: MFA, amr: ['mfa', 'otp', 'pwd'], auth_time: claims.auth_time });
  });

  test('denied, it hears so; and a device code is answered once', async () => {
    const started = await begun();
    const person = new Person();
    const done = await person.submit(await standBefore(started, newcomer(), person), {}, no);
    expect(done.heading).toBe('The device was not let in');
    expect(await deviceSays(started)).toBe('access_denied');

    const again = await begun();
    const somebody = new Person();
    await approve(somebody, await standBefore(again, newcomer(), somebody));
    const answers = await Promise.all(Array.from({ length: 10 }, () => poll(again)));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect(await deviceSays(again)).toBe('invalid_grant');
  });

  test('with offline_access it stays when the browser signs out; without, its tokens end with that session', async () => {
    const results = [];
    for (const scope of ['openid', 'openid offline_access']) {
      const started = await begun({ scope });
      const person = new Person();
      await approve(person, await standBefore(started, newcomer(), person));
      const tokens = await tokensOf(started);
      await signOut(person);
      const { json } = await send('/token', {
        grant_type: 'refresh_token',
        client_id: 'tv',
        refresh_token: tokens.refresh_token!,
      });
      results.push({
        scope,
        sid: 'sid' in decodeJwt(tokens.id_token!),
        said: json.error ?? Boolean(json.access_token),
      });
    }
    expect(results).toEqual([
      { scope: 'openid', sid: true, said: 'invalid_grant' },
      { scope: 'openid offline_access', sid: false, said: true },
    ]);
  });

  test('of two devices with offline_access, giving one back leaves the other alone', async () => {
    const person = new Person();
    const who = newcomer();
    const tokens = [];
    for (let i = 0; i < 2; i++) {
      const started = await begun({ scope: 'openid offline_access' });
      await approve(person, await standBefore(started, who, person));
      tokens.push(await tokensOf(started));
    }
    await fetch(`${stile.issuer}/token/revocation`, {
      method: 'POST',
      body: new URLSearchParams({ token: tokens[0]!.refresh_token!, client_id: 'tv' }),
    });
    const said = [];
    for (const { refresh_token = '' } of tokens)
      said.push((await send('/token', { grant_type: 'refresh_token', client_id: 'tv', refresh_token })).status);
    expect(said).toEqual([400, 200]);
  });

  test('for a resource: what that needs is asked of the person, and its token says so; our own API is for those with a role', async () => {
    const resource = 'https://notes.example/api';
    const started = await begun({ scope: 'openid notes:read notes:write', resource });
    const person = new Person();
    const page = await standBefore(started, someone(), person);
    expect(page.html).toContain('notes:read');
    expect(page.html).not.toContain('notes:write');
    await approve(person, page);
    const tokens = await tokensOf(started, { resource });
    expect(decodeJwt(tokens.access_token!)).toMatchObject({ aud: resource, scope: 'notes:read', acr: MFA });

    expect((await start({ resource: 'https://elsewhere.example' })).json.error).toBe('invalid_target');
    const own = await begun({ scope: 'openid stile:admin', resource: `${stile.issuer}/admin/api` });
    expect((await standBefore(own, someone())).heading).toBe('The device was not let in');
    expect(await deviceSays(own)).toBe('access_denied');
  });

  test('a device with keys of its own and pairwise names works the same, and another client’s code does not', async () => {
    const proof = async () => ({
      client_id: 'meter',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await new SignJWT({ sub: 'meter', jti: crypto.randomUUID() })
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer('meter')
        .setAudience(stile.issuer)
        .setExpirationTime('1m')
        .sign(keys.privateKey),
    });
    const started = await begun(await proof());
    const person = new Person();
    const who = newcomer();
    await approve(person, await standBefore(started, who, person));
    const claims = decodeJwt((await tokensOf(started, await proof())).id_token!);
    const plain = await rp.signIn(person, { prompt: 'none' });
    expect(claims.sub).not.toBe(plain.claims.sub);
    const next = await begun({
      ...(await proof()),
      claims: JSON.stringify({ id_token: { sub: { value: claims.sub } } }),
    });
    await approve(person, await standBefore(next, who, person));
    expect(decodeJwt((await tokensOf(next, await proof())).id_token!).sub).toBe(claims.sub);
    expect(await deviceSays(await begun(), await proof())).toBe('invalid_grant');
  });
});

async function signOut(person: Person): Promise<void> {
  await person.submit(await person.go(`${stile.issuer}/session/end`), {}, { name: 'logout', value: 'yes' });
}

describe('who may ask', () => {
  test.each([
    ['a client without the grant', { client_id: 'rp', client_secret: secret }, 'invalid_request'],
    ['nobody we know', { client_id: 'nobody' }, 'invalid_client'],
    ['for a scope that is malformed', { scope: 'openid "' }, 'invalid_scope'],
    ['with claims that are nonsense inside', { claims: '{"id_token":{"acr":{"values":7}}}' }, 'invalid_request'],
    ['for what is phishing-resistant', { acr_values: 'phr' }, 'unmet_authentication_requirements'],
    [
      'for a key, as essential amr',
      { claims: '{"id_token":{"amr":{"essential":true,"values":["hwk"]}}}' },
      'unmet_authentication_requirements',
    ],
  ])('%s is refused at once', async (_who, params, error) => {
    expect((await start(params as Record<string, string>)).json.error).toBe(error);
  });

  test('a client that takes the risk on may ask for what is phishing-resistant', async () => {
    await begun({ client_id: 'lab', acr_values: 'phr' });
  });

  test('asked for the one or the other, what is within reach is asked of the person', async () => {
    const started = await begun({ acr_values: `phr ${MFA}` });
    const person = new Person();
    await approve(person, await standBefore(started, someone(), person));
    expect(decodeJwt((await tokensOf(started)).id_token!)).toMatchObject({ acr: MFA });
  });

  test('the address takes POST alone, and the library shows no page of its own', async () => {
    expect((await fetch(`${stile.issuer}/device_authorization`)).status).toBe(404);
  });
});

describe('the code', () => {
  test('is taken in any case, with or without dash, with spaces and in full-width letters', async () => {
    const spellings: ((code: string) => string)[] = [
      (code) => code.toLowerCase(),
      (code) => code.replace('-', ''),
      (code) => ` ${code.replace('-', ' – ')} `,
      (code) => code.replace(/[A-Z]/g, (letter) => String.fromCodePoint(letter.codePointAt(0)! + 0xfee0)),
    ];
    for (const spelt of spellings) {
      const started = await begun();
      expect((await enter(new Person(), started, spelt(started.user_code!))).heading).toBe('Sign in');
    }
  });

  test('in a link is filled in and nothing more, with a word about links', async () => {
    const started = await begun();
    const person = new Person();
    const page = await person.go(started.verification_uri_complete as string);
    expect(page.form?.fields.user_code).toBe(started.user_code);
    expect(page.html).toContain('Did somebody send you this code');
    expect(page.html).not.toContain('<script>');
    expect(await deviceSays(started)).toBe('authorization_pending');
    expect((await person.submit(page)).heading).toBe('Sign in');
  });

  test.each([
    ['one nobody has', 'BBBB-BBBB'],
    ['none', ''],
    ['one that is much too long', 'B'.repeat(5000)],
    ['markup', '<script>alert(1)</script>'],
  ])('that stands for nothing leads back to the field: %s', async (_what, code) => {
    const person = new Person();
    const page = await person.submit(await person.go(`${stile.issuer}/device`), { user_code: code });
    expect({ status: page.status, heading: page.heading }).toEqual({ status: 422, heading: 'Connect a device' });
    expect(page.html).toContain('was not accepted');
    expect(page.html).not.toContain('<script>alert');
  });

  test('cannot be guessed at: a browser gets ten tries in ten minutes, at once or in a row', async () => {
    const person = new Person();
    const page = await person.go(`${stile.issuer}/device`);
    const tries = await Promise.all(
      Array.from({ length: 12 }, (_, i) => person.submit(page, { user_code: `BBBB-BBB${'CDFGHJKLMNPQ'[i]}` })),
    );
    expect(tries.map(({ status }) => status).sort()).toEqual([...Array(10).fill(422), 429, 429]);
    const started = await begun();
    const refused = await person.submit(page, { user_code: started.user_code! });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  test('is answered only by the form that was shown, and by the browser it was shown to', async () => {
    const started = await begun();
    const person = new Person();
    const page = await person.go(`${stile.issuer}/device`);
    const post = (who: Person, body: Record<string, string>, headers = {}) =>
      who.go(`${stile.issuer}/device`, { method: 'POST', body: new URLSearchParams(body), headers });
    const code = { user_code: started.user_code! };
    expect((await post(person, code)).status).toBe(403);
    expect((await post(new Person(), { ...page.form!.fields, ...code })).status).toBe(400);
    expect((await post(person, { ...page.form!.fields, ...code }, { 'sec-fetch-site': 'cross-site' })).status).toBe(
      403,
    );
  });
});

describe('the decision', () => {
  test('shows the application, the person, what it gets, where it asked from, what it calls itself and the code', async () => {
    const who = newcomer();
    const started = await begun({ scope: 'openid profile email' });
    const page = await standBefore(started, who);
    expect(page.heading).toBe('Let this device into Television?');
    for (const said of [
      who,
      started.user_code!,
      'Television/9 (living room)',
      'Your email',
      'Refuse if somebody sent you the code',
    ])
      expect(page.html).toContain(said);
  });

  test.each([
    ['203.0.113.9', '198.51.100.7', true],
    ['203.0.113.9', '203.0.113.9', false],
    ['2001:db8:1:2::9', '2001:db8:1:2:ffff::7', false],
    ['2001:db8:1:2::9', '2001:db8:1:3::9', true],
    ['203.0.113.9', '2001:db8:1:2::9', false],
  ])(
    'says where the device asked from (%s), and when that is not where the person is (%s): %s',
    async (there, here, far) => {
      const { json: started } = await send(
        '/device_authorization',
        { client_id: 'tv', scope: 'openid' },
        { 'x-forwarded-for': there },
      );
      const person = new Person({ headers: { 'accept-language': 'en', 'x-forwarded-for': here } });
      const page = await standBefore(started, newcomer(), person);
      expect(page.html).toContain(`<bdi>${there}</bdi>`);
      expect(page.html.includes('It asked from another network')).toBe(far);
    },
  );

  test('is not yes without the tick that the codes are the same, and the page says so', async () => {
    const started = await begun();
    const person = new Person();
    const page = await person.submit(await standBefore(started, newcomer(), person), {}, yes);
    expect(page.html).toContain('Compare the codes and tick the box, or refuse.');
    expect(await deviceSays(started)).toBe('authorization_pending');
    expect((await approve(person, page)).heading).toBe('Your device is connected');
  });

  test('is one: of two people with the same code the first decides, and the other is told that it is too late', async () => {
    const started = await begun();
    const people = [new Person(), new Person()];
    const pages = await Promise.all(people.map((person) => standBefore(started, newcomer(), person)));
    const ends = await Promise.all(people.map((person, i) => approve(person, pages[i]!)));
    expect(ends.map(({ heading }) => heading).sort()).toEqual([
      'This sign-in has timed out',
      'Your device is connected',
    ]);
    await tokensOf(started);
    expect((await enter(new Person(), started)).status).toBe(422);
  });

  test('may be pressed twice at once without being made twice', async () => {
    const started = await begun();
    const person = new Person();
    const page = await standBefore(started, newcomer(), person);
    await Promise.all(Array.from({ length: 5 }, () => approve(person, page)));
    await tokensOf(started);
  });

  test('is another browser’s to nobody, and needs its own form', async () => {
    const started = await begun();
    const person = new Person();
    const page = await standBefore(started, newcomer(), person);
    expect((await new Person().go(page.url)).status).toBe(400);
    const post = (who: Person, body: Record<string, string>) =>
      who.go(page.form!.action, { method: 'POST', body: new URLSearchParams(body) });
    const filled = { same: 'yes', do: 'approve' };
    expect((await post(person, filled)).status).toBe(403);
    expect((await post(new Person(), { ...page.form!.fields, ...filled })).status).toBe(400);
    expect((await post(person, { ...page.form!.fields, do: 'sell' })).status).toBe(400);
    expect(await deviceSays(started)).toBe('authorization_pending');
  });
});

describe('whose session', () => {
  test('whoever is signed in already proves it again: what stood there before the device asked counts for nothing', async () => {
    const person = new Person();
    const who = newcomer();
    const before = await rp.signIn(person, {}, as(who));
    const started = await begun();
    const met: string[] = [];
    await approve(person, await standBefore(started, who, person, met));
    expect(met).toEqual(['prove:password']);
    const claims = decodeJwt((await tokensOf(started)).id_token!);
    expect(claims.sub).toBe(before.claims.sub);
    expect(claims.auth_time).toBeGreaterThanOrEqual(before.claims.auth_time as number);
  });

  test('a second factor proved before does not carry over either', async () => {
    const person = new Person();
    const ana = someone();
    await rp.signIn(person, { acr_values: MFA }, as(ana));
    const started = await begun();
    await approve(person, await standBefore(started, ana, person));
    expect(decodeJwt((await tokensOf(started)).id_token!)).toMatchObject({ amr: ['pwd'] });
  });

  test('somebody else may take over the browser: the other session ends, and the device is theirs', async () => {
    const person = new Person();
    const first = await rp.signIn(person, {}, as(newcomer()));
    const who = newcomer();
    const started = await begun();
    const asked = await enter(person, started);
    const identify = await person.submit(asked, {}, { name: 'do', value: 'identify' });
    await approve(person, await as(who, { until: deciding })(person, identify));
    const claims = decodeJwt((await tokensOf(started)).id_token!);
    expect(claims.sub).not.toBe(first.claims.sub);
    const me = await fetch(`${stile.issuer}/me`, { headers: { authorization: `Bearer ${first.tokens.access_token}` } });
    expect(me.status).toBe(401);
  });

  test('signed out in another tab before the decision, the person signs in again, and nothing was given meanwhile', async () => {
    const person = new Person();
    const who = newcomer();
    const started = await begun();
    const page = await standBefore(started, who, person);
    await signOut(person);
    const asked = await approve(person, page);
    expect(asked.heading).toBe('Sign in');
    expect(await deviceSays(started)).toBe('authorization_pending');
    await approve(person, await as(who, { until: deciding })(person, asked));
    await tokensOf(started);
  });

  test('somebody else signed in in another tab before the decision: that yes was not theirs, and they are asked', async () => {
    const person = new Person();
    const [first, second] = [newcomer(), newcomer()];
    const started = await begun();
    const page = await standBefore(started, first, person);
    expect(page.html).toContain(first);
    await signOut(person);
    const { claims } = await rp.signIn(person, {}, as(second));
    const asked = await approve(person, page);
    expect(asked.heading).toBe('Let this device into Television?');
    expect(asked.html).toContain(second);
    expect(await deviceSays(started)).toBe('authorization_pending');
    await approve(person, asked);
    expect(decodeJwt((await tokensOf(started)).id_token!).sub).toBe(claims.sub);
  });

  test('signed out after the approval but before the device came back, it gets nothing', async () => {
    const person = new Person();
    const started = await begun();
    await approve(person, await standBefore(started, newcomer(), person));
    await signOut(person);
    expect(await deviceSays(started)).toBe('invalid_grant');
  });

  test('the session goes on for single sign-on, and the device does not change what others know of it', async () => {
    const person = new Person();
    const who = newcomer();
    const started = await begun();
    await approve(person, await standBefore(started, who, person));
    const { claims } = await rp.signIn(person, { prompt: 'none' });
    expect(claims.sub).toBe(decodeJwt((await tokensOf(started)).id_token!).sub);
  });

  test('a request that names a person is answered about nobody else', async () => {
    const hint = (await rp.signIn(new Person(), {}, as(newcomer()))).tokens.id_token as string;
    const sub = decodeJwt(hint).sub as string;
    const started = await begun({ claims: JSON.stringify({ id_token: { sub: { value: sub } } }) });
    const page = await standBefore(started, newcomer());
    expect(page.heading).toBe('The device was not let in');
    expect(await deviceSays(started)).toBe('login_required');
  });
});

describe('the engine has its say', () => {
  test('whoever may not use the application is refused, and the device hears it', async () => {
    const started = await begun({ client_id: 'board' });
    const person = new Person();
    const page = await standBefore(started, newcomer(), person);
    expect(page.heading).toBe('The device was not let in');
    expect(await deviceSays(started, { client_id: 'board' })).toBe('access_denied');
  });

  test('a client that always wants a second factor gets it', async () => {
    const started = await begun({ client_id: 'vault' });
    const person = new Person();
    await approve(person, await standBefore(started, someone(), person));
    expect(decodeJwt((await tokensOf(started, { client_id: 'vault' })).id_token!)).toMatchObject({ acr: MFA });
  });

  test('a third party asks for consent on the way', async () => {
    const started = await begun({ client_id: 'guest' });
    const met: string[] = [];
    await standBefore(started, newcomer(), new Person(), met);
    expect(met).toContain('consent');
  });

  test('asked, approved and denied are on record, with where the device was, and no code is', async () => {
    const person = new Person();
    const started = await begun();
    await approve(person, await standBefore(started, newcomer(), person));
    const client = new pg.Client({ connectionString: stile.databaseUrl! });
    await client.connect();
    try {
      const { rows } = await client.query(`select * from events where type like 'device.%'`);
      expect(new Set(rows.map(({ type }) => type))).toEqual(
        new Set(['device.started', 'device.approved', 'device.denied']),
      );
      const text = JSON.stringify(rows);
      expect(text).toContain('Television/9 (living room)');
      for (const secret of [started.device_code, started.user_code, started.user_code!.replace('-', '')])
        expect(text).not.toContain(secret);
    } finally {
      await client.end();
    }
  });
});
