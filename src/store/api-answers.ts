import type { Knex } from 'knex';
import { openIfOurs, type Sealer } from '../domain/sealer.ts';

const DAY_MS = 24 * 3600 * 1000;
const contextOf = (key: string): string => `answer:${key}`;

/**
 * What became of a key: this caller has to answer, or here is the answer; `request` is whose it is. `lost`: it was answered,
 * and the secret that sealed the answer is given no longer.
 */
export type Kept =
  | { readonly kind: 'yours' }
  | { readonly kind: 'answered'; readonly request: string; readonly answer: string }
  | { readonly kind: 'being-answered'; readonly request: string }
  | { readonly kind: 'lost'; readonly request: string };

/** Answers of the administration's API that are given once, for a day. They may hold a new secret, so they are sealed. */
export class ApiAnswers {
  private readonly db: Knex;
  private readonly sealer: Sealer;

  constructor(db: Knex, sealer: Sealer) {
    this.db = db;
    this.sealer = sealer;
  }

  /** `yours` for exactly one of all callers with this key. `key` and `request` are hashes. */
  async begin(key: string, request: string, now: number): Promise<Kept> {
    await this.db('api_answers')
      .where('begun_at', '<', new Date(now - DAY_MS))
      .delete();
    const mine = await this.db('api_answers')
      .insert({ key_hash: key, request_hash: request, begun_at: new Date(now) })
      .onConflict('key_hash')
      .ignore()
      .returning('key_hash');
    if (mine.length > 0) return { kind: 'yours' };
    const row = await this.db('api_answers')
      .where({ key_hash: key })
      .first<{ request_hash: string; answer: string | null } | undefined>('request_hash', 'answer');
    if (!row?.answer) return { kind: 'being-answered', request: row?.request_hash ?? request };
    const answer = openIfOurs(this.sealer, row.answer, contextOf(key));
    return answer === undefined
      ? { kind: 'lost', request: row.request_hash }
      : { kind: 'answered', request: row.request_hash, answer };
  }

  async finish(key: string, answer: string): Promise<void> {
    await this.db('api_answers')
      .where({ key_hash: key })
      .update({ answer: this.sealer.seal(answer, contextOf(key)) });
  }

  /** Nothing came of it: the same request may be tried again. */
  async forget(key: string): Promise<void> {
    await this.db('api_answers').where({ key_hash: key }).delete();
  }
}
