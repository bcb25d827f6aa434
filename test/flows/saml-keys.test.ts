import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { settings } from '../support/rp.ts';
import { type Stile, startStile, TEST_SECRET } from '../support/stile.ts';

let here: Stile;
let there: Stile;
beforeAll(async () => {
  here = await startStile({ config: settings() });
  // Another node: a machine of its own, the same database and Redis.
  const shared = { DATABASE_URL: here.databaseUrl as string, REDIS_URL: here.redisUrl as string };
  there = await startStile({ config: settings(), env: shared });
});
afterAll(async () => {
  await Promise.all([here?.stop(), there?.stop()]);
});

/** `stile saml …`, by whoever administers the first node. */
function saml(...args: string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['bin/stile.mjs', 'saml', ...args], {
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
  JSON.parse((await saml('show', '--json')).output).keys.map((key: { certificate: string }) => key.certificate);

test('two nodes publish the same four keys, which the command line shows', async () => {
  const keys = await certificates(here);
  expect(keys).toHaveLength(4);
  expect(await certificates(there)).toEqual(keys);
  expect(await shown()).toEqual(keys);
});

test('keys that were just made known are not put to work, unless by force; then every node follows without a restart', async () => {
  const [rsa, ec, nextRsa, nextEc] = await certificates(here);
  expect(await saml('rotate')).toMatchObject({ code: 1, output: expect.stringContaining('--force') });
  expect(await certificates(here)).toEqual([rsa, ec, nextRsa, nextEc]);
  expect((await saml('rotate', '--force')).code).toBe(0);
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

test('the command line does the same to the database while no server runs, and servers start with it', async () => {
  await here.halt();
  const before = await shown();
  expect((await saml('rotate', '--force')).code).toBe(0);
  await here.again();
  const keys = await certificates(here);
  expect(keys.slice(0, 2)).toEqual(before.slice(2, 4));
  expect(await shown()).toEqual(keys);
});
