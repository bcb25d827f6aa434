import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Credential, NewCredential, Use } from '../domain/credential.ts';
import type { Sealer } from '../domain/sealer.ts';
import { type Attempt, type Limits, release, reserve, unlock } from './failures.ts';
import { inLane } from './lane.ts';
import { takeWhile } from './taking.ts';

interface Row {
  id: string;
  user_id: string;
  method: string;
  label: string;
  secret: string;
  data: Record<string, unknown>;
  counter: string;
  failures: number;
  locked_until: Date | null;
  disabled: boolean;
  lost: boolean;
  lookup: string | null;
  spent: number;
  familiar: boolean;
  created_at: Date;
  last_used_at: Date | null;
}

const columns = `c.id, c.user_id, c.method, c.label, c.secret, c.data, c.counter, c.created_at, c.last_used_at,
  c.lost_at is not null as lost, c.lookup,
  (select count(*)::integer from credential_uses u where u.credential_id = c.id) as spent`;

const DAY_MS = 24 * 3600 * 1000;

export const contextOf = (id: string): string => `credential:${id}`;

/** What people prove themselves with, secrets sealed. How failures are counted is in failures.ts. */
export class Credentials {
  private readonly db: Knex;
  private readonly sealer: Sealer;

  constructor(db: Knex, sealer: Sealer) {
    this.db = db;
    this.sealer = sealer;
  }

  /** The same, inside a transaction. */
  within(trx: Knex): Credentials {
    return new Credentials(trx, this.sealer);
  }

  /**
   * Oldest first. With `browser`, a browser's hash, failures, lock and disablement are those counted in it for every
   * method this person has proved there before, which are `familiar`; the strangers' for all others.
   */
  async of(userId: string, browser?: string): Promise<Credential[]> {
    const rows = await inLane<Row>(
      this.db,
      'reads',
      browser === undefined
        ? `select ${columns}, failures, locked_until, disabled_at is not null as disabled, false as familiar
           from credentials c where user_id = ? order by created_at, id`
        : `select ${columns},
             case when k.browser is null then c.failures else coalesce(f.failures, 0) end as failures,
             case when k.browser is null then c.locked_until else f.locked_until end as locked_until,
             case when k.browser is null then c.disabled_at else f.disabled_at end is not null as disabled,
             k.browser is not null as familiar
           from credentials c
             left join known_browsers k on k.user_id = c.user_id and k.browser = ? and k.method = c.method
             left join credential_browser_failures f on f.credential_id = c.id and f.browser = k.browser
           where c.user_id = ? order by c.created_at, c.id`,
      browser === undefined ? [userId] : [browser, userId],
    );
    return rows.map((row) => this.credential(row));
  }

  /** The one credential of a method that is found by this, with the strangers' locks. */
  async byLookup(method: string, lookup: string): Promise<Credential | undefined> {
    const rows = await inLane<Row>(
      this.db,
      'reads',
      `select ${columns}, failures, locked_until, disabled_at is not null as disabled, false as familiar
         from credentials c where method = ? and lookup = ?`,
      [method, lookup],
    );
    return rows[0] && this.credential(rows[0]);
  }

  /** Throws when somebody has what it is looked up by. */
  async add(userId: string, credential: NewCredential, now: number): Promise<Credential> {
    const added = await this.claim(userId, credential, now);
    if (!added) throw new Error(`somebody holds this ${credential.method} already`);
    return added;
  }

  /** The same; undefined when somebody has what it is looked up by. */
  async claim(userId: string, credential: NewCredential, now: number): Promise<Credential | undefined> {
    const id = randomUUID();
    const insert = this.db('credentials').insert({
      id,
      user_id: userId,
      method: credential.method,
      label: credential.label,
      secret: this.sealer.seal(credential.secret, contextOf(id)),
      data: JSON.stringify(credential.data),
      counter: credential.counter,
      lookup: credential.lookup ?? null,
      last_used_at: credential.lastUsedAt === undefined ? null : new Date(credential.lastUsedAt),
      created_at: new Date(now),
    });
    const kept = await insert
      .onConflict(this.db.raw('(method, lookup) where lookup is not null'))
      .ignore()
      .returning('id');
    if (kept.length === 0) return undefined;
    return { ...credential, id, user: userId, failures: 0, disabled: false, createdAt: now };
  }

  /** Puts one credential in the place of all this person has of its method (a password changed), in one transaction. */
  async replace(userId: string, credential: NewCredential, now: number): Promise<Credential> {
    return this.db.transaction(async (trx) => {
      await trx('credentials').where({ user_id: userId, method: credential.method }).delete();
      return new Credentials(trx, this.sealer).add(userId, credential, now);
    });
  }

  /** True when it was this person's and is gone now. */
  async remove(userId: string, id: string): Promise<boolean> {
    return (await this.db('credentials').where({ id, user_id: userId }).delete()) > 0;
  }

