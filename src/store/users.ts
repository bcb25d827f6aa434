import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { User } from '../domain/user.ts';
import { inLane } from './lane.ts';

/** What an administrator declares about a person; `source` names where (`file`), so that others are left alone. */
export interface NewUser extends Omit<User, 'id' | 'twoStep' | 'preferred' | 'enrolmentAskedAt' | 'disabled'> {
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
  preferred_method: string | null;
  enrolment_asked_at: Date | null;
  disabled: boolean;
}

const columns =
  'id, store, username, name, email, email_verified, groups, claims, two_step, preferred_method, enrolment_asked_at, disabled_at is not null as disabled';

const byIds = `select ${columns} from users where id = any(?)`;

/** Names are compared by this key: neither letter case nor Unicode's several spellings of a letter tell people apart. */
export const keyOf = (name: string): string => name.normalize('NFKC').toLowerCase();

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
  ...(row.preferred_method === null ? {} : { preferred: row.preferred_method }),
  ...(row.enrolment_asked_at === null ? {} : { enrolmentAskedAt: row.enrolment_asked_at.getTime() }),
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

  /** The same, inside a transaction. */
  within(trx: Knex): Users {
    return new Users(trx);
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

  /** Writes what is declared again, and enables, save whom somebody disabled by hand; false when this person does not come from that source. */
  async updateDeclared(id: string, person: NewUser): Promise<boolean> {
    const changed = await this.db('users')
      .where({ id })
      .whereRaw('source is not distinct from ?', [person.source ?? null])
      .update({
        ...declared(person),
        disabled_at: this.db.raw('case when disabled_by is null then null else disabled_at end'),
      });
    return changed > 0;
  }

  /** Whether somebody disabled this person by hand, so that what is declared does not let them in. */
  async isHeld(id: string): Promise<boolean> {
    return (
      (await this.db('users').where({ id }).whereNotNull('disabled_at').whereNotNull('disabled_by').first('id')) !==
      undefined
    );
  }

  /** Everybody of this source; `held`: kept out by hand, so that what is declared does not let them in. */
  async ofSource(source: string): Promise<(User & { readonly held: boolean })[]> {
    const { rows } = await this.db.raw<{ rows: (Row & { held: boolean })[] }>(
      `select ${columns}, disabled_by is not null as held from users where source = ?`,
      [source],
    );
    return rows.map((row) => ({ ...user(row), held: row.held }));
  }

  /** Where this person comes from: `file`, or undefined when made by hand. Undefined too when there is none. */
  async sourceOf(id: string): Promise<string | undefined> {
    const row = await this.db('users').where({ id }).first<{ source: string | null } | undefined>('source');
    return row?.source ?? undefined;
  }

  /**
   * Changes a person by what `change` makes of them as they stand, with nobody else changing them in between. Undefined
   * when there is no such person; throws what `change` throws, and then nothing has changed.
   */
  async change(
    id: string,
    by: string,
    change: (now: User) => Omit<User, 'id' | 'store' | 'username'>,
  ): Promise<User | undefined> {
    return this.db.transaction(async (trx) => {
      const rows = await trx('users').select(trx.raw(columns)).where({ id }).forUpdate();
      if (!rows[0]) return undefined;
      const before = user(rows[0] as Row);
      const { store, username } = before;
      const after: User = { ...change(before), id, store, username };
      const { source: _, ...fields } = declared(after);
      await trx('users')
        .where({ id })
        .update({
          ...fields,
          two_step: after.twoStep,
          ...(after.disabled === before.disabled
            ? {}
            : { disabled_at: after.disabled ? trx.fn.now() : null, disabled_by: after.disabled ? by : null }),
        });
      return after;
    });
  }

  /** True when there was such a person. Everything of theirs goes too, save the audit record. */
  async remove(id: string): Promise<boolean> {
    return (await this.db('users').where({ id }).delete()) > 0;
  }

  async setTwoStep(id: string, on: boolean): Promise<void> {
    await this.db('users').where({ id }).update({ two_step: on });
  }

  /** The method this person wants to be asked for first; none when undefined. */
  async setPreferred(id: string, method: string | undefined): Promise<void> {
    await this.db('users')
      .where({ id })
      .update({ preferred_method: method ?? null });
  }

  /** Notes when this person was first asked to register a second factor; a later time changes nothing. */
  async askedToEnrol(id: string, now: number): Promise<void> {
    await this.db('users')
      .where({ id })
      .whereNull('enrolment_asked_at')
      .update({ enrolment_asked_at: new Date(now) });
  }

  /** They count as never asked: the days they have begin with the next time. True when they had been. */
  async forgetAskedToEnrol(id: string): Promise<boolean> {
    const asked = this.db('users').where({ id }).whereNotNull('enrolment_asked_at');
    return (await asked.update({ enrolment_asked_at: null })) > 0;
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
