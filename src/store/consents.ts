import type { Knex } from 'knex';

export interface Consent {
  readonly application: string;
  readonly items: readonly string[];
  /** When something was last agreed to, in milliseconds. */
  readonly at: number;
}

/** What people agreed to share with which application; remembered until withdrawn. */
export class Consents {
  private readonly db: Knex;

  constructor(db: Knex) {
    this.db = db;
  }

  /** The items agreed to, in alphabetical order. */
  async agreed(userId: string, applicationId: string): Promise<string[]> {
    return this.db('consents')
      .where({ user_id: userId, application_id: applicationId })
      .orderBy('item')
      .pluck<string[]>('item');
  }

  /** Adds to what was agreed before. */
  async agree(userId: string, applicationId: string, items: readonly string[], now: number): Promise<void> {
    await this.db.raw(
      `insert into consents (user_id, application_id, item, agreed_at)
       select ?, ?, item, ?::timestamptz from unnest(?::text[]) as item on conflict do nothing`,
      [userId, applicationId, new Date(now), [...items]],
    );
  }

  /** True when there was something to withdraw. */
  async withdraw(userId: string, applicationId: string): Promise<boolean> {
    return (await this.db('consents').where({ user_id: userId, application_id: applicationId }).delete()) > 0;
  }

  async ofUser(userId: string): Promise<Consent[]> {
    const { rows } = await this.db.raw<{ rows: { application: string; items: string[]; at: Date }[] }>(
      `select application_id as application, jsonb_agg(item order by item) as items, max(agreed_at) as at
       from consents where user_id = ? group by application_id order by application_id`,
      [userId],
    );
    return rows.map(({ application, items, at }) => ({ application, items, at: at.getTime() }));
  }
}
