import { Agent } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { Person } from '../support/person.ts';
import { as, MFA, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { applications, leaks, raw } from './attacker.ts';

/** The same requests every time, so that a red run is a change of ours; FUZZ_SEED asks others. */
const seed = Number(process.env.FUZZ_SEED ?? 20_261_122);
const rounds = Number(process.env.FUZZ_ROUNDS ?? 450);
const together = 8;

let stile: Stile;
let rp: RelyingParty;
/** What a valid request would hold: mutations of it reach further than noise. */
const known = {
  cookies: [''],
  walks: ['x'],
  csrf: [''],
  tokens: [''],
  codes: [''],
  hint: '',
};

beforeAll(async () => {
  stile = await startStile({
    config: settings({ applications, limits: { address_failures: 1_000_000 } }),
  });
  rp = await RelyingParty.at(stile);
});
afterAll(() => stile.stop());

const header = (person: Person) =>
  [...person.cookies].map(([name, value]) => `${name.split(' ').at(-1)}=${value}`).join('; ');

/** Somebody signed in, somebody half-way, and what they hold. */
async function gather(): Promise<void> {
  const [inside, walking] = [new Person(), new Person()];
  const ana = someone();
  const { tokens } = await rp.signIn(inside, {}, as(ana));
  const page = await walking.submit(await walking.go((await rp.request({ acr_values: MFA })).url), { username: ana });
  const account = await inside.go(`${stile.issuer}/account`);
  const end = await inside.go((await rp.request()).url);
  const logout = await inside.go(`${stile.issuer}/session/end`);
  known.cookies = [header(inside), header(walking), `${header(inside)}; ${header(walking)}`, ''];
  known.walks = [page.url.pathname.split('/').at(-1) as string, 'x'];
  known.csrf = [account.form?.fields.csrf, page.form?.fields.csrf, logout.form?.fields.xsrf].map(String);
  known.tokens = [tokens.access_token, tokens.refresh_token, tokens.id_token].map(String);
  known.codes = [end.url.searchParams.get('code') as string];
  known.hint = tokens.id_token as string;
}

const paths = [
  '/',
  '/auth',
  '/auth/WALK',
  '/signin/WALK',
  '/token',
  '/token/introspection',
  '/token/revocation',
  '/me',
  '/jwks',
  '/session/end',
  '/session/end/confirm',
  '/session/end/success',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/account',
  '/account/methods',
  '/account/methods/add',
  '/account/methods/any/rename',
  '/account/methods/any/remove',
  '/account/two-step',
  '/account/password',
  '/account/sessions/end',
  '/account/signins',
  '/account/applications',
  '/account/applications/remove',
  '/account/sign-out',
  '/signed-out',
  '/healthz',
  '/readyz',
  '/metrics',
  '/assets/stile.css',
];
const names = [
  ...'client_id redirect_uri response_type response_mode scope state nonce prompt max_age ui_locales acr_values claims'.split(
    ' ',
  ),
  ...'login_hint id_token_hint code_challenge code_challenge_method request request_uri stile_request'.split(' '),
  ...'grant_type code code_verifier refresh_token client_secret client_assertion client_assertion_type token'.split(
    ' ',
  ),
  ...'token_type_hint post_logout_redirect_uri logout xsrf access_token display claims_locales'.split(' '),
  ...'csrf step do username password method stay credential sid application on said walk lang key'.split(' '),
  ...'__proto__ constructor toString'.split(' '),
];
const tricky = [
  ...[
    '',
    ' ',
    '\0',
    '%',
    '%00',
    '\ud800',
    '\ufffe',
    '\r\nset-cookie: a=b',
    '../../..',
    '//evil.example',
    'null',
    'true',
    '[]',
  ],
  ...[
    '-1',
    '0',
    '1e999',
    '99999999999999999999',
    'NaN',
    '{',
    '{}',
    '{"id_token":{"acr":{"essential":true,"values":[null]}}}',
  ],
  ...[
    '{"id_token":{"sub":{"value":"x"}},"userinfo":{"a":{"essential":1}}}',
    '{"id_token":{"amr":{"essential":true,"value":["pwd"]}}}',
  ],
  ...['{"id_token":{"auth_time":{"value":"x"}}}', '{"id_token":{"acr":{"value":{"a":1}}}}', '{"userinfo":[]}'],
  ...[
    'rp',
    'spa',
    'machine',
    'guest',
    'other',
    'https://rp.example/cb',
    'https://rp.example/spa',
    'code',
    'openid',
    'openid profile email groups offline_access',
  ],
  ...[
    'none',
    'login',
    'consent',
    'select_account',
    'none login',
    'form_post',
    'query',
    'fragment',
    'jwt',
    MFA,
    'phr',
    'urn:stile:acr:aal2 x',
  ],
  ...[
    'authorization_code',
    'refresh_token',
    'client_credentials',
    'S256',
    'plain',
    'a'.repeat(43),
    'x'.repeat(3000),
    'identify',
    'prove:password',
    'prove:totp',
  ],
  ...[
    'register:totp',
    'cancel',
    'another',
    'totp',
    'password',
    'yes',
    'ana',
    '123456',
    'de',
    '<script>alert(1)</script>',
    "' or 1=1 --",
    '{{7*7}}',
  ],
  ...[
    'a client secret for tests',
    'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    'eyJhbGciOiJub25lIn0.e30.',
    'HINT',
    'TOKEN',
    'CODE',
    'CSRF',
    'WALK',
  ],
];

/** Half of it is a request that could be right. */
const likely: Record<string, [string, string][]> = {
  '/auth': [
    ['client_id', 'rp'],
    ['redirect_uri', 'https://rp.example/cb'],
    ['response_type', 'code'],
    ['scope', 'openid profile'],
    ['code_challenge', 'a'.repeat(43)],
    ['code_challenge_method', 'S256'],
  ],
  '/token': [
    ['client_id', 'rp'],
    ['client_secret', 'a client secret for tests'],
    ['grant_type', 'refresh_token'],
    ['refresh_token', 'TOKEN'],
  ],
  '/token/introspection': [
    ['client_id', 'rp'],
    ['client_secret', 'a client secret for tests'],
    ['token', 'TOKEN'],
  ],
  '/token/revocation': [
    ['client_id', 'rp'],
    ['client_secret', 'a client secret for tests'],
    ['token', 'TOKEN'],
  ],
  '/session/end': [
    ['client_id', 'rp'],
    ['id_token_hint', 'HINT'],
    ['post_logout_redirect_uri', 'https://rp.example/bye'],
  ],
};

const word = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...tricky) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 4 }) },
);
const parameters = fc.array(
  fc.tuple(
    fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...names) },
      { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
    ),
    word,
  ),
  { maxLength: 6 },
);
const request = fc.record({
  path: fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...paths) }, { weight: 1, arbitrary: fc.webPath() }),
  method: fc.constantFrom('GET', 'GET', 'POST', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'),
  likely: fc.boolean(),
  query: parameters,
  body: parameters,
  drop: fc.nat(8),
  type: fc.constantFrom(
    ...Array(6).fill('application/x-www-form-urlencoded'),
    'application/json',
    'text/plain',
    'multipart/form-data; boundary=a',
    'application/x-www-form-urlencoded; charset=utf-16',
    ';',
  ),
  json: fc.option(fc.json()),
  cookie: fc.nat(7),
  noise: fc.string({ maxLength: 40 }),
  headers: fc.dictionary(
    fc.constantFrom(
      'accept',
      'accept-language',
      'origin',
      'sec-fetch-site',
      'x-forwarded-for',
      'x-forwarded-proto',
      'authorization',
      'if-none-match',
      'range',
      'expect-ct',
      'te',
      'accept-encoding',
      'content-encoding',
      'user-agent',
      'host',
    ),
    fc.oneof(
      fc.constantFrom(
        '*/*',
        'text/html',
        'application/json',
        'null',
        'same-origin',
        'https://evil.example',
        'Basic cnA6eA==',
        'Bearer TOKEN',
        'bytes=0-1',
        'gzip',
        'de-AT;q=9,,;',
        'x'.repeat(500),
      ),
      fc.string({ maxLength: 40 }),
    ),
    { maxKeys: 3 },
  ),
});
type Asked = typeof request extends fc.Arbitrary<infer T> ? T : never;

