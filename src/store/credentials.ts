import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Credential, NewCredential } from '../domain/credential.ts';
import type { Sealer } from '../domain/sealer.ts';
import { type Attempt, type Limits, release, reserve, unlock } from './failures.ts';
import { inLane } from './lane.ts';

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
  familiar: boolean;
  created_at: Date;
  last_used_at: Date | null;
}

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
        ? `select id, user_id, method, label, secret, data, counter, created_at, last_used_at,
             failures, locked_until, disabled_at is not null as disabled, false as familiar
           from credentials where user_id = ? order by created_at, id`
        : `select c.id, c.user_id, c.method, c.label, c.secret, c.data, c.counter, c.created_at, c.last_used_at,
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

  async add(userId: string, credential: NewCredential, now: number): Promise<Credential> {
    const id = randomUUID();
    await this.db('credentials').insert({
      id,
      user_id: userId,
      method: credential.method,
      label: credential.label,
      secret: this.sealer.seal(credential.secret, contextOf(id)),
      data: JSON.stringify(credential.data),
      counter: credential.counter,
      created_at: new Date(now),
    });
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
   * keeps a better form of the secret. With a counter it matches only while that counter is unspent, so of twenty
   * proofs by one code a single one is true; the others keep their counted failure.
   */
  async succeed(
    id: string,
    browser: string | undefined,
    use: { counter?: number; secret?: string; now: number },
  ): Promise<boolean> {
    const sets = ['last_used_at = ?'];
    const values: Knex.RawBinding[] = [new Date(use.now)];
    const set = (column: string, value: Knex.RawBinding) => {
      sets.push(`${column} = ?`);
      values.push(value);
    };
    if (use.counter !== undefined) set('counter', use.counter);
    if (use.secret !== undefined) set('secret', this.sealer.seal(use.secret, contextOf(id)));
    if (browser === undefined) sets.push('failures = 0', 'locked_until = null', 'disabled_at = null');
    let sql = `update credentials set ${sets.join(', ')} where id = ?`;
    values.push(id);
    if (use.counter !== undefined) {
      sql += ' and counter < ?';
      values.push(use.counter);
    }
    sql += ' returning id';
    if (browser !== undefined) {
      sql = `with used as (${sql}), forgiven as (
        delete from credential_browser_failures f using used where f.credential_id = used.id and f.browser = ?
      ) select id from used`;
      values.push(browser);
    }
    const { rows } = await this.db.raw<{ rows: unknown[] }>(sql, values);
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
      ...(row.familiar ? { familiar: true } : {}),
      createdAt: row.created_at.getTime(),
      ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at.getTime() }),
    };
  }
}
