import type { Knex } from 'knex';
import * as users from '../../migrations/0001_users.ts';
import * as applications from '../../migrations/0002_applications.ts';
import * as tokens from '../../migrations/0003_tokens.ts';
import * as events from '../../migrations/0004_events.ts';
import * as keys from '../../migrations/0005_keys.ts';
import * as knownMethods from '../../migrations/0006_known_methods.ts';
import * as nameIds from '../../migrations/0007_name_ids.ts';
import type { Db } from './database.ts';
import { openPostgres, reaching } from './postgres.ts';
import { takeTurn } from './turns.ts';

/** In order, and listed by hand so that a bundle has them. What has been released is never edited. */
const migrations: readonly { name: string; up(db: Knex): Promise<void> }[] = [
  { name: '0001_users', ...users },
  { name: '0002_applications', ...applications },
  { name: '0003_tokens', ...tokens },
  { name: '0004_events', ...events },
  { name: '0005_keys', ...keys },
  { name: '0006_known_methods', ...knownMethods },
  { name: '0007_name_ids', ...nameIds },
];

/**
 * Brings the tables up to date, all or nothing; returns the names of what it ran. Of several nodes starting at once one
 * does it and the others wait: on a connection of its own, because waiting and changing tables may take long.
 */
export async function migrate(db: Db): Promise<string[]> {
  const own = db.url === undefined ? undefined : openPostgres(reaching(db.url, 0), { patience: 0, connections: 1 });
  try {
    return await (own ?? db.knex).transaction(async (trx) => {
      await takeTurn(trx, 'migrate');
      await trx.raw(
        'create table if not exists migrations (name text primary key, at timestamptz not null default now())',
      );
      const done = new Set(await trx('migrations').pluck<string[]>('name'));
      const due = migrations.filter(({ name }) => !done.has(name));
      for (const migration of due) {
        await migration.up(trx);
        await trx('migrations').insert({ name: migration.name });
      }
      return due.map(({ name }) => name);
    });
  } finally {
    await own?.destroy();
  }
}
