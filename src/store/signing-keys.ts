import type { Knex } from 'knex';
import type { Sealer } from '../domain/sealer.ts';
import { takeTurn } from './turns.ts';

export interface SigningKey {
  /** The `kid`. */
  readonly id: string;
  readonly alg: string;
  /** Private, as JWK. */
  readonly jwk: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
}

export const contextOf = (id: string): string => `signing-key:${id}`;

/** What a key signs: tokens, or assertions and all else of SAML. Neither ever signs what is the other's. */
export type Use = 'sig' | 'saml';

/** The keys tokens and assertions are signed with, private halves sealed, in the order in which they were added. */
export class SigningKeys {
  private readonly db: Knex;
  private readonly sealer: Sealer;

  constructor(db: Knex, sealer: Sealer) {
    this.db = db;
    this.sealer = sealer;
  }

  async of(use: Use): Promise<SigningKey[]> {
    return this.read(this.db, use);
  }

  /** Their ids alone, which change whenever the keys do: for whoever follows what other nodes change. */
  async idsOf(use: Use): Promise<string[]> {
    return (await this.db('signing_keys').where({ use }).select('id').orderBy('position')).map(({ id }) => id);
  }

  /**
   * Adds these behind the others of their use, only while those are exactly `seen` (none at a first start): true for one
   * of several nodes at once.
   */
  async addAfter(use: Use, seen: readonly string[], keys: readonly SigningKey[]): Promise<boolean> {
    return this.turn(async (trx) => {
      const present = await trx('signing_keys').where({ use }).select('id', 'position').orderBy('position');
      if (present.map(({ id }) => id).join() !== seen.join()) return false;
      await this.insert(trx, use, keys, (present.at(-1)?.position ?? -1) + 1);
      return true;
    });
  }

  /** As `addAfter`, and takes all that were seen away. */
  async replace(use: Use, seen: readonly string[], keys: readonly SigningKey[]): Promise<boolean> {
    return this.turn(async (trx) => {
      const present = await trx('signing_keys').where({ use }).select('id').orderBy('position');
      if (present.map(({ id }) => id).join() !== seen.join()) return false;
      await trx('signing_keys').where({ use }).delete();
      await this.insert(trx, use, keys);
      return true;
    });
  }

  async remove(use: Use, ids: readonly string[]): Promise<void> {
    await this.db('signing_keys')
      .where({ use })
      .whereRaw('id = any(?)', [[...ids]])
      .delete();
  }

  private turn<T>(act: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.db.transaction(async (trx) => {
      await takeTurn(trx, 'keys');
      return act(trx);
    });
  }

  private async insert(trx: Knex, use: Use, keys: readonly SigningKey[], from = 0): Promise<void> {
    await trx('signing_keys').insert(
      keys.map((key, i) => ({
        id: key.id,
        alg: key.alg,
        use,
        jwk: this.sealer.seal(JSON.stringify(key.jwk), contextOf(key.id)),
        position: from + i,
        created_at: new Date(key.createdAt),
      })),
    );
  }

  private async read(db: Knex, use: Use): Promise<SigningKey[]> {
    const rows = await db('signing_keys').where({ use }).select('id', 'alg', 'jwk', 'created_at').orderBy('position');
    return rows.map((row) => ({
      id: row.id,
      alg: row.alg,
      jwk: JSON.parse(this.sealer.open(row.jwk, contextOf(row.id))),
      createdAt: row.created_at.getTime(),
    }));
  }
}
