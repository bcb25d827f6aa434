/** Configuration as code, by `stile config` beside a running server and by the API from elsewhere. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { stileCommand } from '../support/command-line.ts';
import { Person } from '../support/person.ts';
import { as, RelyingParty, settings } from '../support/rp.ts';
import { type Stile, startStile, TEST_SECRET } from '../support/stile.ts';

const folder = mkdtempSync(join(tmpdir(), 'stile-config-'));
const automation = {
  id: 'pipeline',
  name: 'Pipeline',
  role: 'owner',
  oidc: {
    ...{ client_id: 'pipeline', client_secret: 'a secret of the pipeline', redirect_uris: [] },
    ...{ grant_types: ['client_credentials'], response_types: [] },
    resources: [{ resource: '{issuer}/admin/api', scopes: ['stile:admin'] }],
  },
};
const pairs = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};
const keyed = (['RS256', 'ES256'] as const).map((alg) => ({
  ...{ ...automation, id: `robot-${alg}`, name: `Robot ${alg}`, role: 'auditor' },
  oidc: {
    ...{ grant_types: ['client_credentials'], response_types: [], redirect_uris: [], client_id: `robot-${alg}` },
    ...{ token_endpoint_auth_method: 'private_key_jwt', resources: automation.oidc.resources },
    jwks: { keys: [{ ...pairs[alg].publicKey.export({ format: 'jwk' }), kid: alg, alg }] },
  },
}));
const first = settings({ applications: [automation, ...keyed] }, 1);
let stile: Stile;
let here: Record<string, string>;

beforeAll(async () => {
  stile = await startStile({ config: first });
  here = {
    ...{ STILE_CONFIG: join(stile.dataDir, 'stile.yaml'), DATA_DIR: join(stile.dataDir, 'data') },
    ...{ DATABASE_URL: stile.databaseUrl as string, STILE_SECRET: TEST_SECRET, ISSUER: stile.issuer },
  };
});
afterAll(async () => {
  await stile.stop();
  rmSync(folder, { recursive: true });
});

const written = (name: string, config: object): string => {
  const path = join(folder, name);
  writeFileSync(path, stringify(config));
  return path;
};

/** Ana has another name, bob is gone, ada and an application are new, the session is shorter. */
const second = () => {
  const users = (first.users as { username: string }[]).filter(({ username }) => username !== 'bob');
  return {
    ...first,
    session: { absolute: '2h' },
    users: [...users.map((one) => (one.username === 'ana' ? { ...one, name: 'Ana S.' } : one)), { username: 'ada' }],
    applications: first.applications.map((one) =>
      (one as { id: string }).id === 'rp'
        ? {
            ...one,
            name: 'Wages',
            oidc: { ...(one as { oidc: object }).oidc, client_secret: 'another secret for tests' },
          }
        : one,
    ),
  };
};

test('check names every mistake with file, key, what is wrong and what is allowed, and starts nothing', async () => {
  expect(await stileCommand(['config', 'check'], here)).toMatchObject({ code: 0, complaints: '' });
  const path = written('wrong.yaml', { users: [{ username: 5 }], sesion: {}, log: { level: 'loud' } });
  const { code, complaints } = await stileCommand(['config', 'check', path], here);
  expect(code).toBe(1);
  expect(complaints).toMatch(/has 3 mistakes:/);
  expect(complaints).toMatch(/wrong\.yaml:\d+: users\[0\]\.username is a number, and has to be text/);
  expect(complaints).toContain('did you mean session?');
  expect(complaints).toMatch(/log\.level is "loud"; allowed: /);
  const json = await stileCommand(['config', 'check', path, '--json'], here);
  expect(JSON.parse(json.out).problems).toHaveLength(3);
});

test('diff says what a file would change, field by field and without secrets, and changes nothing', async () => {
  expect(await stileCommand(['config', 'diff'], here)).toEqual({ code: 0, out: 'No difference.\n', complaints: '' });
  const path = written('second.yaml', second());
  for (let twice = 0; twice < 2; twice++) {
    const { code, out } = await stileCommand(['config', 'diff', path], here);
    expect(code).toBe(4);
    expect(out.trim().split('\n')).toEqual([
      '~ application rp',
      '    client_secret changes',
      '    name: "Payroll" -> "Wages"',
      '~ user ana',
      '    name: "Ana Silva" -> "Ana S."',
      '+ user ada',
      '- user bob is disabled',
      '@ session: taken up by the next start',
    ]);
    expect(out).not.toContain('another secret');
  }
});

