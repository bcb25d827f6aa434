import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { openIfOurs, type Sealer } from '../domain/sealer.ts';

const hash = (token: string): string => createHash('sha256').update(token).digest('base64url');

const contextOf = (token: string): string => `registration:${hash(token)}`;

export interface RegistrationLink {
  readonly user: string;
  /** Who made it, as the audit record names them. */
  readonly by: string;
  /** It went to the person's mailbox: what is chosen by it is worth no more than that. */
  readonly mailed: boolean;
  readonly state?: string;
}

/** Links by which a person chooses how they sign in. Only the hash of a link's token is kept. */
export class RegistrationLinks {
  private readonly db: Knex;
  private readonly sealer: Sealer;

  constructor(db: Knex, sealer: Sealer) {
    this.db = db;
    this.sealer = sealer;
  }

  /** A person has one at most: an earlier one stops working. */
  async add(token: string, { user, by, mailed }: Omit<RegistrationLink, 'state'>, expiresAt: number): Promise<void> {
    await this.db.transaction(async (trx) => {
      await trx('registration_links').where({ user_id: user }).delete();
      await trx('registration_links').insert({
        token_hash: hash(token),
        user_id: user,
        made_by: by,
        mailed,
        expires_at: new Date(expiresAt),
      });
    });
  }

  /** Whose it is, as long as it works; `state` is what was kept with it, unless the secret that sealed it is given no longer. */
  async find(token: string, now: number): Promise<RegistrationLink | undefined> {
    const row = await this.db('registration_links')
      .where({ token_hash: hash(token) })
      .whereNull('used_at')
      .where('expires_at', '>', new Date(now))
      .first<{ user_id: string; made_by: string; mailed: boolean; state: string | null } | undefined>(
        ...(['user_id', 'made_by', 'mailed', 'state'] as const),
      );
    if (!row) return undefined;
    const state = row.state === null ? undefined : openIfOurs(this.sealer, row.state, contextOf(token));
    // Or what the registration begins with anew could not be kept.
    if (row.state !== null && state === undefined) await this.clear(token, row.state);
    return { user: row.user_id, by: row.made_by, mailed: row.mailed, ...(state === undefined ? {} : { state }) };
  }

  private async clear(token: string, state: string): Promise<void> {
    await this.db('registration_links')
      .where({ token_hash: hash(token), state })
      .update({ state: null });
  }

  /** Keeps what a registration was begun with, sealed; of several callers the first one's stays. */
  async keep(token: string, state: string): Promise<void> {
    await this.db('registration_links')
      .where({ token_hash: hash(token) })
      .whereNull('state')
      .update({ state: this.sealer.seal(state, contextOf(token)) });
  }

  /** For exactly one caller, and while it works, does `then` in the same transaction: both or neither. False otherwise. */
  async spend(token: string, now: number, then: (trx: Knex) => Promise<void>): Promise<boolean> {
    return this.db.transaction(async (trx) => {
      const spent = await trx('registration_links')
        .where({ token_hash: hash(token) })
        .whereNull('used_at')
        .where('expires_at', '>', new Date(now))
        .update({ used_at: new Date(now), state: null });
      if (spent > 0) await then(trx);
      return spent > 0;
    });
  }

  /** What let this person in by a link is worth nothing any more. */
  async drop(user: string): Promise<void> {
    await this.db('registration_links').where({ user_id: user }).delete();
  }
}
