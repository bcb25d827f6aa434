import { createHash } from 'node:crypto';
import type { Knex } from 'knex';

const hash = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** Links by which a person chooses how they sign in. Only the hash of a link's token is kept. */
export class RegistrationLinks {
  private readonly db: Knex;

  constructor(db: Knex) {
    this.db = db;
  }

  within(trx: Knex): RegistrationLinks {
    return new RegistrationLinks(trx);
  }

  /** A person has one at most: an earlier one stops working. */
  async add(token: string, user: string, by: string, expiresAt: number): Promise<void> {
    await this.db.transaction(async (trx) => {
      await trx('registration_links').where({ user_id: user }).delete();
      await trx('registration_links').insert({
        token_hash: hash(token),
        user_id: user,
        made_by: by,
        expires_at: new Date(expiresAt),
      });
    });
  }

  /** Whose it is, as long as it works. */
  async find(token: string, now: number): Promise<{ user: string; by: string } | undefined> {
    const row = await this.db('registration_links')
      .where({ token_hash: hash(token) })
      .whereNull('used_at')
      .where('expires_at', '>', new Date(now))
      .first<{ user_id: string; made_by: string } | undefined>('user_id', 'made_by');
    return row && { user: row.user_id, by: row.made_by };
  }

  /** True for exactly one caller, and while it works. */
  async spend(token: string, now: number): Promise<boolean> {
    const spent = await this.db('registration_links')
      .where({ token_hash: hash(token) })
      .whereNull('used_at')
      .where('expires_at', '>', new Date(now))
      .update({ used_at: new Date(now) });
    return spent > 0;
  }

  /** What let this person in by a link is worth nothing any more. */
  async drop(user: string): Promise<void> {
    await this.db('registration_links').where({ user_id: user }).delete();
  }
}
