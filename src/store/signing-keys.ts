import type { Knex } from 'knex';
import type { Sealer } from '../domain/sealer.ts';
import { takeTurn } from './turns.ts';

export interface SigningKey {
  /** The `kid`. */
  readonly id: string;
  readonly alg: string;
  readonly use: string;
  /** Private, as JWK. */
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
}

const contextOf = (id: string): string => `signing-key:${id}`;

/** The keys tokens and assertions are signed with, private halves sealed. Order matters: the first of an alg signs. */
export class SigningKeys {
  private readonly db: Knex;
  private readonly sealer: Sealer;

  constructor(db: Knex, sealer: Sealer) {
    this.db = db;
    this.sealer = sealer;
  }

  async all(): Promise<SigningKey[]> {
    return this.read(this.db);
  }

  /** Keeps these when there are none yet; of several nodes at once one wins, and all return the winner's. */
  async addFirst(keys: readonly SigningKey[]): Promise<SigningKey[]> {
    return this.db.transaction(async (trx) => {
      await takeTurn(trx, 'keys');
      const present = await this.read(trx);
      if (present.length > 0) return present;
      await trx('signing_keys').insert(
        keys.map((key, position) => ({
          id: key.id,
          alg: key.alg,
          use: key.use,
          jwk: this.sealer.seal(JSON.stringify(key.jwk), contextOf(key.id)),
          position,
          created_at: new Date(key.createdAt),
        })),
      );
      return this.read(trx);
    });
  }

  private async read(db: Knex): Promise<SigningKey[]> {
    const rows = await db('signing_keys').select('id', 'alg', 'use', 'jwk', 'created_at').orderBy('position');
    return rows.map((row) => ({
      id: row.id,
      alg: row.alg,
      use: row.use,
      jwk: JSON.parse(this.sealer.open(row.jwk, contextOf(row.id))),
      createdAt: row.created_at.getTime(),
    }));
  }
}
