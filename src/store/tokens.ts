import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Sealer } from '../domain/sealer.ts';
import { inLane } from './lane.ts';

export interface TokenFacts {
  readonly grantId?: string;
  readonly user?: string;
  readonly client?: string;
  readonly sessionUid?: string;
  /** Milliseconds since the epoch; absent means it never expires. */
  readonly expiresAt?: number;
}

export interface StoredToken {
  readonly payload: Record<string, unknown>;
  readonly consumedAt?: number;
  readonly expiresAt?: number;
}

const hash = (id: string): string => createHash('sha256').update(id).digest('base64url');
export const contextOf = (model: string, idHash: string): string => `token:${model}:${idHash}`;

/** Tokens and grants that outlive a session, under the hash of their id, payload sealed. */
export class Tokens {
  private readonly db: Knex;
  private readonly sealer: Sealer;

  constructor(db: Knex, sealer: Sealer) {
    this.db = db;
    this.sealer = sealer;
  }

  /** Writes or overwrites; a token once consumed stays consumed. */
  async upsert(model: string, id: string, payload: Record<string, unknown>, facts: TokenFacts): Promise<void> {
    const idHash = hash(id);
    await this.db('tokens')
      .insert({
        model,
        id_hash: idHash,
        payload: this.sealer.seal(JSON.stringify(payload), contextOf(model, idHash)),
        grant_hash: facts.grantId === undefined ? null : hash(facts.grantId),
        user_id: facts.user ?? null,
        client_id: facts.client ?? null,
        session_uid: facts.sessionUid ?? null,
        expires_at: facts.expiresAt === undefined ? null : new Date(facts.expiresAt),
      })
      .onConflict(['model', 'id_hash'])
      .merge();
  }

  /** Consumed ones are found too, so that a replay can be told; expired ones until they are purged. */
  async find(model: string, id: string): Promise<StoredToken | undefined> {
    const idHash = hash(id);
    const [row] = await inLane<{ payload: string; consumed_at: Date | null; expires_at: Date | null }>(
      this.db,
      'reads',
      'select payload, consumed_at, expires_at from tokens where model = ? and id_hash = ?',
      [model, idHash],
    );
    if (!row) return undefined;
    return {
      payload: JSON.parse(this.sealer.open(row.payload, contextOf(model, idHash))),
      ...(row.consumed_at === null ? {} : { consumedAt: row.consumed_at.getTime() }),
      ...(row.expires_at === null ? {} : { expiresAt: row.expires_at.getTime() }),
    };
  }

  /** True for exactly one caller. */
  async consume(model: string, id: string, now: number): Promise<boolean> {
    const consumed = await this.db('tokens')
      .where({ model, id_hash: hash(id) })
      .whereNull('consumed_at')
      .update({ consumed_at: new Date(now) });
    return consumed > 0;
  }

  async destroy(model: string, id: string): Promise<void> {
    await this.db('tokens')
      .where({ model, id_hash: hash(id) })
      .delete();
  }

  /** Everything written with this grantId. */
  async destroyByGrant(grantId: string): Promise<void> {
    await this.db('tokens')
      .where({ grant_hash: hash(grantId) })
      .delete();
  }

  /** What this person gave to that client, or to all. */
  async destroyByUser(userId: string, clientId?: string): Promise<void> {
    await this.db('tokens')
      .where({ user_id: userId, ...(clientId === undefined ? {} : { client_id: clientId }) })
      .delete();
  }

  /** Removes what has expired; how many. */
  async purge(now: number): Promise<number> {
    return this.db('tokens').where('expires_at', '<', new Date(now)).delete();
  }
}
