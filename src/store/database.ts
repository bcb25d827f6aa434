/**
 * The durable room: one repository per noun, on knex, over Postgres or the embedded PGlite. It owns tables and their
 * statements, and says "once" by statements the database can refuse. It asks nobody but the sealer, and must not know
 * what a sign-in, a protocol or a request is: no decision is made here.
 */
import type { Knex } from 'knex';
import { openEmbedded } from './embedded.ts';
import { layLanes } from './lane.ts';
import { openPostgres, reaching } from './postgres.ts';

export interface Db {
  readonly knex: Knex;
  readonly kind: 'postgres' | 'pglite';
  /** Postgres only: where it is. */
  readonly url?: string;
  /** Postgres only: connections, and what waits for one. */
  pool(): { used: number; free: number; waiting: number } | undefined;
  /** True when the database answers (for /readyz). */
  ping(): Promise<boolean>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** A Postgres URL, of several hosts too (hosts.ts); otherwise the embedded database in `dataDir`. */
  readonly url?: string;
  readonly dataDir?: string;
  /** A prepared data folder for the first start of the embedded database (made by scripts/embedded-snapshot.mjs). */
  readonly snapshot?: string;
  /** Milliseconds until a database that does not answer gives StoreAway; three seconds. */
  readonly patience?: number;
  /** Connections to Postgres at most; ten. */
  readonly connections?: number;
}

/** Opens without asking whether Postgres is there: the first statement does. Throws when `dataDir` is another process's. */
export async function openDatabase(options: DatabaseOptions): Promise<Db> {
  if (options.url) {
    const { url, patience = 3000, connections = 10 } = options;
    const hosts = reaching(url, patience);
    const db = openPostgres(hosts, { patience, connections });
    const closeLanes = layLanes(db, hosts);
    const close = async () => {
      await Promise.all([closeLanes(), db.destroy()]);
    };
    return { knex: db, kind: 'postgres', url, pool: () => poolOf(db), ping: () => answers(db), close };
  }
  if (!options.dataDir) throw new Error('a database needs a url or a dataDir');
  const { knex: db, close } = await openEmbedded(options.dataDir, options.snapshot);
  return { knex: db, kind: 'pglite', pool: () => undefined, ping: () => answers(db), close };
}

function poolOf({ client }: Knex) {
  const { pool } = client as { pool: { numUsed(): number; numFree(): number; numPendingAcquires(): number } };
  return { used: pool.numUsed(), free: pool.numFree(), waiting: pool.numPendingAcquires() };
}

const answers = (db: Knex): Promise<boolean> =>
  db.raw('select 1').then(
    () => true,
    () => false,
  );
