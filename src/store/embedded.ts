import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import knex, { type Knex } from 'knex';
import ClientPG, { type QueryObject } from 'knex/lib/dialects/postgres/index.js';
import { watched } from '../domain/watching.ts';
import { judged } from './away.ts';
import { lockFolder } from './lock.ts';
import { verbOf } from './verb.ts';

/** The same JavaScript types as the `pg` driver gives: int8 as string, bytea as Buffer. */
const parsers = { 20: (text: string) => text, 17: (text: string) => Buffer.from(text.slice(2), 'hex') };

/** PGlite takes 160 MB for shared buffers, which the operating system's own file cache makes needless. */
const frugal = ['-c', 'shared_buffers=8MB'];

/** knex's Postgres client over the one connection a PGlite has. */
class PGliteClient extends ClientPG {
  override _driver(): unknown {
    return {};
  }

  private get pglite(): PGlite {
    return (this.config as { connection: { pglite: PGlite } }).connection.pglite;
  }

  override async acquireRawConnection(): Promise<unknown> {
    return this.pglite;
  }

  override async destroyRawConnection(): Promise<void> {}

  override async validateConnection(): Promise<boolean> {
    return !this.pglite.closed;
  }

  override async checkVersion(): Promise<string> {
    return '18.0';
  }

  override async acquireConnection(): Promise<unknown> {
    try {
      return await super.acquireConnection();
    } catch (error) {
      throw judged(error);
    }
  }

  override async _query(connection: unknown, query: QueryObject): Promise<QueryObject> {
    const pglite = connection as PGlite;
    const bindings = query.bindings ?? [];
    try {
      // Without bindings it may be several statements, as migrations are.
      const result = await watched('sql', verbOf(query.sql), async () =>
        bindings.length ? pglite.query(query.sql, bindings) : (await pglite.exec(query.sql)).at(-1),
      );
      const rows = result?.rows ?? [];
      query.response = {
        rows,
        rowCount: result?.affectedRows || rows.length,
        fields: result?.fields ?? [],
        command: query.sql.trimStart().split(/\s/, 1)[0]!.toUpperCase(),
      };
      return query;
    } catch (error) {
      throw judged(error);
    }
  }
}

/** Copies a folder for us alone to read and write, whatever the modes of a program that is installed read-only. */
function copyOwn(from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) copyOwn(source, target);
    else {
      copyFileSync(source, target);
      chmodSync(target, 0o600);
    }
  }
}

/**
 * PGlite in `<dataDir>/database`, held by a lock in `<dataDir>` because PGlite itself would let two processes write to
 * one folder. `snapshot` is a folder of an initialised, empty database: copying it spares the costly first initdb.
 */
export async function openEmbedded(
  dataDir: string,
  snapshot?: string,
): Promise<{ knex: Knex; close(): Promise<void> }> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(dataDir);
  try {
    const folder = join(dataDir, 'database');
    if (snapshot && existsSync(snapshot) && !existsSync(folder)) {
      const half = `${folder}.half`;
      rmSync(half, { recursive: true, force: true });
      copyOwn(snapshot, half);
      renameSync(half, folder);
    }
    const { PGlite } = await import('@electric-sql/pglite');
    const pglite = await PGlite.create({
      dataDir: folder,
      parsers,
      startParams: [...PGlite.defaultStartParams, ...frugal],
      initDbStartParams: ['--wal-segsize=1'],
    });
    const db = knex({
      client: PGliteClient,
      connection: { pglite } as unknown as Knex.StaticConnectionConfig,
      pool: { min: 1, max: 1 },
      acquireConnectionTimeout: 10_000,
      compileSqlOnError: false,
    });
    return {
      knex: db,
      async close() {
        await db.destroy();
        await pglite.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}