  /** Takes one away while `enough` says so of the ids that stay (taking.ts). */
  removeWhile(userId: string, id: string, enough: (left: readonly string[]) => boolean) {
    return takeWhile(this.db, { user: userId, id }, enough);
  }

  /** Removes what said when it ends, an access pass, a day after that: until then it is shown as over. How many. */
  async purge(now: number): Promise<number> {
    return this.db('credentials')
      .whereRaw("method = 'access-pass' and (data ->> 'endsAt')::bigint < ?", [now - DAY_MS])
      .delete();
  }

  /** True when it was this person's; whatever it proved before is worth nothing, and it guards all the same. */
  async lose(userId: string, id: string, now: number): Promise<boolean> {
    const lost = await this.db('credentials')
      .where({ id, user_id: userId })
      .whereNull('lost_at')
      .update({
        lost_at: new Date(now),
      });
    return lost > 0;
  }

  /** Takes away what this person reported lost, and says what it was. */
  async forgetLost(userId: string): Promise<{ id: string; method: string; label: string }[]> {
    return this.db('credentials')
      .where({ user_id: userId })
      .whereNotNull('lost_at')
      .delete()
      .returning(['id', 'method', 'label']);
  }

  /** True when it was this person's. */
  async rename(userId: string, id: string, label: string): Promise<boolean> {
    return (await this.db('credentials').where({ id, user_id: userId }).update({ label })) > 0;
  }

  /** Before every judgement of an answer: may it be tried? If so, it counts as wrong until `succeed` or `release`. */
  attempt(id: string, browser: string | undefined, limits: Limits, now: number): Promise<Attempt> {
    return reserve(this.db, { id, browser }, limits, now);
  }

  /** The attempt was interrupted by a fault of ours and says nothing about the person. */
  release(id: string, browser: string | undefined): Promise<void> {
    return release(this.db, { id, browser });
  }

  /** Clears every count, lock and disablement of this person's credentials; how many had been locked or disabled. */
  unlock(userId: string, now: number): Promise<number> {
    return unlock(this.db, userId, now);
  }

  /**
   * Credits one proof, in one statement: forgives the failures counted where `attempt` counted them, notes the use, and
   * keeps a better form of the secret and of what lies beside it. With a counter it matches only while that counter is
   * unspent, with `once` only while that mark is, so of twenty proofs by one code a single one is true; the others keep
   * their counted failure.
   */
  async succeed(id: string, browser: string | undefined, use: Use): Promise<boolean> {
    const sets = ['last_used_at = ?'];
    const values: Knex.RawBinding[] = [new Date(use.now)];
    const set = (column: string, value: Knex.RawBinding) => {
      sets.push(`${column} = ?`);
      values.push(value);
    };
    if (use.counter !== undefined) set('counter', use.counter);
    if (use.secret !== undefined) set('secret', this.sealer.seal(use.secret, contextOf(id)));
    if (use.data !== undefined) set('data', JSON.stringify(use.data));
    if (browser === undefined) sets.push('failures = 0', 'locked_until = null', 'disabled_at = null');
    let sql = `update credentials set ${sets.join(', ')} where id = ? and lost_at is null`;
    values.push(id);
    if (use.counter !== undefined) {
      sql += ' and counter < ?';
      values.push(use.counter);
    }
    if (use.once !== undefined) sql += ' and id in (select credential_id from spending)';
    sql += ' returning id';
    const steps = [`used as (${sql})`];
    if (use.once !== undefined) {
      steps.unshift(`spending as (insert into credential_uses (credential_id, mark, used_at)
        select id, ?, ? from credentials where id = ? on conflict do nothing returning credential_id)`);
      values.unshift(use.once, new Date(use.now), id);
    }
    if (browser !== undefined) {
      steps.push(
        'forgiven as (delete from credential_browser_failures f using used where f.credential_id = used.id and f.browser = ?)',
      );
      values.push(browser);
    }
    const { rows } = await this.db.raw<{ rows: unknown[] }>(`with ${steps.join(', ')} select id from used`, values);
    return rows.length > 0;
  }

  private credential(row: Row): Credential {
    return {
      id: row.id,
      user: row.user_id,
      method: row.method,
      label: row.label,
      secret: this.sealer.open(row.secret, contextOf(row.id)),
      data: row.data,
      counter: Number(row.counter),
      failures: row.failures,
      ...(row.locked_until === null ? {} : { lockedUntil: row.locked_until.getTime() }),
      disabled: row.disabled,
      ...(row.lost ? { lost: true } : {}),
      ...(row.lookup === null ? {} : { lookup: row.lookup }),
      ...(row.spent > 0 ? { spent: row.spent } : {}),
      ...(row.familiar ? { familiar: true } : {}),
      createdAt: row.created_at.getTime(),
      ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at.getTime() }),
    };
  }
}
