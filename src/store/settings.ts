import type { Knex } from 'knex';

/** The few things an installation remembers about itself. */
export class Settings {
  private readonly db: Knex;

  constructor(db: Knex) {
    this.db = db;
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.db('settings').where({ key }).first<{ value: string } | undefined>('value'))?.value;
  }

  async set(key: string, value: string): Promise<void> {
    await this.db('settings').insert({ key, value }).onConflict('key').merge();
  }

  /** Writes `to` only while the value is `from` (undefined: absent); true for exactly one of several callers. */
  async compareAndSet(key: string, from: string | undefined, to: string): Promise<boolean> {
    if (from !== undefined) return (await this.db('settings').where({ key, value: from }).update({ value: to })) > 0;
    const made = await this.db('settings').insert({ key, value: to }).onConflict('key').ignore().returning('key');
    return made.length > 0;
  }
}
