import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import pg from 'pg';
import { Person } from '../support/person.ts';
import { nobody, RelyingParty, settings } from '../support/rp.ts';
import { type Stile, startStile, TEST_SECRET } from '../support/stile.ts';

/** Long enough for what the schedule is told to have missed. */
const config = settings({ keys: { overlap: '366d' } });
let here: Stile;
let there: Stile;
beforeAll(async () => {
  here = await startStile({ config });
  // Another node: a machine of its own, the same database and Redis.
  const shared = { DATABASE_URL: here.databaseUrl as string, REDIS_URL: here.redisUrl as string };
  there = await startStile({ config, env: shared });
});
afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
});

/** `stile key …`, by whoever administers the first node. */
function key(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['bin/stile.mjs', 'key', ...args], {
    env: {
      PATH: process.env.PATH ?? '',
      STILE_CONFIG: join(here.dataDir, 'stile.yaml'),
      DATA_DIR: join(here.dataDir, 'data'),
      DATABASE_URL: here.databaseUrl as string,
      STILE_SECRET: TEST_SECRET,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => child.once('exit', (code) => resolve({ code, output })));
}

const certificates = async (stile: Stile): Promise<string[]> => {
  const metadata = await (await fetch(`${stile.issuer}/saml/metadata`)).text();
  return [...metadata.matchAll(/<md:KeyDescriptor.*?<ds:X509Certificate>([^<]+)/g)].map(([, one]) => one as string);
};
const shown = async (): Promise<string[]> =>
  JSON.parse((await key('list', 'saml', '--json')).output).keys.map((key: { certificate: string }) => key.certificate);

test('two nodes publish the same four keys, which the command line shows', async () => {
  const keys = await certificates(here);
  expect(keys).toHaveLength(4);
  expect(await certificates(there)).toEqual(keys);
  expect(await shown()).toEqual(keys);
});

test('keys that were just made known are not put to work, unless by force; then every node follows without a restart', async () => {
  const [rsa, ec, nextRsa, nextEc] = await certificates(here);
  expect(await key('rotate', 'saml')).toMatchObject({ code: 1, output: expect.stringContaining('--force') });
  expect(await certificates(here)).toEqual([rsa, ec, nextRsa, nextEc]);
  expect((await key('rotate', 'saml', '--force')).code).toBe(0);
  const keys = await certificates(here);
  expect(keys).toHaveLength(6);
  expect(keys.slice(0, 2)).toEqual([nextRsa, nextEc]);
  expect(keys.slice(4)).toEqual([rsa, ec]);
  let followed: string[];
  do followed = await certificates(there);
  while (followed.length < 6);
  expect(followed).toEqual(keys);
  expect(there.output().match(/Stile is running/g)).toHaveLength(1);
});

describe('of tokens', () => {
  const kids = async (stile: Stile): Promise<string[]> => {
    const { keys } = (await (await fetch(`${stile.issuer}/jwks`)).json()) as { keys: { kid: string }[] };
    return keys.map(({ kid }) => kid);
  };
  /** Resolves when this node publishes that many. */
  const publishing = async (stile: Stile, count: number) => {
    let found: string[];
    do found = await kids(stile);
    while (found.length !== count);
    return found;
  };
  const kidOf = (jwt: string | undefined) => decodeProtectedHeader(jwt as string).kid;
  const rotations = async () => {
    const database = new pg.Client(here.databaseUrl);
    await database.connect();
    const sql = "select detail from events where type = 'keys.rotated' and detail->>'use' = 'oidc' order by at";
    const { rows } = await database.query<{ detail: { by: { kind: string } } }>(sql);
    await database.end();
    return rows.map(({ detail }) => detail.by.kind);
  };

  test('every node signs by the new key in seconds, and who was signed in before still is', async () => {
    const rp = await RelyingParty.at(here);
    const ana = new Person();
    const before = await rp.signIn(ana);
    const [rsa, ec, nextRsa, nextEc] = await kids(here);
    expect(await kids(there)).toEqual([rsa, ec, nextRsa, nextEc]);
    expect(kidOf(before.tokens.id_token)).toBe(rsa);
    expect(await key('rotate', 'oidc')).toMatchObject({ code: 1, output: expect.stringContaining('--force') });
    expect((await key('rotate', 'oidc', '--force')).code).toBe(0);
    expect((await kids(here)).slice(0, 2)).toEqual([nextRsa, nextEc]);
    expect(await publishing(there, 6)).toEqual(await kids(here));
    for (const stile of [here, there]) {
      const after = await (await RelyingParty.at(stile)).signIn(new Person({ like: ana }), { prompt: 'none' }, nobody);
      expect(kidOf(after.tokens.id_token)).toBe(nextRsa);
      expect(after.claims.sid).toBe(before.claims.sid);
    }
    expect(await rotations()).toEqual(['local']);
  });

  test('the schedule changes them once, though two nodes see at once that it is time', async () => {
    const next = (await kids(here)).slice(2, 4);
    await Promise.all([here.halt(), there.halt()]);
    const database = new pg.Client(here.databaseUrl);
    await database.connect();
    await database.query("update signing_keys set created_at = created_at - interval '20 days' where use = 'sig'");
    await database.query(
      "update signing_keys set created_at = created_at - interval '80 days' where id = any($1) and use = 'sig'",
      [next],
    );
    await database.end();
    await Promise.all([here.again(), there.again()]);
    const keys = await publishing(here, 8);
    expect(keys.slice(0, 2)).toEqual(next);
    expect(await publishing(there, 8)).toEqual(keys);
    expect(await rotations()).toEqual(['local', 'schedule']);
  });

  test('after a leak none of the old ones is left on any node', async () => {
    const before = await kids(here);
    expect((await key('rotate', 'oidc', '--leaked')).code).toBe(0);
    const after = await kids(here);
    expect(after).toHaveLength(4);
    expect(after.filter((kid) => before.includes(kid))).toEqual([]);
    expect(await publishing(there, 4)).toEqual(after);
  });
});

test('the command line does the same to the database while no server runs, and servers start with it', async () => {
  await here.halt();
  const before = await shown();
  expect((await key('rotate', 'saml', '--force')).code).toBe(0);
  await here.again();
  const keys = await certificates(here);
  expect(keys.slice(0, 2)).toEqual(before.slice(2, 4));
  expect(await shown()).toEqual(keys);
});

test('a new secret: refused alone, sealed anew beside the old one, and then the old one can go', async () => {
  const env = (secret: string) => ({ config, env: { STILE_SECRET: secret } });
  const fresh = 'another secret for tests that is long enough to be taken too';
  await Promise.all([here.halt(), there.halt()]);
  await expect(here.again(env(fresh))).rejects.toThrow(
    /STILE_SECRET lacks a secret .* \d+ in credentials by the secret /,
  );
  await here.again(env(`${fresh},${TEST_SECRET}`));
  expect(await key('reseal', '--json')).toMatchObject({ code: 0, output: expect.stringContaining('"left":0') });
  const { items } = JSON.parse((await key('secrets', '--json')).output);
  expect(items).toMatchObject([
    { state: 'current', rows: expect.any(Number) },
    { state: 'old', rows: 0, tables: {} },
  ]);
  await here.halt();
  await here.again(env(fresh));
  const rp = await RelyingParty.at(here);
  expect((await rp.signIn(new Person())).claims.sub).toBeTruthy();
});
