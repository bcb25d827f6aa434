import type { Knex } from 'knex';
import { inLane } from './lane.ts';

/** In which browsers a person has signed in before. Only hashes of browser ids come here. */
export class KnownBrowsers {
  private readonly db: Knex;

  constructor(db: Knex) {
    this.db = db;
  }

  async remember(userId: string, browserHash: string, now: number): Promise<void> {
    await this.db('known_browsers')
      .insert({ user_id: userId, browser: browserHash, last_seen_at: new Date(now) })
      .onConflict(['user_id', 'browser'])
      .merge();
  }

  async knows(userId: string, browserHash: string): Promise<boolean> {
    const found = await inLane(this.db, 'reads', 'select 1 from known_browsers where user_id = ? and browser = ?', [
      userId,
      browserHash,
    ]);
    return found.length > 0;
  }
}