const pick = (from: readonly string[], n: number) => from[n % from.length] as string;
const filled = (text: string, n: number) =>
  text
    .replaceAll('HINT', known.hint)
    .replaceAll('TOKEN', pick(known.tokens, n))
    .replaceAll('CODE', pick(known.codes, n))
    .replaceAll('CSRF', pick(known.csrf, n))
    .replaceAll('WALK', pick(known.walks, n));
const encoded = (pairs: [string, string][], n: number) =>
  new URLSearchParams(pairs.map(([name, value]): [string, string] => [name, filled(value, n)])).toString();
/** What may stand in a header at all. */
const printable = (text: string) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?');

async function ask(asked: Asked, agent: Agent) {
  const { cookie: n, method } = asked;
  const base = asked.likely ? (likely[asked.path] ?? [['csrf', 'CSRF']]) : [];
  const kept: [string, string][] = base.filter((_, i) => i !== asked.drop);
  const inBody = ['POST', 'PUT', 'PATCH'].includes(method);
  const query = encoded(inBody ? asked.query.slice(0, 2) : [...kept, ...asked.query], n);
  const body = inBody ? (asked.json ?? encoded([...kept, ...asked.body], n)) : undefined;
  const whole = pick(known.cookies, n);
  const cookie = n > 4 ? `${whole.slice(0, asked.noise.length * 3)}${asked.noise}; ${whole}` : whole;
  const headers = Object.fromEntries(
    Object.entries(asked.headers).map(([name, value]) => [name, printable(filled(value, n))]),
  );
  return raw(stile.issuer, `${filled(asked.path, n)}${query ? `?${query}` : ''}`.slice(0, 12_000), {
    method,
    agent,
    headers: { ...headers, cookie: printable(cookie), ...(body === undefined ? {} : { 'content-type': asked.type }) },
    ...(body === undefined ? {} : { body }),
  });
}

