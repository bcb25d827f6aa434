/**
 * Mutated requests over everything that answers, as far as discovery and the OpenAPI document name it, and the rest by hand.
 * fuzz.test.ts asks as strangers and browsers do; here most of a request is right, so that what is behind the first check
 * is reached: operations as owner, registrations, pushed and signed requests, proofs, devices, registration links.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { textOf } from '../../src/admin/api/request.ts';
import { askThrough } from '../../src/admin/socket.ts';
import { Person } from '../support/person.ts';
import { as, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile, TEST_SECRET } from '../support/stile.ts';
import { applications, clientKey, clientPublicJwk, leaks, raw } from './attacker.ts';

/** The same requests every time, so that a red run is a change of ours; FUZZ_SEED asks others. */
const seed = Number(process.env.FUZZ_SEED ?? 20_261_124);
const rounds = Number(process.env.FUZZ_ROUNDS ?? 300);
const together = 8;
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

/** Mulberry32. */
function dice(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
const roll = dice(seed);
const one = <T>(from: readonly T[]): T => from[Math.floor(roll() * from.length)] as T;
const chance = (p: number) => roll() < p;

let stile: Stile;
let rp: RelyingParty;

beforeAll(async () => {
  stile = await startStile({
    config: settings({
      limits: { address_failures: 1_000_000 },
      registration: { enabled: true },
      resources: [{ resource: 'https://notes.example/api', name: 'Notes', scopes: ['notes:read'] }],
      applications: applications.map((app) =>
        app.id === 'machine' || app.id === 'spa'
          ? {
              ...app,
              oidc: {
                ...app.oidc,
                grant_types: [
                  ...['authorization_code', 'refresh_token', DEVICE],
                  ...(app.id === 'machine' ? ['client_credentials'] : []),
                ],
                resources: [{ resource: 'https://notes.example/api' }],
              },
            }
          : app,
      ),
    }),
  });
  rp = await RelyingParty.at(stile);
});
afterAll(() => stile.stop());

const hostile: readonly unknown[] = [
  ...[
    '',
    ' ',
    '\0',
    '\ud800',
    '\ufffe\u202e',
    '\r\nset-cookie: a=b',
    '../../..',
    '%00',
    "' or 1=1 --",
    '{{7*7}}',
    'null',
  ],
  ...[
    'x'.repeat(5000),
    '<script>alert(1)</script>',
    '//evil.example',
    'javascript:alert(1)',
    'https://[::1',
    'é'.repeat(300),
  ],
  ...[
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e308,
    2 ** 53,
    [],
    {},
    [[]],
    [null],
    { a: null },
    JSON.parse('{"__proto__":{"a":1}}'),
  ],
  JSON.parse('['.repeat(200) + ']'.repeat(200)),
  ...[
    'none',
    'HS256',
    'RS256',
    'openid',
    'rp',
    'machine',
    'spa',
    'local:ana',
    'owner',
    'S256',
    'jwt',
    'consent',
    '999999999999',
  ],
];

type Json = Record<string, unknown>;

/** A field is lost, replaced, doubled into a list, moved into another, or joined by one that nobody knows. */
function mutated(valid: Json, depth = 0): Json {
  const made: Json = { ...valid };
  const keys = Object.keys(made);
  for (let n = 0; n < 1 + Math.floor(roll() * 2); n++) {
    const key = one([...keys, 'unknown', '__proto__x', 'constructor', 'toString']);
    const inner = made[key];
    if (depth < 3 && typeof inner === 'object' && inner !== null && chance(0.6))
      made[key] = Array.isArray(inner)
        ? inner.map((value) => (chance(0.5) ? one(hostile) : value))
        : mutated(inner as Json, depth + 1);
    else if (chance(0.25)) delete made[key];
    else if (chance(0.15)) made[key] = [inner, inner];
    else made[key] = one(hostile);
  }
  return made;
}

/** Fields of a form: what is no text is sent as JSON, and some are sent twice. */
function fields(from: Json): string {
  const pairs = Object.entries(from).flatMap(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return chance(0.04)
      ? [
          [name, text],
          [name, text],
        ]
      : [[name, text]];
  });
  return new URLSearchParams(pairs as [string, string][]).toString();
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
}

