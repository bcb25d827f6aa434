import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { schema } from '../../src/config/schema.ts';
import { type Config, ConfigurationError, loadConfig } from '../../src/config.ts';

const secret = 'a-secret-of-more-than-thirty-two-characters';
let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stile-config-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** What a server with this file and environment would run on. */
function load(yaml: string, env: Record<string, string> = {}): Config {
  const file = join(dir, 'stile.yaml');
  writeFileSync(file, yaml);
  return loadConfig({ env: { STILE_CONFIG: file, STILE_SECRET: secret, DATA_DIR: dir, ...env } });
}

/** The problems of it, without the folder's name. */
function problems(start: () => unknown): string[] {
  try {
    start();
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems.map((one) => one.replaceAll(`${dir}/`, ''));
    throw error;
  }
  return [];
}
const mistakes = (yaml: string, env: Record<string, string> = {}) => problems(() => load(yaml, env));

const wiki = `
applications:
  - id: wiki
    name: Wiki
    oidc:
      client_id: wiki
      client_secret: something-long
      redirect_uris: ['{issuer}/demo/wiki/callback']
`;

describe('what SAML service providers are told', () => {
  test('is taken from the brand where nothing is said, and from saml: where it is', () => {
    const brand =
      'brand: {name: Northfold, help_url: "https://n.example/help", privacy_url: "https://n.example/privacy"}';
    expect(load(`${brand}`, { ISSUER: 'https://id.n.example' }).saml).toMatchObject({
      entityId: 'https://id.n.example/saml/metadata',
      displayName: { en: 'Northfold' },
      privacyUrl: { en: 'https://n.example/privacy' },
      errorUrl: 'https://n.example/help',
      scope: 'id.n.example',
    });
    const own = `saml:
  display_name: { en: Northfold, de: Nordfalte }
  privacy_url: https://n.example/data
  scope: n.example
  organization: { name: Northfold, url: https://n.example }
  key_overlap: 0`;
    expect(load(`${brand}\n${own}`).saml).toMatchObject({
      displayName: { en: 'Northfold', de: 'Nordfalte' },
      privacyUrl: { en: 'https://n.example/data' },
      scope: 'n.example',
      organization: { name: { en: 'Northfold' }, displayName: { en: 'Northfold' }, url: { en: 'https://n.example' } },
      keyOverlap: 0,
    });
  });
});

