import type { Knex } from 'knex';

/** A table as it is in the database now. */
export interface Table {
  readonly name: string;
  /** All that are stored; what is computed from others is left out. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** Is made anew by migrating. */
const bookkeeping = 'migrations';

/** The tables of this schema, each behind those it refers to. */
export async function tablesOf(trx: Knex): Promise<Table[]> {
  const { rows } = await trx.raw<{ rows: { name: string; column: string; type: string }[] }>(`
    select c.relname as name, a.attname as column, format_type(a.atttypid, a.atttypmod) as type
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    order by c.relname, a.attnum`);
  const tables = new Map<string, { name: string; type: string }[]>();
  for (const { name, column, type } of rows) {
    if (name === bookkeeping) continue;
    tables.set(name, [...(tables.get(name) ?? []), { name: column, type }]);
  }
  const references = await trx.raw<{ rows: { from: string; to: string }[] }>(`
    select f.relname as from, t.relname as to
    from pg_constraint k join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
    where k.contype = 'f' and k.connamespace = current_schema()::regnamespace`);
  const ordered = new Set<string>();
  const visit = (name: string, way: readonly string[]) => {
    if (ordered.has(name) || way.includes(name)) return;
    for (const { from, to } of references.rows) if (from === name && tables.has(to)) visit(to, [...way, name]);
    ordered.add(name);
  };
  for (const name of tables.keys()) visit(name, []);
  return [...ordered].map((name) => ({ name, columns: tables.get(name) ?? [] }));
}

/** A name as SQL has it, whatever is in it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export async function rowsIn(trx: Knex, name: string): Promise<number> {
  const { rows } = await trx.raw<{ rows: { n: string }[] }>(`select count(*)::text as n from ${quoted(name)}`);
  return Number(rows[0]?.n);
}

/** Numbers are given out again behind the highest that a row has. */
export async function windSequences(trx: Knex, { name, columns }: Table): Promise<void> {
  for (const column of columns) {
    const at = await trx.raw<{ rows: { sequence: string | null }[] }>(
      'select pg_get_serial_sequence(?, ?) as sequence',
      [quoted(name), column.name],
    );
    const sequence = at.rows[0]?.sequence;
    if (!sequence) continue;
    const highest = `(select max(${quoted(column.name)}) from ${quoted(name)})`;
    await trx.raw(`select setval(?, coalesce(${highest}, 1), ${highest} is not null)`, [sequence]);
  }
}