/** Some bodies are damaged as a whole. */
function damaged(sent: Sent): Sent {
  const { body = '' } = sent;
  if (!chance(0.12)) return sent;
  const cut = body.slice(0, Math.floor(roll() * body.length));
  const type = one([
    'text/plain',
    'multipart/form-data; boundary=a',
    'application/json; charset=utf-16',
    ';',
    'application/xml',
  ]);
  return {
    ...sent,
    body: one([cut, `${body}${body}`, `${body}\0`, '[]', 'null', '"', '\ud800', body.replaceAll('"', '')]),
    headers: chance(0.3) ? { ...sent.headers, 'content-type': type } : sent.headers,
  };
}

const printable = (text: string) => text.replace(/[^\t\x20-\x7e]/g, '?');
const odd = (): Record<string, string> =>
  chance(0.3)
    ? {
        [one([
          'accept',
          'accept-language',
          'origin',
          'x-forwarded-for',
          'x-forwarded-host',
          'x-request-id',
          'traceparent',
          'user-agent',
          'if-match',
          'idempotency-key',
          'x-client-certificate',
          'dpop',
        ])]: printable(String(one(hostile))).slice(0, 900),
      }
    : {};

const form = (path: string, valid: Json, headers: Record<string, string> = {}): Sent =>
  damaged({
    method: chance(0.9) ? 'POST' : one(['GET', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH']),
    path,
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers, ...odd() },
    body: fields(chance(0.9) ? mutated(valid) : valid),
  });

const b64 = (value: unknown) => Buffer.from(JSON.stringify(value) ?? '').toString('base64url');

/** A JWT by the machine's own key whose header and claims are not quite right; now and then no JWT any more. */
async function jwt(claims: Json, header: Json): Promise<string> {
  const [payload, head] = [chance(0.6) ? mutated(claims) : claims, chance(0.3) ? mutated(header) : header];
  if (chance(0.1))
    return one([
      `${b64(head)}.${b64(payload)}.`,
      `${b64(head)}.${b64(one(hostile))}.AA`,
      'a.b.c',
      '...',
      'e30.e30.e30.e30.e30',
    ]);
  try {
    return await new SignJWT(payload).setProtectedHeader({ ...head, alg: 'RS256' }).sign(clientKey);
  } catch {
    return `${b64(head)}.${b64(payload)}.AA`;
  }
}
const times = () => {
  const now = Math.floor(Date.now() / 1000);
  return { iat: now, exp: now + 60, jti: `jti-${roll()}` };
};

const verifier = 'v'.repeat(43);
const asking = (client: string): Json => ({
  ...{
    client_id: client,
    redirect_uri: `https://rp.example/${client}`,
    response_type: 'code',
    scope: 'openid notes:read',
  },
  ...{ code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' },
  ...{
    state: 'st',
    nonce: 'n',
    claims: '{"id_token":{"acr":{"essential":true,"values":["mfa"]}}}',
    resource: 'https://notes.example/api',
  },
  ...{
    response_mode: 'query.jwt',
    prompt: 'login',
    max_age: '60',
    login_hint: 'ana',
    acr_values: 'urn:stile:acr:aal2',
  },
});
const assertion = async () => ({
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: await jwt({ iss: 'machine', sub: 'machine', aud: stile.issuer, ...times() }, { kid: 'machine' }),
});
const proof = async (path: string, method = 'POST') => ({
  dpop: await jwt(
    { htm: method, htu: `${stile.issuer}${path}`, ...times() },
    { typ: 'dpop+jwt', jwk: clientPublicJwk },
  ),
});

/** What somebody holds who got so far. */
const held = {
  cookie: '',
  walk: 'x',
  access: 'x',
  refresh: 'x',
  code: 'x',
  csrf: '',
  link: 'x',
  linkCsrf: '',
  initial: 'x',
  registered: 'x',
  registration: 'x',
  device: 'x',
  user: 'x',
  pushed: 'x',
};

const jar = (person: Person) =>
  [...person.cookies].map(([name, value]) => `${name.split(' ').at(-1)}=${value}`).join('; ');
const socket = () => join(stile.dataDir, 'data', 'stile.sock');
async function local(method: string, path: string, body?: Json) {
  const text = body && JSON.stringify(body);
  const headers = text ? { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) } : {};
  const [bare = '', query = ''] = path.split('?');
  const answer = await askThrough(socket(), {
    method,
    path: `/admin/api/v1${bare}`,
    query: new URLSearchParams(query),
    headers,
    body: text,
  });
  return JSON.parse(await textOf(answer!)) as Record<string, string>;
}

async function gather(): Promise<void> {
  const person = new Person();
  const { tokens } = await rp.signIn(person, { scope: 'openid offline_access' }, as(someone()));
  const end = await person.go((await rp.request()).url);
  // Whatever became of her.
  await local('POST', '/users', { username: 'nora' });
  await local('POST', '/users/local:nora/enable', {});
  const { link = '' } = await local('POST', '/users/local:nora/registration-link', {});
  const page = await person.go(link);
  const entering = await person.go(`${stile.issuer}/device`);
  const started = await post('/device_authorization', { client_id: 'spa', scope: 'openid' });
  const deciding = await person.submit(entering, { user_code: started.user_code as string });
  const pushed = await post('/par', asking('spa'));
  const { initial_access_token: initial = '' } = await local('POST', '/initial-access-tokens', { uses: 100 });
  const made = await raw(stile.issuer, '/reg', {
    method: 'POST',
    headers: { authorization: `Bearer ${initial}`, 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: ['https://rp.example/reg'] }),
  });
  const { client_id = 'x', registration_access_token = 'x' } = JSON.parse(made.body);
  Object.assign(held, {
    ...{ access: tokens.access_token, refresh: tokens.refresh_token, code: end.url.searchParams.get('code') },
    ...{
      csrf: entering.form?.fields.csrf,
      link: new URL(link).searchParams.get('token'),
      linkCsrf: page.form?.fields.csrf,
    },
    ...{ walk: deciding.url.pathname.split('/').at(-1), cookie: jar(person), device: started.device_code },
    ...{ initial, registered: client_id, registration: registration_access_token, pushed: pushed.request_uri },
    user: (await local('GET', '/users/local:nora')).id,
  });
}
async function post(path: string, body: Json): Promise<Json> {
  const answer = await raw(stile.issuer, path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(body as Record<string, string>).toString(),
  });
  return answer.body.startsWith('{') ? JSON.parse(answer.body) : {};
}

