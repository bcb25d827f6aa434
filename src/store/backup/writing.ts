import type { Knex } from 'knex';
import type { Sealer } from '../../domain/sealer.ts';
import type { Db } from '../database.ts';
import { unhurried } from '../unhurried.ts';
import { digest, type Manifest, type Progress, sealedAs, version } from './format.ts';
import { quoted, rowsIn, type Table, tablesOf } from './tables.ts';

/** Rows fetched at once. */
const handful = 1000;

export interface Writing {
  /** One a secret, the current one first. */
  readonly sealers: readonly Sealer[];
  /** The version of this program. */
  readonly program: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly onProgress?: Progress;
}

/** One consistent look at everything durable, as lines; `into` takes them. Returns the manifest. */
export async function writeBackup(
  db: Db,
  writing: Writing,
  into: (lines: AsyncIterable<string>) => Promise<void>,
): Promise<Manifest> {
  return unhurried(db, (knex) =>
    knex.transaction(
      async (trx) => {
        const tables = await tablesOf(trx);
        const manifest = await describe(trx, tables, writing);
        await into(lines(trx, tables, manifest, writing));
        return manifest;
      },
      { isolationLevel: 'repeatable read', readOnly: true },
    ),
  );
}

async function describe(trx: Knex.Transaction, tables: readonly Table[], writing: Writing): Promise<Manifest> {
  // Times and numbers are written in one way, whatever this database prefers.
  await trx.raw("set local timezone = 'UTC'; set local datestyle = 'ISO'; set local intervalstyle = 'postgres'");
  const counted: Manifest['tables'] = [];
  for (const { name, columns } of tables)
    counted.push({ name, columns: columns.map((column) => column.name), rows: await rowsIn(trx, name) });
  return {
    format: 'stile backup',
    version,
    program: writing.program,
    at: new Date(writing.at).toISOString(),
    schema: await trx('migrations').orderBy('name').pluck('name'),
    tables: counted,
    secret: proofOf(writing.sealers[0] as Sealer),
  };
}

const proofOf = (sealer: Sealer): string => sealer.seal('stile', sealedAs);

async function* lines(trx: Knex, tables: readonly Table[], manifest: Manifest, writing: Writing) {
  const { sealers, onProgress } = writing;
  const all = manifest.tables.reduce((sum, { rows }) => sum + rows, 0);
  const hash = digest();
  const hashed = (text: string) => {
    hash.update(text);
    return text;
  };
  // A sealed value begins with the name of its secret.
  const older = sealers.slice(1).map((sealer) => ({ proof: proofOf(sealer), used: false }));
  let done = 0;
  yield hashed(`${JSON.stringify(manifest)}\n`);
  for (const table of tables) {
    yield hashed(`${JSON.stringify({ table: table.name })}\n`);
    for await (const rows of rowsOf(trx, table)) {
      const text = rows.map((row) => `${row}\n`).join('');
      for (const one of older) one.used ||= text.includes(`"${one.proof.slice(0, one.proof.indexOf('.') + 1)}`);
      yield hashed(text);
      done += rows.length;
      onProgress?.(done, all);
    }
  }
  const sha256 = hash.digest('hex');
  const sealed = (sealers[0] as Sealer).seal(sha256, sealedAs);
  const still = older.filter(({ used }) => used).map(({ proof }) => proof);
  yield `${JSON.stringify({ end: true, sha256, sealed, older: still })}\n`;
}

/** Each row a JSON array of texts that PostgreSQL made itself: nothing is lost on the way through our own types. */
async function* rowsOf(trx: Knex, { name, columns }: Table): AsyncGenerator<string[]> {
  const values = columns.map((column) => `${quoted(column.name)}::text`).join(', ');
  await trx.raw(
    `declare backup no scroll cursor for select json_build_array(${values})::text as row from ${quoted(name)}`,
  );
  for (;;) {
    const { rows } = await trx.raw<{ rows: { row: string }[] }>(`fetch ${handful} from backup`);
    if (rows.length === 0) break;
    yield rows.map(({ row }) => row);
  }
  await trx.raw('close backup');
}
