/**
 * A backup is a gzip file of lines, each a JSON value: the manifest; then, table by table, `{"table": name}` and one array
 * of texts a row, as PostgreSQL writes its values; then the end, with the SHA-256 of everything before it and the same
 * digest sealed, so that neither an accident nor a hand can change a byte unseen. What is sealed in the database stays
 * sealed; no secret is in it. docs/command-line.md describes it for whoever wants to read one.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';

/** Counted up whenever an older program could not read it. */
export const version = 1;
export const sealedAs = 'backup';

const table = z.strictObject({
  name: z.string(),
  columns: z.array(z.string()).min(1),
  rows: z.int().min(0),
});

/** The first line. */
export const manifestOf = z.object({
  format: z.literal('stile backup'),
  version: z.int(),
  /** The version of Stile that wrote it. */
  program: z.string(),
  at: z.iso.datetime(),
  /** Names of the migrations its tables have seen. */
  schema: z.array(z.string()),
  tables: z.array(table),
  /** Opens with the secret that was current. */
  secret: z.string(),
});
export type Manifest = z.output<typeof manifestOf>;

/** The last line. */
export const endOf = z.strictObject({
  end: z.literal(true),
  /** Hex, of all lines before this one with their line feeds. */
  sha256: z.string(),
  /** The same, sealed. */
  sealed: z.string(),
  /** Opens with each older secret that something in the backup is still sealed by. */
  older: z.array(z.string()),
});

/** It cannot be restored, and nothing was. The message says what is wrong and, where there is something, what to do. */
export class NotRestored extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotRestored';
  }
}

export const digest = () => createHash('sha256');

/** How far a long piece of work is, in rows. */
export type Progress = (done: number, of: number) => void;
