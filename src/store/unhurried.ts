import type { Knex } from 'knex';
import type { Db } from './database.ts';
import { openPostgres, reaching } from './postgres.ts';

/** Runs `act` on one connection of its own whose statements may take their time; on the one there is, when embedded. */
export async function unhurried<T>(db: Db, act: (knex: Knex) => Promise<T>): Promise<T> {
  if (db.url === undefined) return act(db.knex);
  const own = openPostgres(reaching(db.url, 0), { patience: 0, connections: 1 });
  try {
    return await act(own);
  } finally {
    await own.destroy();
  }
}
