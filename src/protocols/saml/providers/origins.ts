import { createHash } from 'node:crypto';
import { copyFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Download, Mark } from './download.ts';
import { MetadataError } from './record.ts';
import type { SourceParts } from './source.ts';

/** Where documents come from: a URL, or a file that somebody else keeps fresh. */
export type Origin = Pick<SourceParts<object>, 'obtain' | 'onRead'>;

/** Asks for what changed only, once something was read. */
export function fromUrl(url: string, most: number, download: Download): Required<Origin> {
  let mark: Mark | undefined;
  let next: Mark | undefined;
  return {
    async obtain(to) {
      const got = await download({ url, to, most, unless: mark });
      if (got === 'unchanged') return false;
      next = got.etag || got.modified ? got : undefined;
      return true;
    },
    onRead() {
      mark = next;
    },
  };
}

/** Looks at the file's time and size, and reads it again when they changed. */
export function fromFile(path: string, most: number): Required<Origin> {
  let mark: string | undefined;
  let next: string | undefined;
  return {
    async obtain(to) {
      const { mtimeMs, size } = await stat(path);
      if (size > most) throw new MetadataError(`it is larger than ${most} bytes`);
      next = `${mtimeMs} ${size}`;
      if (next === mark) return false;
      await copyFile(path, to);
      return true;
    },
    onRead() {
      mark = next;
    },
  };
}

/** A copy is of one origin under one certificate: with another of either, what was kept is nobody's. */
export function keptFile(folder: string, kind: 'application' | 'federation', id: string, ...from: string[]): string {
  const hash = createHash('sha256').update(from.join('\0')).digest('hex').slice(0, 16);
  return join(folder, `${kind}-${id}-${hash}.xml`);
}