const metadata = (): Json => ({
  ...{ redirect_uris: ['https://rp.example/reg'], client_name: 'Clock', token_endpoint_auth_method: 'private_key_jwt' },
  ...{ jwks: { keys: [{ ...clientPublicJwk, use: 'sig' }] }, grant_types: ['authorization_code', 'refresh_token'] },
  ...{ scope: 'openid', logo_uri: 'https://rp.example/logo', contacts: ['ops@rp.example'], subject_type: 'pairwise' },
  ...{
    id_token_signed_response_alg: 'ES256',
    default_acr_values: ['mfa'],
    default_max_age: 60,
    application_type: 'web',
  },
  ...{
    tls_client_auth_subject_dn: 'CN=a',
    request_object_signing_alg: 'RS256',
    post_logout_redirect_uris: ['https://rp.example/bye'],
  },
});

/** Everything of the protocols and pages, as likely as it is new. */
const asked: (() => Promise<Sent>)[] = [
  async () => form('/par', { ...asking('machine'), ...(await assertion()) }, chance(0.3) ? await proof('/par') : {}),
  async () =>
    form('/par', {
      client_id: 'machine',
      request: await jwt(
        { iss: 'machine', aud: stile.issuer, ...asking('machine'), ...times() },
        { kid: 'machine', typ: 'oauth-authz-req+jwt' },
      ),
      ...(await assertion()),
    }),
  async () => {
    const request = await jwt(
      { iss: 'machine', aud: stile.issuer, ...asking('machine'), ...times() },
      { kid: 'machine', typ: 'oauth-authz-req+jwt' },
    );
    return form(
      '/auth',
      { client_id: 'machine', response_type: 'code', scope: 'openid', request },
      { cookie: held.cookie },
    );
  },
  async () => form('/auth', { client_id: 'spa', request_uri: held.pushed }, { cookie: held.cookie }),
  async () =>
    form(
      '/token',
      {
        grant_type: 'client_credentials',
        client_id: 'machine',
        resource: 'https://notes.example/api',
        ...(await assertion()),
      },
      await proof('/token'),
    ),
  async () =>
    form(
      '/token',
      { grant_type: DEVICE, client_id: 'spa', device_code: held.device },
      chance(0.5) ? await proof('/token') : {},
    ),
  async () =>
    form('/token', {
      grant_type: 'authorization_code',
      client_id: 'spa',
      code: held.code,
      code_verifier: verifier,
      redirect_uri: 'https://rp.example/spa',
    }),
  async () =>
    form('/token', {
      grant_type: 'refresh_token',
      client_id: 'machine',
      refresh_token: held.refresh,
      ...(await assertion()),
    }),
  async () =>
    form('/token/introspection', {
      token: one([held.access, held.refresh, 'x']),
      client_id: 'machine',
      ...(await assertion()),
    }),
  async () =>
    form('/token/revocation', {
      token: one([held.device, held.code, 'x']),
      token_type_hint: 'refresh_token',
      client_id: 'machine',
      ...(await assertion()),
    }),
  async () =>
    form(
      '/device_authorization',
      {
        client_id: 'spa',
        scope: 'openid profile notes:read',
        resource: 'https://notes.example/api',
        acr_values: 'mfa',
        claims: '{"id_token":{}}',
        login_hint: 'ana',
      },
      { 'user-agent': printable(String(one(hostile))) },
    ),
  async () =>
    form('/device', { csrf: held.csrf, user_code: one(['BBBB-BBBB', 'x', '\u0130']) }, { cookie: held.cookie }),
  async () =>
    form(
      `/device/${one([held.walk, 'x'.repeat(20)])}`,
      { csrf: held.csrf, do: 'approve', same: 'yes' },
      { cookie: held.cookie },
    ),
  async () =>
    form(
      '/registration',
      { csrf: held.linkCsrf, token: held.link, password: 'short', code: '123456' },
      { cookie: held.cookie },
    ),
  async () => ({
    method: 'GET',
    path: `/registration?${new URLSearchParams({ token: String(one([held.link, ...hostile])).slice(0, 800) })}`,
    headers: odd(),
  }),
  async () =>
    form(
      '/me',
      { access_token: held.access },
      {
        authorization: `${one(['Bearer', 'DPoP', 'Basic'])} ${one([held.access, held.refresh, 'x'])}`,
        ...(await proof('/me')),
      },
    ),
  async () => {
    const [method, path, token] = one([
      ['POST', '/reg', held.initial],
      ['PUT', `/reg/${held.registered}`, held.registration],
      ['GET', `/reg/${one([held.registered, 'rp', '%00', '../auth'])}`, one([held.registration, held.initial, 'x'])],
      ['DELETE', `/reg/${one(['rp', 'machine'])}`, 'x'],
    ] as const);
    const body = JSON.stringify(
      mutated({ ...metadata(), ...(method === 'PUT' ? { client_id: held.registered } : {}) }),
    );
    return damaged({
      method,
      path,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...odd() },
      ...(method === 'POST' || method === 'PUT' ? { body } : {}),
    });
  },
  async () => ({
    method: one(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'PROPFIND']),
    path: one(known),
    headers: { ...odd(), authorization: one(['Bearer x', `Bearer ${held.access}`, 'DPoP', '']) },
  }),
  async () => form(one(known), { SAMLRequest: 'x', RelayState: 'y', wa: 'wsignin1.0' }, { cookie: held.cookie }),
];
/** What discovery names, and the rest. */
let known = [
  '/metrics',
  '/healthz',
  '/readyz',
  '/assets/%2e%2e%2fpackage.json',
  '/assets/..%5c',
  '/assets/stile.css',
  '/device',
  '/device/x',
  '/registration',
  '/saml/metadata',
  '/saml/sso',
  '/saml/slo',
  '/admin/api',
  '/admin/api/v1',
  '/admin/api/v1/users',
  '/account',
];

