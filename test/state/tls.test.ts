/** The addresses of both stores over TLS, at real servers: whoever is vouched for is believed, and nobody else. */
import { chmodSync, chownSync, copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { RedisKv } from '../../src/state/redis.ts';
import { openDatabase } from '../../src/store/database.ts';
import { Office } from '../support/certificates.ts';
import { startPostgres } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import { freePort } from '../support/stile.ts';

const office = new Office();
const ca = office.authority('/CN=Northfold');
const stranger = office.authority('/CN=Somebody else');
const server = office.issue('/CN=localhost', { by: ca, extensions: ['subjectAltName=DNS:localhost'] });
let redis: Awaited<ReturnType<typeof startRedis>>;
let redisPort: number;
let postgres: Awaited<ReturnType<typeof startPostgres>>;

beforeAll(async () => {
  redisPort = await freePort();
  const settings = {
    ...{ 'tls-port': redisPort, 'tls-auth-clients': 'no', 'tls-ca-cert-file': ca.certFile },
    ...{ 'tls-cert-file': server.certFile, 'tls-key-file': server.keyFile },
  };
  [redis, postgres] = await Promise.all([startRedis({ settings }), startPostgres()]);
  const owner = statSync(postgres.data);
  // PostgreSQL takes a key only from its own user, and from nobody who may let others read it.
  for (const [from, name] of [
    [server.certFile, 'server.crt'],
    [server.keyFile, 'server.key'],
  ] as const) {
    const to = join(postgres.data, name);
    copyFileSync(from, to);
    chmodSync(to, 0o600);
    chownSync(to, owner.uid, owner.gid);
  }
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query('alter system set ssl = on');
  await client.query('select pg_reload_conf()');
  await client.end();
});
afterAll(async () => {
  await Promise.all([redis?.stop(), postgres?.stop()]);
  office.close();
});

const redisAt = (file: string, host = 'localhost') =>
  `rediss://${host}:${redisPort}/0?ca_file=${encodeURIComponent(file)}`;

async function throughRedis(url: string): Promise<string | undefined> {
  const kv = new RedisKv({ url, onAway: () => {}, onBack: () => {} });
  try {
    await kv.set('ana', 'signed in', 60);
    return (await kv.read('ana'))?.value;
  } finally {
    await kv.close();
  }
}

test('Redis is spoken to over TLS when its certificate is by the authority named', async () => {
  expect(await throughRedis(redisAt(ca.certFile))).toBe('signed in');
});

test.each<[string, () => string]>([
  ['by another authority', () => redisAt(stranger.certFile)],
  ['for another name', () => redisAt(ca.certFile, '127.0.0.1')],
  ['by nobody the system knows', () => `rediss://localhost:${redisPort}/0`],
])('Redis with a certificate %s is not', async (_what, url) => {
  await expect(throughRedis(url())).rejects.toMatchObject({ name: 'StoreAway' });
});

const postgresAt = (query: string, host = 'localhost') =>
  `postgres://postgres@${host}:${postgres.port}/postgres?${query}`;

async function throughPostgres(url: string): Promise<boolean> {
  const db = await openDatabase({ url });
  try {
    const { rows } = await db.knex.raw('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
    return rows[0].ssl;
  } finally {
    await db.close();
  }
}

test('PostgreSQL is spoken to over TLS when its certificate is by the authority named', async () => {
  const query = `sslmode=verify-full&sslrootcert=${encodeURIComponent(ca.certFile)}`;
  expect(await throughPostgres(postgresAt(query))).toBe(true);
});

test.each<[string, () => string]>([
  [
    'by another authority',
    () => postgresAt(`sslmode=verify-full&sslrootcert=${encodeURIComponent(stranger.certFile)}`),
  ],
  [
    'for another name',
    () => postgresAt(`sslmode=verify-full&sslrootcert=${encodeURIComponent(ca.certFile)}`, '127.0.0.1'),
  ],
  ['by nobody the system knows', () => postgresAt('sslmode=verify-full')],
])('PostgreSQL with a certificate %s is not', async (_what, url) => {
  await expect(throughPostgres(url())).rejects.toThrow();
});