describe('a configuration that is right', () => {
  test('fills in every default', () => {
    const config = load(wiki);
    expect(config).toMatchObject({
      demo: false,
      port: 3000,
      host: undefined,
      issuer: 'http://localhost:3000',
      dataDir: dir,
      secrets: [secret],
      stores: [{ id: 'local' }],
      session: { absolute: 28_800, idle: 28_800, stay: 2_592_000 },
      limits: { lockAfter: 10, lockSeconds: 900, disableAfter: 50, addressFailures: 300, addressSeconds: 600 },
      totp: { window: 1 },
      enrolment: { first: 'mailed-link' },
      brand: { name: 'Stile' },
      log: { level: 'info' },
      saml: {
        entityId: 'http://localhost:3000/saml/metadata',
        displayName: { en: 'Stile' },
        scope: 'localhost',
        contacts: [],
        metadataValid: 14 * 86_400,
        keyOverlap: 30 * 86_400,
      },
    });
    expect(config.metrics).toBeUndefined();
    expect(config.applications[0]).toMatchObject({
      id: 'wiki',
      protocol: 'oidc',
      thirdParty: false,
      settings: {
        grant_types: ['authorization_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'RS256',
        subject_type: 'public',
      },
    });
  });

  test("puts this server's own address where an application says {issuer}", () => {
    const { applications } = load(wiki, { ISSUER: 'https://id.example.com' });
    expect(applications[0]?.settings.redirect_uris).toEqual(['https://id.example.com/demo/wiki/callback']);
  });

  test('takes an empty file, an emptied section and lengths of time as people write them', () => {
    expect(load('').applications).toEqual([]);
    expect(load('users:\napplications:\n').users).toEqual([]);
    expect(load('session: {absolute: 12h, idle: 900, stay: 7d}').session).toEqual({
      absolute: 43_200,
      idle: 900,
      stay: 604_800,
    });
  });

  test('merges the wire names over the defaults, and null takes one away', () => {
    const { names } = load('assurance: {names: {gold: aal3, phr: null}}').assurance;
    expect(names).toMatchObject({
      gold: 'aal3',
      'https://refeds.org/profile/mfa': 'mfa',
      'urn:stile:acr:aal2': 'aal2',
    });
    expect(names).not.toHaveProperty('phr');
  });

  test('reads secrets from the files it names, relative to itself', () => {
    writeFileSync(join(dir, 'wiki.secret'), 'from-a-file\n');
    writeFileSync(join(dir, 'ana.password'), 'over-the-wall\r\n');
    const config = load(
      `${wiki.replace('client_secret: something-long', 'client_secret_file: wiki.secret')}
users: [{username: ana, password_file: ana.password}]`,
    );
    expect(config.applications[0]?.settings.client_secret).toBe('from-a-file');
    expect(config.applications[0]?.settings).not.toHaveProperty('client_secret_file');
    expect(config.users[0]).toMatchObject({ username: 'ana', name: 'ana', password: 'over-the-wall' });
  });

  test('the published example is right, and what it calls the default is', () => {
    const config = load(example);
    expect(config.users[0]?.totp?.secret).toBe('MFXGCLLPOZSXELLUNBSS253BNRWC2MBR');
    for (const key of ['assurance', 'limits', 'session', 'totp', 'enrolment', 'log'] as const)
      expect(config[key]).toEqual(load('')[key]);
  });

  test('the published example names every key there is, and no other', () => {
    const everything = example.replaceAll(/^(\s*)# (\s*[a-z_]+:)/gm, '$1$2');
    expect(mistakes(everything).filter((one) => one.includes('known key'))).toEqual([]);
    for (const key of keysOf(schema)) expect(everything).toMatch(new RegExp(`\\b${key}:`));
  });
});

const example = readFileSync('config/stile.example.yaml', 'utf8');

/** Every key of the schema, at any depth. */
function keysOf(part: unknown): string[] {
  const { shape, innerType, element } = (part as { def: Record<string, unknown> }).def;
  if (innerType ?? element) return keysOf(innerType ?? element);
  return Object.entries(shape ?? {}).flatMap(([key, inner]) => [key, ...keysOf(inner)]);
}

describe('every problem at once: file, line, key, what is wrong, what is allowed', () => {
  test('a file with eight mistakes lists eight, and one of the environment', () => {
    const yaml = `aplications: []
users:
  - username: ana
    pasword: over-the-wall
    email: nowhere
  - username: ANA
    methods: {totp: {secret: not-base32!}}
limits: {lock_after: many, disable_after: 500}
enrolment: {first: maybe}
`;
    expect(mistakes(yaml, { PORT: 'http' })).toEqual([
      'environment: PORT is "http", and has to be a number from 1 to 65535',
      'stile.yaml:1: aplications is not a known key; did you mean applications?',
      'stile.yaml:4: users[0].pasword is not a known key; did you mean password?',
      'stile.yaml:5: users[0].email has to be an email address',
      'stile.yaml:6: users[1].username is the same as that of users[0]; each has its own',
      'stile.yaml:7: users[1].methods.totp.secret has to be base32 (letters A to Z and digits 2 to 7) of at least 10 bytes, which are 16 characters',
      'stile.yaml:8: limits.lock_after is text, and has to be a whole number',
      'stile.yaml:8: limits.disable_after has to be a whole number from 1 to 100',
      'stile.yaml:9: enrolment.first is "maybe"; allowed: password, mailed-link, pass',
    ]);
  });

  test.each([
    ['a YAML mistake, with its line', 'users:\n  - username: [ana', /^stile\.yaml:\d+: Flow sequence/],
    ['a key said twice', 'users: []\nusers: []', /^stile\.yaml:2: Map keys must be unique/],
    ['a list instead of keys', '- wiki', /^stile\.yaml:1: the file is a list, and has to be a group of keys/],
    [
      'a password that YAML reads as a number',
      'users: [{username: ana, password: 1234}]',
      /password is a number, and has to be text: put it in quotes/,
    ],
    [
      'two passwords',
      'users: [{username: ana, password: a, password_hash: "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo"}]',
      /password_hash stands beside password: keep one/,
    ],
    [
      'a hash that is not argon2',
      'users: [{username: ana, password_hash: "$2b$10$abcdefg"}]',
      /password_hash has to be an argon2 hash/,
    ],
    [
      'a claim that only evidence may make',
      'users: [{username: ana, claims: {amr: [mfa]}}]',
      /claims\.amr cannot be declared/,
    ],
    ['an unknown strength', 'assurance: {names: {gold: aal4}}', /assurance\.names\.gold is "aal4"; allowed: .*aal3/],
    ['a store that does not exist yet', 'stores: [{id: ldap}]', /stores\[0\]\.id is "ldap"; allowed: local/],
    ['a network that is none', 'proxies: [10.0.0.0/99]', /proxies\[0\] 10\.0\.0\.0\/99 is not a network/],
    [
      'passkeys for another site',
      'methods: {webauthn: {rp_id: evil.example}}',
      /rp_id is neither the host of ISSUER \(localhost\)/,
    ],
    ['a colour nobody can read', 'brand: {accent: "#ffff00"}', /brand\.accent #ffff00 is too pale/],
    [
      'an idle time longer than the session',
      'session: {absolute: 1h, idle: 2h}',
      /session\.idle is longer than absolute/,
    ],
    ['an entityID that is no URI', 'saml: {entity_id: northfold}', /saml\.entity_id has to be an absolute URI/],
    ['an entityID too long for others', `saml: {entity_id: "urn:${'x'.repeat(256)}"}`, /saml\.entity_id/],
    ['metadata that never runs out', 'saml: {metadata_valid: 365d}', /saml\.metadata_valid has to be a length of time/],
    ['a logo of unknown size', 'saml: {logo: {url: "https://a.example/l.png", height: 60}}', /saml\.logo\.width/],
    [
      'a contact of a new kind',
      'saml: {contacts: [{type: boss, email: a@b.example}]}',
      /contacts\[0\]\.type is "boss"/,
    ],
    ['a language that is none', 'saml: {description: {"in English": x}}', /saml\.description has to be a text/],
    ['a name that is none', 'saml: {display_name: 5}', /saml\.display_name has to be a text, or texts by language/],
    ['an address that is none', 'saml: {privacy_url: {de: x}}', /saml\.privacy_url\.de has to be an absolute http/],
    ['a scope that matches others', 'saml: {scope: "*.example.com"}', /saml\.scope has to be a domain name/],
    ['a key of SAML nobody knows', 'saml: {scopes: a.example}', /saml.*scopes.*scope/],
    ['a session without end', 'session: {absolute: for ever}', /session\.absolute has to be a length of time/],
    [
      'a lock that comes after the end',
      'limits: {lock_after: 60}',
      /limits\.disable_after|disable_after is 50, and has to be at least lock_after/,
    ],
    ['metrics for everybody', 'metrics: {}', /metrics has to have exactly one of port, token and token_file/],
    [
      'a file that is not there',
      'users: [{username: ana, password_file: none.txt}]',
      /password_file names none\.txt, which cannot be read/,
    ],
    [
      'a logo that is not there',
      'brand: {logo_file: logo.svg}',
      /brand\.logo_file names logo\.svg, which cannot be read/,
    ],
  ])('%s', (_name, yaml, words) => {
    expect(mistakes(yaml)).toEqual([expect.stringMatching(words)]);
  });

  test('a certificate without its key', () => {
    writeFileSync(join(dir, 'cert.pem'), 'no certificate');
    writeFileSync(join(dir, 'key.pem'), 'no key');
    expect(mistakes('tls: {cert_file: cert.pem, key_file: key.pem}')).toEqual([
      expect.stringMatching(/^stile\.yaml:1: tls is set while ISSUER is http/),
      expect.stringMatching(/^stile\.yaml:1: tls: cert_file and key_file hold no certificate/),
    ]);
  });
});

describe('an application', () => {
  const client = (lines: string) => `applications: [{id: wiki, name: Wiki, oidc: {client_id: wiki, ${lines}}}]`;
  const uris = 'client_secret: s, redirect_uris';

  test.each([
    ['without a protocol', 'applications: [{id: hr, name: HR}]', /applications\[0\]\.oidc is missing/],
    [
      'without a secret',
      client('redirect_uris: ["https://a.example/"]'),
      /client_secret is missing: client_secret_basic needs it/,
    ],
    [
      'public, with a secret',
      client(`${uris}: ["https://a.example/"], token_endpoint_auth_method: none`),
      /client_secret belongs to no public client/,
    ],
    [
      'public, acting for itself',
      client(
        'redirect_uris: ["https://a.example/"], token_endpoint_auth_method: none, grant_types: [authorization_code, client_credentials]',
      ),
      /grant_types lists client_credentials/,
    ],
    [
      'by its key, without one',
      client('redirect_uris: ["https://a.example/"], token_endpoint_auth_method: private_key_jwt'),
      /jwks is missing/,
    ],
    [
      'with its private key',
      client(
        'redirect_uris: ["https://a.example/"], token_endpoint_auth_method: private_key_jwt, jwks: {keys: [{kty: EC, d: x}]}',
      ),
      /jwks holds a private or symmetric key/,
    ],
    ['with nowhere to return to', client('client_secret: s'), /redirect_uris is missing/],
    ['with a relative address', client(`${uris}: [/callback]`), /redirect_uris\[0\] has to be an absolute URI/],
    ['with a fragment', client(`${uris}: ["https://a.example/#x"]`), /redirect_uris\[0\] has to be an absolute URI/],
    ['with a wildcard', client(`${uris}: ["https://*.example/"]`), /redirect_uris\[0\] has to be an absolute URI/],
    ['with a script', client(`${uris}: ["javascript:alert(1)"]`), /redirect_uris\[0\] has to be an absolute URI/],
    [
      'on the web, with a private scheme',
      client(`${uris}: ["com.example.app:/cb"]`),
      /redirect_uris\[0\] has to be http or https/,
    ],
    [
      'native, over http elsewhere',
      client(`${uris}: ["http://a.example/"], application_type: native`),
      /redirect_uris\[0\] of a native application may be http only on localhost/,
    ],
    [
      'asking for tokens in the browser',
      client(`${uris}: ["https://a.example/"], response_types: [id_token]`),
      /response_types\[0\] is "id_token"; allowed: code/,
    ],
    [
      'with a password grant',
      client(`${uris}: ["https://a.example/"], grant_types: [password]`),
      /grant_types\[0\] is "password"; allowed: authorization_code/,
    ],
    [
      'with a name nobody knows',
      client(`${uris}: ["https://a.example/"], default_acr_values: [gold]`),
      /default_acr_values\[0\] is not a name under assurance\.names/,
    ],
    [
      'open to every origin',
      client(`${uris}: ["https://a.example/"], cors_origins: ["*"]`),
      /cors_origins\[0\] has to be an origin/,
    ],
    [
      'pairwise on two hosts',
      client(`${uris}: ["https://a.example/", "https://b.example/"], subject_type: pairwise`),
      /sector_identifier_uri is missing/,
    ],
    [
      'a pairwise device without keys',
      client(
        'token_endpoint_auth_method: none, grant_types: [urn:ietf:params:oauth:grant-type:device_code], subject_type: pairwise',
      ),
      /subject_type pairwise and the device flow go together only with private_key_jwt and a jwks_uri/,
    ],
    [
      'phishing-resistant devices that are none',
      client(`${uris}: ["https://a.example/"], device_phishing_resistant: true`),
      /device_phishing_resistant needs urn:ietf:params:oauth:grant-type:device_code in grant_types/,
    ],
    [
      'misspelled',
      client(`${uris}: ["https://a.example/"], redirect_uri: x`),
      /redirect_uri is not a known key; did you mean redirect_uris\?/,
    ],
  ])('%s', (_name, yaml, words) => {
    expect(mistakes(yaml)).toContainEqual(expect.stringMatching(words));
  });

  test('two with one client_id', () => {
    const second = wiki.replace('applications:', '').replace('id: wiki', 'id: other');
    expect(mistakes(wiki + second)).toEqual([
      'stile.yaml:14: applications[1].oidc.client_id is the same as that of applications[0]; each has its own',
    ]);
  });

  test('that is a machine needs neither redirect_uris nor response_types', () => {
    const { applications } = load(client('client_secret: s, grant_types: [client_credentials]'));
    expect(applications[0]?.settings).toMatchObject({ response_types: [], redirect_uris: [] });
  });

  test('that is native and public may return to a private scheme or to localhost', () => {
    const uris = '["com.example.app:/callback", "http://127.0.0.1/callback"]';
    const lines = `application_type: native, token_endpoint_auth_method: none, redirect_uris: ${uris}`;
    expect(mistakes(client(lines))).toEqual([]);
  });
});

describe('the environment', () => {
  test.each([
    ['ISSUER', 'https://id.example.com/', /^environment: ISSUER .* has to be written https:\/\/id\.example\.com/],
    ['ISSUER', 'http://id.example.com', /^environment: ISSUER is http:\/\/id\.example\.com, and has to be https/],
    ['ISSUER', 'id.example.com', /^environment: ISSUER is "id\.example\.com", and has to be an absolute URL/],
    [
      'DATABASE_URL',
      'mysql://ana:over-the-wall@db/x',
      /^environment: DATABASE_URL has to be a URL that begins with postgres/,
    ],
    ['REDIS_URL', 'localhost:6379', /^environment: REDIS_URL has to be a URL that begins with redis/],
    ['STILE_SECRET', 'short', /^environment: STILE_SECRET holds a secret of less than 32 characters/],
    ['STILE_SECRETS', secret, /^environment: STILE_SECRETS is not a known variable; did you mean STILE_SECRET\?/],
    ['STILE_SECRET_FILE', '/x', /^environment: STILE_SECRET_FILE is set beside STILE_SECRET: keep one/],
  ])('%s=%s is a mistake, and passwords in it are not repeated', (name, value, words) => {
    const found = mistakes('', { [name]: value });
    expect(found).toEqual([expect.stringMatching(words)]);
    expect(found.join()).not.toContain('over-the-wall');
  });

  test('leaves the variables alone that Kubernetes sets for a service called stile', () => {
    expect(mistakes('', { STILE_PORT: 'tcp://10.0.0.1:80', STILE_SERVICE_HOST: '10.0.0.1' })).toEqual([]);
  });

  test('several secrets, the first current, in the variable or in a file', () => {
    const other = secret.toUpperCase();
    expect(load('', { STILE_SECRET: `${secret},${other}` }).secrets).toEqual([secret, other]);
    writeFileSync(join(dir, 'secrets'), `${other}\n${secret}\n`);
    expect(load('', { STILE_SECRET: '', STILE_SECRET_FILE: join(dir, 'secrets') }).secrets).toEqual([other, secret]);
  });

  test('with DATABASE_URL a missing secret refuses to start, since every node needs the same', () => {
    const env = { STILE_SECRET: '', DATABASE_URL: 'postgres://localhost/stile' };
    expect(mistakes('', env)).toEqual([
      expect.stringMatching(/^environment: STILE_SECRET is missing: with DATABASE_URL/),
    ]);
  });

  test('without one a secret is made in DATA_DIR for its owner only, and stays', () => {
    const { secrets } = load('', { STILE_SECRET: '' });
    expect(secrets[0]?.length).toBeGreaterThanOrEqual(32);
    expect(statSync(join(dir, 'secret')).mode & 0o777).toBe(0o600);
    expect(load('', { STILE_SECRET: '' }).secrets).toEqual(secrets);
  });

  test('nothing is written while anything is wrong', () => {
    expect(mistakes('users: 7', { STILE_SECRET: '' })).toHaveLength(1);
    expect(() => statSync(join(dir, 'secret'))).toThrow('ENOENT');
  });

  test('a configuration that cannot be read is named', () => {
    const env = { STILE_CONFIG: join(dir, 'none.yaml'), STILE_SECRET: secret };
    expect(problems(() => loadConfig({ env }))).toEqual([
      expect.stringMatching(/^environment: STILE_CONFIG names none\.yaml, which cannot be read/),
    ]);
  });
});

describe('the demo', () => {
  const demo = (env: Record<string, string> = {}) => loadConfig({ env: { DATA_DIR: dir, ...env } });

  test('runs without a question, on this machine only, with ana, mei and tom', () => {
    const config = demo({ PORT: '4100' });
    expect(config).toMatchObject({
      demo: true,
      host: '127.0.0.1',
      issuer: 'http://localhost:4100',
      enrolment: { first: 'mailed-link' },
    });
    expect(config.users.map(({ username, totp }) => [username, totp !== undefined])).toEqual([
      ['ana', true],
      ['mei', false],
      ['tom', true],
    ]);
    expect(new Set(config.users.map(({ password }) => password))).toEqual(new Set(['over-the-wall']));
    expect(config.applications[0]?.settings.redirect_uris).toEqual(['http://localhost:4100/demo/wiki/callback']);
  });

  test.each([
    ['http://127.0.0.1:3000', '127.0.0.1'],
    ['http://[::1]:3000', '::1'],
    ['https://localhost', '127.0.0.1'],
  ])('takes ISSUER %s and listens on %s', (issuer, host) => {
    expect(demo({ ISSUER: issuer })).toMatchObject({ issuer, host });
  });

  test.each([
    'https://id.example.com',
    'http://192.168.0.7:3000',
    'http://localhost.example.com',
    'http://127.0.0.1.nip.io:3000',
  ])('refuses ISSUER %s: published passwords must never be a back door', (issuer) => {
    expect(problems(() => demo({ ISSUER: issuer }))).toEqual([expect.stringMatching(/for localhost only/)]);
  });

  test('refuses a DATABASE_URL, and keeps REDIS_URL', () => {
    expect(problems(() => demo({ DATABASE_URL: 'postgres://localhost/stile' }))).toEqual([
      expect.stringMatching(/^environment: DATABASE_URL is set without STILE_CONFIG/),
    ]);
    expect(demo({ REDIS_URL: 'redis://localhost' }).redisUrl).toBe('redis://localhost');
  });

  test('its data folder never becomes that of another server, nor the other way', () => {
    demo();
    expect(mistakes('')).toEqual([expect.stringMatching(/holds the demo and its public passwords/)]);
    expect(mistakes('', { DATABASE_URL: 'postgres://localhost/stile' })).toEqual([]);
    rmSync(join(dir, 'this-is-the-demo.txt'));
    expect(problems(() => demo())).toEqual([expect.stringMatching(/the demo takes another/)]);
  });

  test("a server of one's own may use the folder around it, as both do when DATA_DIR is not set", () => {
    demo({ DATA_DIR: join(dir, 'demo') });
    expect(mistakes('')).toEqual([]);
  });
});