/** A value that fits a JSON Schema, as far as ours go. */
function fitting(schema: Json): unknown {
  const {
    type,
    properties,
    items,
    enum: words,
    anyOf,
    required = [],
    const: constant,
  } = schema as Json & { required?: string[] };
  if (constant !== undefined) return constant;
  if (Array.isArray(words)) return one(words);
  if (Array.isArray(anyOf)) return fitting(one(anyOf as Json[]));
  if (type === 'boolean') return chance(0.5);
  if (type === 'integer' || type === 'number') return one([1, 2, 60]);
  if (type === 'array') return [fitting((items ?? {}) as Json)];
  if (type !== 'object') return one(['nora', 'clock', 'https://rp.example/cb', '2026-01-01T00:00:00Z', 'auditor']);
  const entries = Object.entries((properties ?? {}) as Record<string, Json>);
  return Object.fromEntries(
    entries
      .filter(([name]) => required.includes(name) || chance(0.6))
      .map(([name, inner]) => [name, name === 'oidc' ? metadata() : fitting(inner)]),
  );
}

type Described = {
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema: Json }> };
};
let operations: { method: string; path: string; described: Described }[] = [];

/** One operation as owner, by the socket, which counts no refusals. */
function administering(): Sent {
  const { method, path, described } = one(operations);
  const values: Record<string, readonly string[]> = {
    user: ['local:nora', held.user, 'local:nobody', ':', '%00', '%ed%a0%80'],
    application: ['clock', 'rp', held.registered, '..', '%', 'x'.repeat(300)],
    role: ['auditor', 'owner', '__proto__'],
  };
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => one(values[name] ?? ['saml', 'oidc', 'x']));
  const query = (described.parameters ?? [])
    .filter((one) => one.in === 'query' && chance(0.5))
    .map(
      ({ name }) =>
        [name, one(['1', '', '\0', 'x', '-1', 'WzFd', 'nora', '2026-01-01T00:00:00Z', '1&limit=2'])] as [
          string,
          string,
        ],
    );
  const schema = described.requestBody?.content['application/json']?.schema;
  const valid = schema && (fitting(schema) as Json);
  const body = valid && JSON.stringify(chance(0.75) ? mutated(valid) : valid);
  return damaged({
    method,
    path: `/admin/api/v1${filled}${query.length > 0 ? `?${new URLSearchParams(query)}` : ''}`,
    headers: { 'content-type': 'application/json', 'if-match': one(['*', '"x"', '']), ...odd() },
    ...(body === undefined ? {} : { body }),
  });
}

