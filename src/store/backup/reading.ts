import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { Sealer } from '../../domain/sealer.ts';
import { known } from '../migrate.ts';
import { digest, endOf, type Manifest, manifestOf, NotRestored, sealedAs, version } from './format.ts';

/** No row of ours comes near it, and a file that is none of ours must not fill the memory. */
const longestLine = 64 * 1024 * 1024;

export interface Reading {
  manifest(manifest: Manifest): Promise<void> | void;
  /** One row, a JSON array of texts and nulls that has as many as its table has columns. */
  row(table: number, line: string): Promise<void> | void;
}

const broken = (what: string): NotRestored =>
  new NotRestored(`This backup is not whole: ${what}. Nothing was restored; use another copy of it.`);

/**
 * Reads a backup to its end, giving each part to `reading` as it comes: only when this returns was all of it true.
 * Throws NotRestored for what is cut, changed, sealed by a secret that is not ours, or of a newer program.
 */
export async function readBackup(path: string, sealer: Sealer, reading: Reading): Promise<Manifest> {
  const hash = digest();
  let manifest: Manifest | undefined;
  let [table, left] = [-1, 0];
  let end: string | undefined;
  for await (const line of linesOf(path)) {
    if (end !== undefined) throw broken('there is something behind its end');
    if (line.startsWith('{"end":')) {
      if (!manifest || left > 0 || table !== manifest.tables.length - 1) throw broken('rows are missing');
      end = line;
      continue;
    }
    hash.update(`${line}\n`);
    if (!manifest) {
      manifest = manifestIn(line, sealer);
      await reading.manifest(manifest);
    } else if (line.startsWith('[')) {
      if (left-- < 1 || parsed(line)?.length !== manifest.tables[table]?.columns.length)
        throw broken('a row is too much or too short');
      await reading.row(table, line);
    } else {
      table += 1;
      const next = manifest.tables[table];
      if (left > 0 || !next || line !== JSON.stringify({ table: next.name })) throw broken('rows are missing');
      left = next.rows;
    }
  }
  if (!manifest) throw new NotRestored(`${path} is empty: it is no backup of Stile.`);
  if (end === undefined) throw broken('it is cut off before its end');
  prove(end, hash.digest('hex'), sealer);
  return manifest;
}

function parsed(line: string): unknown[] | undefined {
  try {
    const row: unknown = JSON.parse(line);
    return Array.isArray(row) && row.every((one) => one === null || typeof one === 'string') ? row : undefined;
  } catch {
    return undefined;
  }
}

function manifestIn(line: string, sealer: Sealer): Manifest {
  let value: { format?: unknown; version?: unknown };
  try {
    value = JSON.parse(line);
  } catch {
    throw new NotRestored('This file is no backup of Stile.');
  }
  if (value?.format !== 'stile backup') throw new NotRestored('This file is no backup of Stile.');
  if (typeof value.version === 'number' && value.version > version) throw newer();
  const result = manifestOf.safeParse(value);
  if (!result.success) throw broken('its first line was changed');
  opened(result.data.secret, sealer);
  if (result.data.schema.some((name) => !known.includes(name))) throw newer();
  return result.data;
}

const newer = (): NotRestored =>
  new NotRestored('This backup was made by a newer Stile. Restore it with that version; nothing was restored.');

function prove(line: string, sha256: string, sealer: Sealer): void {
  let end: unknown;
  try {
    end = JSON.parse(line);
  } catch {
    throw broken('its last line is cut off');
  }
  const result = endOf.safeParse(end);
  if (!result.success || result.data.sha256 !== sha256 || opened(result.data.sealed, sealer) !== sha256)
    throw broken('its digest is another one, so something in it was changed');
  for (const one of result.data.older) opened(one, sealer);
}

function opened(sealed: string, sealer: Sealer): string {
  try {
    return sealer.open(sealed, sealedAs);
  } catch (error) {
    if ((error as Error).name !== 'NotOurSecret') throw broken('a seal on it was changed');
    throw new NotRestored(
      'STILE_SECRET does not open what is in this backup. Give the secret of the installation it was made in ' +
        '(without STILE_SECRET that is the file "secret" in its DATA_DIR), behind your own and separated by a comma ' +
        'if you have another now. Nothing was restored.',
    );
  }
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const text = file.pipe(createGunzip());
  file.once('error', (error) => text.destroy(error));
  let rest = '';
  try {
    for await (const chunk of text.setEncoding('utf8')) {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() as string;
      if (rest.length > longestLine) throw broken('it has a line that is too long');
      yield* parts;
    }
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') throw broken('it is cut off before its end');
    if (code === 'Z_DATA_ERROR') throw broken('it is no gzip file, or something in it was changed');
    throw error;
  }
  if (rest !== '') throw broken('its last line is cut off');
}