test('a file with mistakes is refused by the server with all of them, and so is one that names what is not sent', async () => {
  const path = written('wrong.yaml', { users: [{ username: 5 }], applications: [{ id: 'x', name: 'X', oidc: {} }] });
  const { code, complaints } = await stileCommand(['config', 'apply', path], here);
  expect(code).toBe(1);
  expect(complaints).toMatch(/has mistakes:[\s\S]*users\[0\]\.username is a number/);
  const missing = written('missing.yaml', { users: [{ username: 'eve', password_file: 'nowhere' }] });
  expect((await stileCommand(['config', 'apply', missing], here)).complaints).toContain('cannot be read');
});

test('apply does it without a restart, from elsewhere with a token, ends the sessions of whom it disables, and is on record', async () => {
  const rp = await RelyingParty.at(stile);
  const bob = new Person();
  await rp.signIn(bob, {}, as('bob'));
  const elsewhere = {
    ADMIN_URL: stile.issuer,
    ADMIN_CLIENT_ID: 'pipeline',
    ADMIN_CLIENT_SECRET: 'a secret of the pipeline',
  };
  const path = written('second.yaml', second());
  const applied = await stileCommand(['config', 'apply', path], elsewhere);
  expect(applied).toMatchObject({ code: 0, complaints: '' });
  expect(applied.out).toContain('@ session: taken up by the next start');
  expect((await stileCommand(['config', 'diff', path, '--json'], elsewhere)).code).toBe(4);
  expect(await stileCommand(['user', 'show', 'ana', '--json'], elsewhere)).toMatchObject({
    out: expect.stringContaining('"name":"Ana S."'),
  });
  expect((await bob.go(`${stile.issuer}/account`)).url.pathname).toMatch(/^\/signin\//);
  const events = await stileCommand(['audit', 'list', '--type', 'configuration.applied', '--json'], here);
  expect(JSON.parse(events.out).items[0].detail).toMatchObject({
    by: { kind: 'client', id: 'pipeline' },
    users: { added: [expect.any(String)], changed: [expect.any(String)], disabled: [expect.any(String)] },
  });
});

test.each<[string, Record<string, string>, RegExp]>([
  ['no token', {}, /set ADMIN_TOKEN, or ADMIN_CLIENT_ID/],
  ['a wrong secret', { ADMIN_CLIENT_ID: 'pipeline', ADMIN_CLIENT_SECRET: 'wrong' }, /gives pipeline no token/],
  ['an address without TLS', { ADMIN_URL: 'http://id.example.com', ADMIN_TOKEN: 'x' }, /has to be the https address/],
  ['an address where nobody is', { ADMIN_URL: 'http://127.0.0.1:1', ADMIN_TOKEN: 'x' }, /does not answer/],
])('with ADMIN_URL and %s a command ends with 3 and says what to do', async (_what, env, words) => {
  const { code, complaints } = await stileCommand(['user', 'list'], { ADMIN_URL: stile.issuer, ...env });
  expect(complaints).toMatch(words);
  expect(code).toBe(3);
});

test.each(['RS256', 'ES256'] as const)(
  'a key of its own gets a command its token: %s, as PEM, from a file or as JWK',
  async (alg) => {
    const pem = pairs[alg].privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    const jwk = JSON.stringify({ ...pairs[alg].privateKey.export({ format: 'jwk' }), kid: alg, alg });
    const file = join(folder, `${alg}.pem`);
    writeFileSync(file, pem);
    const as = { ADMIN_URL: stile.issuer, ADMIN_CLIENT_ID: `robot-${alg}` };
    const ways: Record<string, string>[] = [
      { ADMIN_CLIENT_KEY: pem },
      { ADMIN_CLIENT_KEY_FILE: file },
      { ADMIN_CLIENT_KEY: jwk },
    ];
    for (const key of ways)
      expect(await stileCommand(['role', 'list'], { ...as, ...key })).toMatchObject({ code: 0, complaints: '' });
    const other = pairs[alg === 'RS256' ? 'ES256' : 'RS256'].privateKey.export({
      format: 'pem',
      type: 'pkcs8',
    }) as string;
    expect(await stileCommand(['role', 'list'], { ...as, ADMIN_CLIENT_KEY: other })).toMatchObject({ code: 3 });
  },
);

test('a token that is none is refused', async () => {
  const said = await stileCommand(['user', 'list'], { ADMIN_URL: stile.issuer, ADMIN_TOKEN: 'made-up' });
  expect(said.code).toBe(1);
});