async function answerTo(sent: Sent, by: 'port' | 'socket'): Promise<{ status: number; body: string }> {
  if (by === 'port') return raw(stile.issuer, sent.path.slice(0, 12_000), sent);
  const [path = '', query = ''] = sent.path.split('?', 2);
  const length = sent.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(sent.body)) };
  const asked = {
    method: sent.method,
    path,
    query: new URLSearchParams(query),
    headers: { ...sent.headers, ...length },
    body: sent.body,
  };
  const answer = await askThrough(socket(), asked);
  return { status: answer!.status, body: await textOf(answer!) };
}

const secrets = new RegExp([TEST_SECRET, 'a client secret for tests', '\\$argon2', '"d":"'].join('|'));

test('everything that answers, asked almost rightly: never a 500, no stack, no secret, and it still works', async () => {
  const discovery = JSON.parse((await raw(stile.issuer, '/.well-known/openid-configuration')).body) as Json;
  const named = Object.entries(discovery).filter(([name]) => /_endpoint$|_uri$/.test(name));
  known = [...known, ...named.map(([, url]) => new URL(String(url)).pathname)];
  for (const path of ['/par', '/reg', '/device_authorization', '/token', '/me']) expect(known).toContain(path);
  const document = JSON.parse((await raw(stile.issuer, '/admin/api/v1/openapi.json')).body);
  operations = Object.entries(document.paths as Record<string, Record<string, Described>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ method: method.toUpperCase(), path, described })),
  );
  expect(operations.length).toBeGreaterThan(30);
  // Five key pairs are made each time: once is seen in other tests.
  operations = operations.filter(({ path }) => !path.endsWith('/rotate') || !path.startsWith('/keys'));

  const met = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    if (round % 60 === 0) await gather();
    const wave = await Promise.all(
      Array.from({ length: together }, async (_, i) =>
        i % 3 === 0
          ? { by: 'socket' as const, sent: administering() }
          : { by: 'port' as const, sent: await one(asked)() },
      ),
    );
    const answers = await Promise.all(wave.map(({ by, sent }) => answerTo(sent, by)));
    for (const [i, { status, body }] of answers.entries()) {
      const about = () =>
        `${status} for ${JSON.stringify(wave[i]).slice(0, 3000)}\n${body.slice(0, 300)}\n${stile.output().slice(-1500)}`;
      if (status >= 500) throw new Error(about());
      const leak = leaks.exec(body) ?? secrets.exec(body);
      if (leak) throw new Error(`a leak, ${body.slice(Math.max(0, leak.index - 80), leak.index + 80)}: ${about()}`);
      const kind = `${wave[i]?.by} ${Math.floor(status / 100)}xx`;
      met.set(kind, (met.get(kind) ?? 0) + 1);
    }
  }
  // Neither all of it noise nor all of it right.
  for (const by of ['port', 'socket'])
    for (const status of ['2xx', '4xx']) expect(met.get(`${by} ${status}`)).toBeGreaterThan(rounds / 10);

  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${stile.pid}/status`, 'utf8'))?.[1]);
  expect(kilobytes).toBeLessThan(1_000_000);
  const { claims } = await rp.signIn(new Person(), {}, as(someone()));
  expect(claims.iss).toBe(stile.issuer);
}, 180_000);
