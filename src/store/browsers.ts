import type { Knex } from 'knex';

/** In which browsers a person has proved which methods. Only hashes of browser ids come here; credentials.ts reads it. */
export class KnownBrowsers {
  private readonly db: Knex;

  constructor(db: Knex) {
    this.db = db;
  }

  async remember(userId: string, browserHash: string, methods: readonly string[], now: number): Promise<void> {
    if (methods.length === 0) return;
    const seen = { user_id: userId, browser: browserHash, last_seen_at: new Date(now) };
    await this.db('known_browsers')
      .insert([...new Set(methods)].sort().map((method) => ({ ...seen, method })))
      .onConflict(['user_id', 'browser', 'method'])
      .merge();
  }
}
