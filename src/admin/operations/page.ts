import * as z from 'zod';
import { invalid } from '../api/problem.ts';

/** Lists are read in pages, each beginning after the key the one before ended with. */
export const paging = {
  limit: z.int().min(1).max(200).default(50).describe('How many at most'),
  cursor: z.string().max(1024).optional().describe('Where the page before ended: its `next`'),
};

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.strictObject({ items: z.array(item), next: z.string().optional().describe('The cursor of the next page') });

/** One more than `limit` was read: `items` and, when there are more, the cursor of the last one's `key`. */
export function cut<Row, Item>(
  rows: readonly Row[],
  limit: number,
  { item, key }: { item(row: Row): Item; key(row: Row): readonly (string | number)[] },
): { items: Item[]; next?: string } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next = rows.length > limit && last ? Buffer.from(JSON.stringify(key(last))).toString('base64url') : undefined;
  return { items: items.map(item), ...(next ? { next } : {}) };
}

/** The key in a cursor, of as many texts and numbers as `shape` has. Throws Problem 400 for what we did not write. */
export function keyIn<const S extends readonly ('string' | 'number')[]>(
  cursor: string | undefined,
  shape: S,
): { [K in keyof S]: S[K] extends 'string' ? string : number } | undefined {
  if (cursor === undefined) return undefined;
  try {
    const key = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(key) && key.length === shape.length && shape.every((kind, i) => sane(key[i], kind)))
      return key as never;
  } catch {}
  throw invalid({ in: 'query', field: 'cursor', detail: 'is not a cursor of ours' });
}

const sane = (value: unknown, kind: string): boolean =>
  typeof value === kind && (typeof value === 'number' ? Number.isSafeInteger(value) : !String(value).includes('\0'));
