/** Applications that register themselves (RFC 7591) and manage that (RFC 7592), on two nodes of one service. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mintInitialAccessToken } from '../../src/protocols/oidc/registration/initial-access.ts';
import { secretsSealer } from '../../src/state/sealer.ts';
import { type Db, openDatabase } from '../../src/store/database.ts';
import { Registrations } from '../../src/store/registrations.ts';
import { Person } from '../support/person.ts';
import { as, CALLBACK, newcomer, RelyingParty, settings } from '../support/rp.ts';
import { freePort, type Stile, startStile, TEST_SECRET } from '../support/stile.ts';

let stile: Stile;
let other: string;
let second: Stile;
let db: Db;
const most = 12;

beforeAll(async () => {
  const config = settings({
    registration: { enabled: true, limit: most, scopes: ['openid', 'email', 'offline_access'] },
  });
  stile = await startStile({ config });
  const port = await freePort();
  const { databaseUrl: DATABASE_URL = '', redisUrl: REDIS_URL = '', issuer: ISSUER } = stile;
  const env = { DATABASE_URL, REDIS_URL, ISSUER, STILE_SECRET: TEST_SECRET, PORT: String(port) };
  second = await startStile({ config, embedded: true, env });
  other = `http://localhost:${port}`;
  db = await openDatabase({ url: DATABASE_URL });
});
afterAll(async () => {
  expect(stile.output() + second.output()).not.toMatch(/"level":(50|60)/);
  await db.close();
  await second.stop();
  await stile.stop();
});

/** As the administration lets an application register. */
async function allowed(more: { uses?: number; expires?: number; scopes?: string[] } = {}): Promise<string> {
  const mint = mintInitialAccessToken({
    registrations: new Registrations(db.knex, secretsSealer([TEST_SECRET])),
    scopes: ['openid', 'email', 'offline_access'],
    now: Date.now,
  });
  return (await mint({ uses: 1, expires: 60, by: 'tests', ...more })).token;
}

type Body = Record<string, unknown>;

async function call(method: string, url: string, token: string | undefined, body?: Body | string) {
  const answer = await fetch(url, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text.startsWith('{') ? JSON.parse(text) : {}) as Body };
}
const register = (token: string | undefined, body: Body | string, at = stile.issuer) =>
  call('POST', `${at}/reg`, token, body);
const plain = { client_name: 'Timesheet', redirect_uris: [CALLBACK] };
const said = ({ status, body }: { status: number; body: Body }) => [status, body.error];

test('a registered application signs people in, at every node at once, and asks them first', async () => {
  const made = await register(await allowed(), {
    ...plain,
    grant_types: ['authorization_code', 'refresh_token'],
    unknown: 1,
  });
  expect(made).toMatchObject({
    status: 201,
    body: {
      client_name: 'Timesheet',
      redirect_uris: [CALLBACK],
      scope: 'openid email offline_access',
      token_endpoint_auth_method: 'client_secret_basic',
      client_secret: expect.stringMatching(/^[\w-]{40,}$/),
      client_secret_expires_at: 0,
      registration_client_uri: `${stile.issuer}/reg/${made.body.client_id}`,
      registration_access_token: expect.any(String),
    },
  });
  expect(Object.keys(made.body)).not.toEqual(expect.arrayContaining(['unknown']));
  for (const key of ['third_party', 'application', 'unknown', 'allowed_scope'])
    expect(made.body).not.toHaveProperty(key);

  const id = String(made.body.client_id);
  const elsewhere = await fetch(
    `${other}/auth?${new URLSearchParams({ client_id: id, response_type: 'code', scope: 'openid', redirect_uri: CALLBACK, prompt: 'none' })}`,
    { redirect: 'manual' },
  );
  expect(new URL(elsewhere.headers.get('location')!).searchParams.get('error')).toBe('login_required');

  const rp = await RelyingParty.at(stile, { id, secret: String(made.body.client_secret) });
  const met: string[] = [];
  const { claims } = await rp.signIn(new Person(), { scope: 'openid email' }, as(newcomer(), { met }));
  expect(met).toContain('consent');
  expect(claims.aud).toBe(id);
  const groups = await new Person().go((await rp.request({ scope: 'openid groups' })).url);
  expect(groups.url.searchParams.get('error')).toBe('invalid_scope');
});

