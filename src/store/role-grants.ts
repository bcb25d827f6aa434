import type { Knex } from 'knex';
import { takeTurn } from './turns.ts';
import { keyOf } from './users.ts';

/** Whoever is given a role: a person by id, or everybody of a group. */
export type Holder = { readonly user: string } | { readonly group: string };

export interface RoleGrant {
  readonly role: string;
  readonly holder: Holder;
  readonly givenBy: string;
  /** Milliseconds since the epoch. */
  readonly givenAt: number;
}

/** People by store and user name and groups that hold a role without a row here: those of the configuration. */
export interface Declared {
  readonly users: readonly { readonly store: string; readonly username: string }[];
  readonly groups: readonly string[];
}

interface Row {
  role: string;
  user_id: string | null;
  group_name: string | null;
  given_by: string;
  given_at: Date;
}

const where = (holder: Holder) => ('user' in holder ? { user_id: holder.user } : { group_name: holder.group });

/** Roles that were given by hand, and by whom. */
export class RoleGrants {
  private readonly db: Knex;

  constructor(db: Knex) {
    this.db = db;
  }

  /** The roles of a person, their own and their groups'. */
  async of(user: string, groups: readonly string[]): Promise<string[]> {
    const { rows } = await this.db.raw<{ rows: { role: string }[] }>(
      'select distinct role from role_grants where user_id = ? or group_name = any(?)',
      [user, [...groups]],
    );
    return rows.map(({ role }) => role);
  }

  /** By role, people first. There are few. */
  async all(): Promise<RoleGrant[]> {
    const rows = await this.db<Row>('role_grants').select('*').orderBy(['role', 'user_id', 'group_name']);
    return rows.map((row) => ({
      role: row.role,
      holder: row.user_id === null ? { group: row.group_name as string } : { user: row.user_id },
      givenBy: row.given_by,
      givenAt: row.given_at.getTime(),
    }));
  }

  /** False when they have it already. */
  async add(role: string, holder: Holder, by: string, now: number): Promise<boolean> {
    const made = await this.db('role_grants')
      .insert({ role, ...where(holder), given_by: by, given_at: new Date(now) })
      .onConflict()
      .ignore()
      .returning('role');
    return made.length > 0;
  }

  /** True when there was such a grant. */
  async remove(role: string, holder: Holder): Promise<boolean> {
    return (
      (await this.db('role_grants')
        .where({ role, ...where(holder) })
        .delete()) > 0
    );
  }

  /**
   * Does `change` in one transaction, one at a time, and undoes it when it left nobody with a role that somebody had before:
   * `undefined`. Whatever it returns must not be undefined.
   */
  async keeping<T>(role: string, declared: Declared, change: (trx: Knex.Transaction) => Promise<T>) {
    const undone = new Error('nobody would be left');
    return this.db
      .transaction(async (trx) => {
        await takeTurn(trx, 'owners');
        const inside = new RoleGrants(trx);
        const before = await inside.count(role, declared);
        const result = await change(trx);
        if (before > 0 && (await inside.count(role, declared)) === 0) throw undone;
        return result;
      })
      .catch((error) => {
        if (error === undone) return undefined;
        throw error;
      });
  }

  /** How many people who are not disabled hold a role, by a grant or as `declared`. */
  private async count(role: string, declared: Declared): Promise<number> {
    const names = declared.users.map(({ store, username }) => `${store}:${keyOf(username)}`);
    const { rows } = await this.db.raw<{ rows: { n: number }[] }>(
      `select count(*)::integer as n from users u where disabled_at is null and (
         exists (select 1 from role_grants g where g.role = ?
           and (g.user_id = u.id or (g.group_name is not null and jsonb_exists(u.groups, g.group_name))))
         or store || ':' || username_key = any(?)
         or jsonb_exists_any(u.groups, ?::text[]))`,
      [role, names, [...declared.groups]],
    );
    return rows[0]?.n ?? 0;
  }
}
