import type { Knex } from 'knex';
import type { Sealer } from '../../domain/sealer.ts';
import type { Db } from '../database.ts';
import { migrateWithin } from '../migrate.ts';
import { unhurried } from '../unhurried.ts';
import { type Manifest, NotRestored, type Progress } from './format.ts';
import { readBackup } from './reading.ts';
import { quoted, rowsIn, type Table, tablesOf, windSequences } from './tables.ts';

/** Rows and characters written at once. */
const handful = { rows: 1000, characters: 1_000_000 };

export interface Restoring {
  readonly sealer: Sealer;
  /** Throw away what the database holds. */
  readonly force: boolean;
  /** Called for reading it, then again for writing. */
  readonly onProgress?: (what: 'checking' | 'restoring', ...how: Parameters<Progress>) => void;
}

/**
 * Puts a backup in the place of what the database holds, all or nothing, and migrates it. All of it is read and proved
 * before the first statement, and once more while it is written. Throws NotRestored.
 */
export async function restoreBackup(
  db: Db,
  path: string,
  restoring: Restoring,
): Promise<{ manifest: Manifest; migrated: readonly string[] }> {
  const { sealer, onProgress } = restoring;
  const manifest = await readBackup(
    path,
    sealer,
    counting((...how) => onProgress?.('checking', ...how)),
  );
  return unhurried(db, (knex) =>
    knex.transaction(async (trx) => {
      const present = await makeRoom(trx, db, restoring.force);
      await migrateWithin(trx, { only: manifest.schema });
      const tables = await matching(trx, manifest);
      await load(trx, path, tables, restoring, manifest);
      for (const table of tables) await windSequences(trx, table);
      const migrated = await migrateWithin(trx);
      await refuseForeign(trx, present, manifest);
      return { manifest, migrated };
    }),
  );
}

/** Counts rows as they pass. */
function counting(onProgress: Progress) {
  let [all, done] = [0, 0];
  return {
    manifest({ tables }: Manifest) {
      all = tables.reduce((sum, { rows }) => sum + rows, 0);
    },
    row() {
      done += 1;
      if (done % handful.rows === 0 || done === all) onProgress(done, all);
    },
  };
}

/** Refuses or drops what is there; the names of the tables that were. */
async function makeRoom(trx: Knex.Transaction, db: Db, force: boolean): Promise<string[]> {
  if (db.kind === 'postgres') await refuseServers(trx);
  const present = await tablesOf(trx);
  for (const { name } of force ? [] : present)
    if ((await rowsIn(trx, name)) > 0)
      throw new NotRestored(
        'The database is not empty. Restore into an empty one, or use --force to throw away what this one holds.',
      );
  // What refers goes before what it refers to.
  for (const { name } of present.toReversed()) await trx.raw(`drop table ${quoted(name)}`);
  await trx.raw('drop table if exists migrations');
  return present.map(({ name }) => name);
}

/** Servers keep what they read: one that runs on would mix two installations. */
async function refuseServers(trx: Knex.Transaction): Promise<void> {
  const { rows } = await trx.raw<{ rows: object[] }>(
    `select 1 from pg_stat_activity
     where datname = current_database() and application_name = 'stile' and pid <> pg_backend_pid()`,
  );
  if (rows.length > 0)
    throw new NotRestored('A server or a command of Stile is connected to this database. Stop all of them first.');
}

/** The tables in the order of the backup. What is not as this schema has it was not written by us. */
async function matching(trx: Knex, manifest: Manifest): Promise<Table[]> {
  const tables = new Map((await tablesOf(trx)).map((table) => [table.name, table]));
  return manifest.tables.map(({ name, columns }) => {
    const table = tables.get(name);
    const named = new Map(table?.columns.map((column) => [column.name, column]));
    if (!table || named.size !== columns.length || !columns.every((column) => named.has(column)))
      throw new NotRestored(`The table ${name} of this backup is not as its schema has it. Nothing was restored.`);
    return { name, columns: columns.map((column) => named.get(column) as Table['columns'][number]) };
  });
}

async function load(trx: Knex, path: string, tables: readonly Table[], restoring: Restoring, checked: Manifest) {
  const count = counting((...how) => restoring.onProgress?.('restoring', ...how));
  let [at, rows, characters]: [number, string[], number] = [0, [], 0];
  const flush = async () => {
    const table = tables[at];
    if (table && rows.length > 0) await insert(trx, table, rows);
    [rows, characters] = [[], 0];
  };
  await readBackup(path, restoring.sealer, {
    manifest(again) {
      if (JSON.stringify(again) !== JSON.stringify(checked)) throw new NotRestored('The backup changed meanwhile.');
      count.manifest(again);
    },
    async row(table, line) {
      if (table !== at || rows.length >= handful.rows || characters >= handful.characters) await flush();
      at = table;
      rows.push(line);
      characters += line.length;
      count.row();
    },
  });
  await flush();
}

async function insert(trx: Knex, { name, columns }: Table, rows: readonly string[]): Promise<void> {
  const into = columns.map((column) => quoted(column.name)).join(', ');
  const values = columns.map(({ type }, i) => `(e->>${i})::${type}`).join(', ');
  await trx.raw(
    `insert into ${quoted(name)} (${into}) overriding system value
     select ${values} from jsonb_array_elements(?::jsonb) as e`,
    [`[${rows.join(',')}]`],
  );
}

/** Dropping was right only if every table was ours. */
async function refuseForeign(trx: Knex, present: readonly string[], { tables }: Manifest): Promise<void> {
  const ours = new Set([...(await tablesOf(trx)), ...tables].map(({ name }) => name));
  const foreign = present.filter((name) => !ours.has(name));
  if (foreign.length > 0)
    throw new NotRestored(
      `The database holds tables that are not Stile's (${foreign.join(', ')}). Restore into one of its own; nothing was changed.`,
    );
}
