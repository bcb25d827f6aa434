import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { User } from '../domain/user.ts';
import { inLane } from './lane.ts';

/** What an administrator declares about a person; `source` names where (`file`), so that others are left alone. */
export interface NewUser extends Omit<User, 'id' | 'twoStep' | 'disabled'> {
  readonly source?: string;
}

interface Row {
  id: string;
  store: string;
  username: string;
  name: string;
  email: string | null;
  email_verified: boolean;
  groups: string[];
  claims: Record<string, unknown>;
  two_step: boolean;
  disabled: boolean;
}

const columns =
  'id, store, username, name, email, email_verified, groups, claims, two_step, disabled_at is not null as disabled';

const byIds = `select ${columns} from users where id = any(?)`;

/** Names are compared by this key: neither letter case nor Unicode's several spellings of a letter tell people apart. */
const keyOf = (name: string): string => name.normalize('NFKC').toLowerCase();

const user = (row: Row): User => ({
  id: row.id,
  store: row.store,
  username: row.username,
  name: row.name,
  ...(row.email === null ? {} : { email: row.email }),
  emailVerified: row.email_verified,
  groups: row.groups,
  claims: row.claims,
  twoStep: row.two_step,
  disabled: row.disabled,
});

const declared = (person: NewUser) => ({
  store: person.store,
  username: person.username,
  username_key: keyOf(person.username),
  name: person.name,
  email: person.email ?? null,
  email_key: person.email === undefined ? null : keyOf(person.email),
  email_verified: person.emailVerified,
  groups: JSON.stringify(person.groups),
  claims: JSON.stringify(person.claims),
  source: person.source ?? null,
});

/** The people we know. Disabled ones are found too: what that means is for others to say. */
export class Users {
  private readonly db: Knex;

  constructor(db: Knex) {
    this.db = db;
  }

  async byId(id: string): Promise<User | undefined> {
    return (await this.byIds([id]))[0];
  }

  /** In no particular order; unknown ids are left out. */
  async byIds(ids: readonly string[]): Promise<User[]> {
    return (await inLane<Row>(this.db, 'reads', byIds, [[...ids]])).map(user);
  }

  /** By user name, or by an email address that exactly one person of that store has. */
  async byName(store: string, name: string): Promise<User | undefined> {
    const key = keyOf(name);
    const rows = await inLane<Row & { by_name: boolean }>(
      this.db,
      'reads',
      `select ${columns}, username_key = ? as by_name from users
       where store = ? and (username_key = ? or email_key = ?) order by by_name desc limit 2`,
      [key, store, key, key],
    );
    const [first, second] = rows;
    return first && (first.by_name || !second) ? user(first) : undefined;
  }

  /** By user name alone. */
  async byUsername(store: string, username: string): Promise<User | undefined> {
    const sql = `select ${columns} from users where store = ? and username_key = ?`;
    const rows = await inLane<Row>(this.db, 'reads', sql, [store, keyOf(username)]);
    return rows[0] && user(rows[0]);
  }

  /** By store and user name, after this one. `search`: a user name or address begins with it, or a name holds it. */
  async page(wanted: {
    search?: string | undefined;
    after?: readonly [store: string, username: string] | undefined;
    limit: number;
  }): Promise<User[]> {
    const { search, after, limit } = wanted;
    const rows = this.db('users').select(this.db.raw(columns)).orderBy(['store', 'username_key']).limit(limit);
    if (after) rows.whereRaw('(store, username_key) > (?, ?)', [after[0], keyOf(after[1])]);
    if (search !== undefined) {
      const key = keyOf(search);
      rows.whereRaw('(starts_with(username_key, ?) or starts_with(email_key, ?) or strpos(lower(name), ?) > 0)', [
        ...[key, key, search.toLowerCase()],
      ]);
    }
    return ((await rows) as Row[]).map(user);
  }

  /** Undefined when somebody of that store has the user name already. */
  async insert(person: NewUser): Promise<User | undefined> {
    const rows = await this.db('users')
      .insert({ id: randomUUID(), ...declared(person) })
      .onConflict(['store', 'username_key'])
      .ignore()
      .returning(this.db.raw(columns));
    return rows[0] && user(rows[0] as Row);
  }

  /** Writes what is declared again, and enables; false when this person does not come from that source. */
  async updateDeclared(id: string, person: NewUser): Promise<boolean> {
    const changed = await this.db('users')
      .where({ id })
      .whereRaw('source is not distinct from ?', [person.source ?? null])
      .update({ ...declared(person), disabled_at: null });
    return changed > 0;
  }

  async setTwoStep(id: string, on: boolean): Promise<void> {
    await this.db('users').where({ id }).update({ two_step: on });
  }

  /** Disables whom this source once declared and no longer does; their ids. */
  async disableMissing(source: string, keepIds: readonly string[], now: number): Promise<string[]> {
    const { rows } = await this.db.raw<{ rows: { id: string }[] }>(
      'update users set disabled_at = ? where source = ? and disabled_at is null and not (id = any(?)) returning id',
      [new Date(now), source, [...keepIds]],
    );
    return rows.map(({ id }) => id);
  }
}
