import type { Knex } from 'knex';
import type { SecretsSealer } from '../domain/sealer.ts';
import { contextOf as applicationContext } from './applications.ts';
import { contextOf as credentialContext } from './credentials.ts';
import { settingPrefix } from './kept-key.ts';
import { contextOf as signingKeyContext } from './signing-keys.ts';
import { contextOf as tokenContext } from './tokens.ts';

/** Where sealed values lie that outlive the secret they were sealed by. Whoever seals a column lists it here. */
interface SealedColumn {
  readonly table: string;
  /** Primary key, all of text. */
  readonly key: readonly string[];
  readonly column: string;
  /** Which rows; all without this. */
  readonly where?: string;
  /** By which the value was sealed, from the key's values. */
  context(...key: string[]): string;
}

const columns: readonly SealedColumn[] = [
  { table: 'settings', key: ['key'], column: 'value', where: `key like '${settingPrefix}%'`, context: (key) => key },
  { table: 'signing_keys', key: ['id'], column: 'jwk', context: signingKeyContext },
  { table: 'applications', key: ['id'], column: 'settings', context: applicationContext },
  { table: 'credentials', key: ['id'], column: 'secret', context: credentialContext },
  {
    ...{ table: 'tokens', key: ['model', 'id_hash'], column: 'payload', context: tokenContext },
    // What has expired is purged unread.
    where: '(expires_at is null or expires_at > now())',
  },
];

/** Where a batch ended: the column's place in the list, and the key of its last row. */
export type Place = readonly [column: number, ...key: string[]];

export interface Batch {
  /** Sealed anew. */
  readonly changed: number;
  /** Sealed by a secret that is not given. What others wrote meanwhile is in neither number. */
  readonly left: number;
  /** Absent: all have been looked at. */
  readonly next?: Place;
}

export interface SealedBy {
  readonly table: string;
  /** Id of the secret. */
  readonly secret: string;
  readonly rows: number;
}

/** A secret that is not given any more, though something is sealed by it. */
export class SecretMissing extends Error {
  constructor(missing: readonly SealedBy[]) {
    const rows = missing.map(({ table, secret, rows }) => `${rows} in ${table} by the secret ${secret}`).join(', ');
    super(
      `STILE_SECRET lacks a secret that this database still needs: sealed are ${rows}. Put it back behind the others, separated by a comma, until stile key secrets counts nothing for it.`,
    );
    this.name = 'SecretMissing';
  }
}

/** By which secrets the rows are sealed, and sealing them anew by the current one. */
export class Sealed {
  private readonly db: Knex;
  private readonly sealer: SecretsSealer;

  constructor(db: Knex, sealer: SecretsSealer) {
    this.db = db;
    this.sealer = sealer;
  }

  /** Ids of all secrets that something is sealed by, in a few steps of an index for each. */
  async secrets(): Promise<string[]> {
    const found = await Promise.all(columns.map((one) => this.secretsOf(one)));
    return [...new Set(found.flat())];
  }

  /** Throws SecretMissing, before anything is opened in vain. */
  async requireAll(): Promise<void> {
    const ours = (id: string) => this.sealer.ids.includes(id);
    if ((await this.secrets()).every(ours)) return;
    const missing = (await this.counts()).filter(({ secret }) => !ours(secret));
    if (missing.length > 0) throw new SecretMissing(missing);
  }

  /** The secrets that are given, by their ids; the first is current. */
  get given(): readonly string[] {
    return this.sealer.ids;
  }

  /** How much is sealed by each secret. Reads an index through. */
  async counts(): Promise<SealedBy[]> {
    const counted = columns.map(async ({ table, column, where = 'true' }) => {
      const { rows } = await this.db.raw<{ rows: { secret: string; rows: string }[] }>(
        `select left(${column}, 8) collate "C" as secret, count(*) as rows from ${table} where ${where} group by 1`,
      );
      return rows.map(({ secret, rows }) => ({ table, secret, rows: Number(rows) }));
    });
    return (await Promise.all(counted)).flat();
  }

  /**
   * Seals the next `limit` rows anew that the current secret did not seal, each only while it is as it was read: what is
   * written meanwhile stays as it was written.
   */
  async reseal(limit: number, [at, ...after]: Place = [0]): Promise<Batch> {
    const place = columns[at];
    if (!place) return { changed: 0, left: 0 };
    const { table, key, column, where = 'true', context } = place;
    const keys = key.join(', ');
    const behind = after.length === key.length ? `(${keys}) > (${key.map(() => '?').join(', ')})` : 'true';
    const { rows } = await this.db.raw<{ rows: Record<string, string>[] }>(
      `select ${keys}, ${column} as sealed from ${table}
       where left(${column}, 8) collate "C" <> ? and ${where} and ${behind} order by ${keys} limit ?`,
      [this.sealer.ids[0] as string, ...(behind === 'true' ? [] : after), limit],
    );
    let [changed, left] = [0, 0];
    for (const row of rows) {
      const id = key.map((name) => row[name] as string);
      const anew = this.anew(row.sealed as string, context(...id));
      if (anew === undefined) {
        left++;
        continue;
      }
      const own = Object.fromEntries(key.map((name, i) => [name, id[i]]));
      changed += await this.db(table)
        .where({ ...own, [column]: row.sealed })
        .update({ [column]: anew });
    }
    const last = rows.at(-1);
    const next: Place = rows.length === limit && last ? [at, ...key.map((name) => last[name] as string)] : [at + 1];
    return { changed, left, ...(next[0] < columns.length ? { next } : {}) };
  }

  private anew(sealed: string, context: string): string | undefined {
    if (!this.sealer.ids.includes(sealed.slice(0, 8))) return undefined;
    return this.sealer.seal(this.sealer.open(sealed, context), context);
  }

  private async secretsOf({ table, column, where = 'true' }: SealedColumn): Promise<string[]> {
    const id = `left(${column}, 8) collate "C"`;
    const { rows } = await this.db.raw<{ rows: { id: string }[] }>(
      `with recursive used as (
         (select ${id} as id from ${table} where ${where} order by 1 limit 1)
         union all
         select (select ${id} from ${table} where ${where} and ${id} > used.id order by 1 limit 1)
         from used where used.id is not null
       ) select id from used where id is not null`,
    );
    return rows.map(({ id }) => id);
  }
}
