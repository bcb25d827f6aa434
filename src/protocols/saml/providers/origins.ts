import { createHash } from 'node:crypto';
import { copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Download, Mark } from './download.ts';
import { MetadataError } from './record.ts';

/** Where documents come from: a URL, or a file that somebody else keeps fresh. */
export interface Origin {
  /** Milliseconds between looks, where the document has no say. */
  readonly every?: number;
  /**
   * Writes the newest document to a file, and says how to recognise it; undefined when it is the one recognised by `mark`.
   */
  obtain(to: string, mark: Mark | undefined, signal: AbortSignal): Promise<Mark | undefined>;
}

/** Asks only for what has changed. */
export const fromUrl = (url: string, most: number, download: Download): Origin => ({
  obtain: (to, unless, signal) => download({ url, to, most, unless, signal }),
});

/** Looks at the file's time and size, and reads it when they have changed. */
export const fromFile = (path: string, most: number): Origin => ({
  every: 60_000,
  async obtain(to, mark) {
    const { mtimeMs, size } = await stat(path);
    if (size > most) throw new MetadataError(`it is larger than ${most} bytes`);
    const modified = `${mtimeMs} ${size}`;
    if (modified === mark?.modified) return undefined;
    await copyFile(path, to);
    return { modified };
  },
});

/** A copy is of one origin under one certificate: with another of either, what was kept is nobody's. */
export function keptFile(folder: string, kind: 'application' | 'federation', id: string, ...from: string[]): string {
  const hash = createHash('sha256').update(from.join('\0')).digest('hex').slice(0, 16);
  return join(folder, `${kind}-${id}-${hash}.xml`);
}
