import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Db } from '../database.ts';
import type { Manifest } from './format.ts';
import { type Writing, writeBackup } from './writing.ts';

/** A backup at rest, whose reader may take their time. */
export interface Spooled {
  readonly manifest: Manifest;
  /** To be read once; whoever reads it frees it. */
  readonly lines: AsyncIterable<string>;
}

/**
 * Writes a backup into `folder` before anybody reads it: the embedded database has one connection, and a slow reader would
 * hold it from everybody else. The file has no name from its first byte on, so that no crash leaves one behind.
 */
export async function spoolBackup(db: Db, writing: Writing, folder: string): Promise<Spooled> {
  const path = join(folder, `backup-${crypto.randomUUID()}.spool`);
  const file = await open(path, 'wx+', 0o600);
  try {
    await rm(path);
    const manifest = await writeBackup(db, writing, (lines) => writeFile(file, lines));
    return { manifest, lines: file.createReadStream({ encoding: 'utf8', start: 0 }) };
  } catch (error) {
    await file.close();
    throw error;
  }
}
