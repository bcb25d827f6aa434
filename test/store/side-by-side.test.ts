/**
 * Two versions on one database: what the older one says to it still works after the newer one has migrated it. The older
 * one is represented by every statement its repositories made in their own contract, recorded with its bindings
 * (test/support/statements.ts); statements it did not make there are not proved.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Db } from '../../src/store/database.ts';
import { openDatabase } from '../../src/store/database.ts';
import { known, migrate } from '../../src/store/migrate.ts';
import { readStatements, type Statement } from '../support/statements.ts';

const dirs: string[] = [];
afterAll(() => Promise.all(dirs.map((dir) => rm(dir, { recursive: true }))));

/** What the database says to each, one after the other: the rows, or which error. */
async function answers(statements: readonly Statement[], only = known) {
  const dataDir = await mkdtemp(join(tmpdir(), 'stile-'));
  dirs.push(dataDir);
  const db = await openDatabase({ dataDir });
  await migrate(db, { only });
  const said: { sql: string; rows: number; columns: string[]; error?: string }[] = [];
  for (const statement of statements) said.push({ sql: statement.sql, ...(await answer(db, statement)) });
  await db.close();
  return said;
}

const answer = (db: Db, { sql, bindings }: Statement) =>
  db.knex.raw(sql, bindings as never).then(
    ({ rows, rowCount }: { rows: object[]; rowCount: number }) => ({
      rows: rowCount,
      columns: Object.keys(rows[0] ?? {}).sort(),
    }),
    (error: { code?: string; message: string }) => ({ rows: 0, columns: [], error: error.code ?? error.message }),
  );

/** Of the schema as the version had it, by the last migration it knew. */
const versions = (await readdir(import.meta.dirname)).flatMap((file) => {
  const number = /^statements-(\d{4})\.jsonl\.gz$/.exec(file)?.[1];
  return number === undefined ? [] : [{ number, file: join(import.meta.dirname, file) }];
});

test.each(versions)('the version at $number goes on working on the schema of today', async ({ number, file }) => {
  const statements = readStatements(file);
  const then = known.slice(0, known.findIndex((name) => name.startsWith(number)) + 1);
  const before = await answers(statements, then);
  const after = await answers(statements);
  expect(before.length).toBeGreaterThan(500);
  expect(before.filter(({ error }) => error === undefined).length).toBeGreaterThan(500);
  // More columns are an expansion; fewer, other rows or other errors are not.
  const kept = after.map((one, i) => ({
    ...one,
    columns: one.columns.filter((name) => before[i]?.columns.includes(name)),
  }));
  expect(kept).toEqual(before);
});
