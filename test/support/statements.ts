/**
 * Statements of a version, kept to try them on the schema of a later one (test/store/side-by-side.test.ts). They are
 * recorded from the store's contract on PGlite, whose one connection gives them an order:
 * `STILE_TEST_RECORD=FILE npm test -- test/contract/store`.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Db } from '../../src/store/database.ts';

export interface Statement {
  /** With question marks. */
  readonly sql: string;
  readonly bindings: readonly unknown[];
}

/** Writes down every statement but the migrations' own, a line each, when asked to by STILE_TEST_RECORD. */
export function recordStatements({ knex }: Db): void {
  const file = process.env.STILE_TEST_RECORD;
  if (!file) return;
  knex.on('query', ({ sql, bindings = [] }: { sql: string; bindings?: unknown[] }) => {
    if (/\bmigrations\b|^\s*(create|alter)\b/i.test(sql)) return;
    const text = sql.replace(/\$\d+/g, '?');
    const values = bindings.map((value) => (value instanceof Date ? { date: value.getTime() } : value));
    appendFileSync(file, `${JSON.stringify({ sql: text, bindings: values })}\n`);
  });
}

export const readStatements = (file: string): Statement[] =>
  gunzipSync(readFileSync(file))
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line, (_key, value) => (typeof value?.date === 'number' ? new Date(value.date) : value)));
