/**
 * Makes the folder of an initialised, empty embedded database that a first start copies instead of running initdb, which
 * takes three seconds and 850 MB (docs/decisions, "The embedded database"). Kept as long as PGlite stays the same.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** Makes `folder` unless it is there and made by this very version of PGlite. */
export async function embeddedSnapshot(folder) {
  const manifest = join(dirname(require.resolve('@electric-sql/pglite')), '../package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  // Counted up whenever this file makes another folder of the same PGlite.
  const made = `${version} 2`;
  const stamp = `${folder}.pglite`;
  if (existsSync(folder) && existsSync(stamp) && readFileSync(stamp, 'utf8') === made) return;
  const { PGlite } = await import('@electric-sql/pglite');
  const half = `${folder}.half`;
  for (const old of [half, folder, stamp]) rmSync(old, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  const pglite = await PGlite.create({ dataDir: half, initDbStartParams: ['--wal-segsize=1'] });
  // Nobody makes a database from a template here, and two thirds of the files a first start copies would be theirs.
  for (const template of ['template0', 'template1']) {
    await pglite.exec(
      `update pg_database set datistemplate = false, datallowconn = true where datname = '${template}'`,
    );
    await pglite.exec(`drop database ${template}`);
  }
  await pglite.exec('checkpoint');
  await pglite.close();
  renameSync(half, folder);
  writeFileSync(stamp, made);
}

if (process.argv[1] === import.meta.filename) {
  await embeddedSnapshot(process.argv[2] ?? join(import.meta.dirname, '../dist/embedded-snapshot'));
}
