import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { requestFor, textOf } from '../../admin/api/request.ts';
import { operationById } from '../../admin/operations/table.ts';
import { askThrough, osUser } from '../../admin/socket.ts';
import { groupRecorder } from '../../audit/recorder.ts';
import type { Act } from '../../command/command.ts';
import { bar } from '../../command/progress.ts';
import { secretsSealer } from '../../state/sealer.ts';
import type { Manifest, Progress } from '../../store/backup/format.ts';
import { passing } from '../../store/backup/passing.ts';
import { writeBackup } from '../../store/backup/writing.ts';
import { Events } from '../../store/events.ts';
import { type Around, openPresent, secretsOf, socketIn, surroundings } from '../surroundings.ts';

/** Milliseconds a server may need to write a large database down before the first of it comes. */
const patience = 3_600_000;

interface Writing {
  readonly program: string;
  readonly onProgress: Progress;
  /** Takes the lines to where they are kept. */
  into(lines: AsyncIterable<string>): Promise<void>;
}

/** `stile backup FILE [--force]` */
export const backupAct: Act = async ({ file, force }, terminal) => {
  const path = String(file);
  if (path !== '-' && !force && existsSync(path)) throw new Error(`${path} exists. Name another file, or use --force.`);
  const around = surroundings();
  const { tables } = await kept(path, (into) => {
    const writing = { program: terminal.version, onProgress: bar(terminal, 'backup'), into };
    return through(around, writing);
  });
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const counts = Object.fromEntries(tables.map((table) => [table.name, table.rows]));
  const said = `${path}: ${rows} rows of ${tables.length} tables. It opens only with this STILE_SECRET: keep that too, elsewhere.`;
  return { answer: { file: path, rows, tables: counts }, code: 0, ...(path === '-' ? {} : { said }) };
};

/** Compresses it into a file aside and then names that, so that nothing with that name was ever cut; mode 0600. */
async function kept(path: string, write: (into: Writing['into']) => Promise<Manifest>): Promise<Manifest> {
  const aside = `${path}.partial`;
  try {
    const manifest = await write((lines) => {
      const out = path === '-' ? process.stdout : createWriteStream(aside, { mode: 0o600, flush: true });
      return pipeline(Readable.from(lines), createGzip(), out, { end: path !== '-' });
    });
    if (path !== '-') renameSync(aside, path);
    return manifest;
  } catch (error) {
    if (path !== '-') rmSync(aside, { force: true });
    throw error;
  }
}

/** The embedded database is held by the server that runs on it, so that one writes; PostgreSQL is read beside its servers. */
async function through(around: Around, writing: Writing): Promise<Manifest> {
  const create = requestFor(operationById('backups.create'), {});
  const answer = around.databaseUrl ? undefined : await askThrough(socketIn(around.dataDir), create, patience);
  if (!answer) return directly(around, writing);
  if (answer.status === 404) throw new Error('The server that runs is of an older version: stop it for this backup.');
  if (answer.status >= 400) {
    const { detail, title } = JSON.parse(await textOf(answer));
    throw new Error(`The server made no backup: ${detail ?? title}`);
  }
  const passed = passing(answer.body as AsyncIterable<string>, writing.onProgress);
  await writing.into(passed.lines);
  return passed.manifest();
}

/** One transaction of our own, on record. */
async function directly(around: Around, { program, onProgress, into }: Writing): Promise<Manifest> {
  const sealers = secretsOf(around).map((secret) => secretsSealer([secret]));
  const db = await openPresent(around);
  try {
    const at = Date.now();
    const manifest = await writeBackup(db, { sealers, program, at, onProgress }, into);
    const detail = { by: { kind: 'local', id: osUser() }, tables: manifest.tables.length };
    await groupRecorder(new Events(db.knex)).record({ type: 'backup.made', at, detail });
    return manifest;
  } finally {
    await db.close();
  }
}