test('it reads, changes and removes itself; its access token is another after every change, its secret is shown once', async () => {
  const { body } = await register(await allowed(), plain);
  const url = String(body.registration_client_uri);
  const id = String(body.client_id);
  const first = String(body.registration_access_token);
  const read = await call('GET', url, first);
  expect(read).toMatchObject({ status: 200, body: { client_id: id, client_name: 'Timesheet' } });
  expect(read.body).not.toHaveProperty('client_secret');

  const change = { client_id: id, client_name: 'Timesheets', redirect_uris: ['https://rp.example/new'] };
  const changes = await Promise.all(Array.from({ length: 5 }, () => call('PUT', url, first, change)));
  expect(changes.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
  const changed = changes.find(({ status }) => status === 200)!.body;
  expect(changed).toMatchObject({ client_name: 'Timesheets', redirect_uris: ['https://rp.example/new'] });
  expect(changed).not.toHaveProperty('client_secret');
  const next = String(changed.registration_access_token);
  expect(next).not.toBe(first);
  expect(said(await call('GET', url, first))).toEqual([401, 'invalid_token']);
  // The secret it was given still is.
  const rp = await RelyingParty.at(stile, {
    id,
    secret: String(body.client_secret),
    redirectUri: 'https://rp.example/new',
  });
  const { tokens } = await rp.signIn(new Person(), { scope: 'openid' }, as(newcomer()));

  expect((await call('DELETE', url, next)).status).toBe(204);
  expect(said(await call('GET', url, next))).toEqual([401, 'invalid_token']);
  const gone = await new Person().go((await rp.request()).url);
  expect([gone.status, gone.url.origin]).toEqual([400, stile.issuer]);
  expect(
    (await fetch(`${stile.issuer}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } })).status,
  ).toBe(401);
});

test('an administrator lets applications register, and that is on record', async () => {
  const env = {
    PATH: process.env.PATH ?? '',
    STILE_CONFIG: join(stile.dataDir, 'stile.yaml'),
    DATA_DIR: join(stile.dataDir, 'data'),
    DATABASE_URL: stile.databaseUrl as string,
    STILE_SECRET: TEST_SECRET,
  };
  const args = ['bin/stile.mjs', 'app', 'allow-registration', '--uses', '2', '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  const made = JSON.parse(stdout);
  expect(made).toMatchObject({ uses: 2, registration_endpoint: `${stile.issuer}/reg` });
  expect((await register(made.initial_access_token, plain)).status).toBe(201);
  const events = await db.knex('events').where({ type: 'registration.allowed' });
  expect(events).toHaveLength(1);
  expect(JSON.stringify(events)).not.toContain(made.initial_access_token);
});

test('nobody manages another, and asking for it ends their own say', async () => {
  const [ours, theirs] = [await register(await allowed(), plain), await register(await allowed(), plain)];
  const token = String(ours.body.registration_access_token);
  for (const method of ['GET', 'DELETE'])
    expect(said(await call(method, String(theirs.body.registration_client_uri), token))).toEqual([
      401,
      'invalid_token',
    ]);
  expect(
    (await call('GET', String(theirs.body.registration_client_uri), String(theirs.body.registration_access_token)))
      .status,
  ).toBe(200);
  // Nor what the file declares.
  expect(
    said(await call('PUT', `${stile.issuer}/reg/rp`, token, { client_id: 'rp', redirect_uris: [CALLBACK] })),
  ).toEqual([401, 'invalid_token']);
});

test('a token is good as often as it says, whoever is quickest, and a mistake costs no use', async () => {
  const token = await allowed({ uses: 2 });
  expect(said(await register(token, { redirect_uris: [] }))).toEqual([400, 'invalid_redirect_uri']);
  const all = await Promise.all(
    Array.from({ length: 8 }, (_, i) => register(token, plain, i % 2 ? other : stile.issuer)),
  );
  expect(all.map(({ status }) => status).sort()).toEqual([201, 201, 401, 401, 401, 401, 401, 401]);
});

test.each<[string, () => Promise<string | undefined>]>([
  ['no token', async () => undefined],
  ['a token nobody made', async () => 'guess'],
  ['an expired token', () => allowed({ expires: -1 })],
])('%s registers nobody', async (_what, token) => {
  expect(said(await register(await token(), plain))).toEqual([401, 'invalid_token']);
});

describe('what is refused', () => {
  test.each<[string, Body | string, string]>([
    ['http', { redirect_uris: ['http://rp.example/cb'] }, 'invalid_redirect_uri'],
    ['localhost on the web', { redirect_uris: ['http://localhost/cb'] }, 'invalid_redirect_uri'],
    ['a fragment', { redirect_uris: ['https://rp.example/#x'] }, 'invalid_redirect_uri'],
    ['a script', { redirect_uris: ['javascript:alert(1)'], application_type: 'native' }, 'invalid_redirect_uri'],
    ['no address', {}, 'invalid_redirect_uri'],
    ['an address that is none', { redirect_uris: CALLBACK }, 'invalid_redirect_uri'],
    [
      'twenty-one addresses',
      { redirect_uris: Array.from({ length: 21 }, (_, i) => `https://rp.example/${i}`) },
      'invalid_redirect_uri',
    ],
    ['half a surrogate pair', '{"redirect_uris":["https://rp.example/\\ud800"]}', 'invalid_client_metadata'],
    ['a NUL', '{"redirect_uris":["https://rp.example/cb"],"contacts":["\\u0000"]}', 'invalid_client_metadata'],
    ['depth', `{"jwks":${'['.repeat(7000)}${']'.repeat(7000)}}`, 'invalid_client_metadata'],
    ['a scope beyond the token', { ...plain, scope: 'openid groups' }, 'invalid_client_metadata'],
    ['a machine', { ...plain, grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
    ['implicit flow', { ...plain, response_types: ['id_token'], grant_types: ['implicit'] }, 'invalid_client_metadata'],
    [
      'keys inside',
      { ...plain, jwks_uri: 'https://localhost/jwks', token_endpoint_auth_method: 'private_key_jwt' },
      'invalid_client_metadata',
    ],
    [
      'keys at an address',
      { ...plain, jwks_uri: 'https://169.254.169.254/jwks', token_endpoint_auth_method: 'private_key_jwt' },
      'invalid_client_metadata',
    ],
    [
      'keys without https',
      { ...plain, jwks_uri: 'http://rp.example/jwks', token_endpoint_auth_method: 'private_key_jwt' },
      'invalid_client_metadata',
    ],
    [
      'a sector inside',
      { ...plain, subject_type: 'pairwise', sector_identifier_uri: 'https://intranet/sector' },
      'invalid_client_metadata',
    ],
    [
      'a sector that cannot be read',
      { ...plain, subject_type: 'pairwise', sector_identifier_uri: 'https://rp.invalid/sector' },
      'invalid_client_metadata',
    ],
    ['to be told inside', { ...plain, backchannel_logout_uri: 'https://127.0.0.1/bcl' }, 'invalid_client_metadata'],
    ['a logo with a password', { ...plain, logo_uri: 'https://a:b@rp.example/logo' }, 'invalid_client_metadata'],
    [
      'a certificate where none can come',
      { ...plain, token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: 'a' },
      'invalid_client_metadata',
    ],
    ['a name that hides', { ...plain, client_name: 'Pay\u202eroll' }, 'invalid_client_metadata'],
    ['a name too long', { ...plain, client_name: 'x'.repeat(200) }, 'invalid_client_metadata'],
    ['somebody else as a witness', { ...plain, software_statement: 'a.b.c' }, 'unapproved_software_statement'],
    ['twenty kilobytes', { ...plain, contacts: ['x'.repeat(20_000)] }, 'invalid_client_metadata'],
    ['a list', '[]', 'invalid_request'],
    ['half of it', '{"redirect_uris":', 'invalid_request'],
  ])('%s', async (_what, body, error) => {
    expect(said(await register(await token, body))).toEqual([400, error]);
  });
  let token: Promise<string>;
  beforeAll(() => {
    token = allowed();
  });
});

test('more than there may be are refused, and that is no use of the token', async () => {
  const token = await allowed({ uses: 100 });
  const answers = [];
  for (let i = 0; i < most + 1; i++) answers.push(said(await register(token, plain)));
  expect(answers.at(-1)).toEqual([400, 'invalid_request']);
  expect(answers).not.toContainEqual([401, 'invalid_token']);
  const { rows } = await db.knex.raw("select count(*)::int as n from applications where source = 'registered'");
  expect(rows[0].n).toBe(most);
});

test('no secret and no token lies readable in the database, and all of it is on record', async () => {
  const { rows } = await db.knex.raw("select settings from applications where source = 'registered' limit 1");
  expect(rows[0].settings).not.toMatch(/client_secret/);
  const events = await db
    .knex('events')
    .whereIn('type', ['application.registered', 'application.changed', 'application.deleted']);
  expect(new Set(events.map(({ type }) => type)).size).toBe(3);
});

test('discovery names the endpoint', async () => {
  const said = (await (await fetch(`${stile.issuer}/.well-known/openid-configuration`)).json()) as Body;
  expect(said.registration_endpoint).toBe(`${stile.issuer}/reg`);
});
