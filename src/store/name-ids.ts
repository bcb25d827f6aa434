import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';

/** What people are called towards one service provider for ever (saml-core-2.0-os section 8.3.7). */
export class NameIds {
  private readonly db: Knex;

  constructor(db: Knex) {
    this.db = db;
  }

  /** The person's persistent identifier; undefined when there is none yet. */
  async find(user: string, entityId: string): Promise<string | undefined> {
    const row = await this.db('name_ids')
      .where({ user_id: user, entity_id: entityId })
      .first<{ value: string } | undefined>('value');
    return row?.value;
  }

  /** The same, made now when there is none; of two requests at once one makes it and both get it. */
  async keep(user: string, entityId: string, now: number): Promise<string> {
    const known = await this.find(user, entityId);
    if (known !== undefined) return known;
    const value = randomBytes(20).toString('hex');
    await this.db('name_ids')
      .insert({ user_id: user, entity_id: entityId, value, created_at: new Date(now) })
      .onConflict(['user_id', 'entity_id'])
      .ignore();
    return (await this.find(user, entityId)) as string;
  }
}