test('thousands of mutated requests: never a 500, never a stack, and the server is there afterwards', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: together });
  let sent = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: together, maxLength: together }), async (all) => {
      if (sent % (together * 40) === 0) await gather();
      sent += together;
      const answers = await Promise.all(all.map((one) => ask(one, agent)));
      for (const [i, { status, body }] of answers.entries()) {
        if (status >= 500) throw new Error(`${status} for ${JSON.stringify(all[i])}\n${stile.output().slice(-1500)}`);
        if (leaks.test(body)) throw new Error(`a leak for ${JSON.stringify(all[i])}: ${leaks.exec(body)?.[0]}`);
      }
    }),
    { numRuns: rounds, seed, interruptAfterTimeLimit: 60_000, endOnFailure: true },
  );
  agent.destroy();
  expect(sent).toBeGreaterThan(2000);
  expect((await raw(stile.issuer, '/readyz')).status).toBe(200);
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
}, 120_000);

test('bytes that are no HTTP at all are answered or cut off, and the server is there afterwards', async () => {
  const port = Number(new URL(stile.issuer).port);
  const speak = (bytes: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.end(Buffer.from(bytes, 'latin1')));
      let text = '';
      socket.on('data', (chunk) => (text += chunk));
      socket.on('error', () => resolve(text)).on('close', () => resolve(text));
      socket.setTimeout(3000, () => socket.destroy());
    });
  const lines = [
    'GET / HTTP/1.1\r\n\r\n',
    'GET /auth HTTP/1.0\r\n\r\n',
    'GET http://evil.example/account HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
    'GET //evil.example/auth?client_id=rp HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET ?x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n',
    'GET /auth HTTP/1.1\r\nHost: x\r\nHost: y\r\nConnection: close\r\n\r\n',
    'GET /account\\..\\x HTTP/1.1\r\nHost: \0\r\nConnection: close\r\n\r\n',
    'GET /auth?\xff\xfe=\x80 HTTP/1.1\r\nHost: x\r\nCookie: stile=\xff.\xfe\r\nConnection: close\r\n\r\n',
    'POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x',
    'POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ngrant',
    'POST /signin/xxxxxxxxxxxx HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ncsrf',
    'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'x'.repeat(100_000),
  ];
  for (const line of lines) {
    const answer = await speak(line);
    expect([line.slice(0, 40), answer]).toEqual([line.slice(0, 40), expect.not.stringMatching(/^HTTP\/1.1 5/)]);
    expect(answer).not.toMatch(leaks);
    expect(answer).not.toMatch(/location: (https?:)?\/\/evil/i);
  }
  expect((await raw(stile.issuer, '/readyz')).status).toBe(200);
}, 60_000);
