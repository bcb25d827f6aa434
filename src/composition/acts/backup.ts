import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { osUser } from '../../admin/socket.ts';
import { groupRecorder } from '../../audit/recorder.ts';
import type { Act } from '../../command/command.ts';
import { bar } from '../../command/progress.ts';
import { secretsSealer } from '../../state/sealer.ts';
import type { Manifest, Progress } from '../../store/backup/format.ts';
import { writeBackup } from '../../store/backup/writing.ts';
import type { Db } from '../../store/database.ts';
import { Events } from '../../store/events.ts';
import { openPresent, secretsOf, surroundings } from '../surroundings.ts';

/** `stile backup FILE [--force]` */
export const backupAct: Act = async ({ file, force }, terminal) => {
  const path = String(file);
  if (path !== '-' && !force && existsSync(path)) throw new Error(`${path} exists. Name another file, or use --force.`);
  const around = surroundings();
  const secrets = secretsOf(around);
  const db = await openPresent(around);
  try {
    const progress = bar(terminal, 'backup');
    const manifest = await backup(db, { secrets, program: terminal.version, path, onProgress: progress });
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    const counts = Object.fromEntries(manifest.tables.map((table) => [table.name, table.rows]));
    const said = `${path}: ${rows} rows of ${manifest.tables.length} tables. It opens only with this STILE_SECRET: keep that too, elsewhere.`;
    return { answer: { file: path, rows, tables: counts }, code: 0, ...(path === '-' ? {} : { said }) };
  } finally {
    await db.close();
  }
};

/** Writes it aside and then names it, so that nothing with that name was ever cut; mode 0600, and on record. */
async function backup(
  db: Db,
  to: { secrets: readonly string[]; program: string; path: string; onProgress: Progress },
): Promise<Manifest> {
  const { secrets, program, path, onProgress } = to;
  const at = Date.now();
  const sealers = secrets.map((secret) => secretsSealer([secret]));
  const aside = `${path}.partial`;
  try {
    const manifest = await writeBackup(db, { sealers, program, at, onProgress }, (lines) => {
      const out = path === '-' ? process.stdout : createWriteStream(aside, { mode: 0o600, flush: true });
      return pipeline(Readable.from(lines), createGzip(), out, { end: path !== '-' });
    });
    if (path !== '-') renameSync(aside, path);
    const recorder = groupRecorder(new Events(db.knex));
    const detail = { by: { kind: 'local', id: osUser() }, tables: manifest.tables.length };
    await recorder.record({ type: 'backup.made', at, detail });
    return manifest;
  } catch (error) {
    if (path !== '-') rmSync(aside, { force: true });
    throw error;
  }
}
