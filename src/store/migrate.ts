import type { Knex } from 'knex';
import * as users from '../../migrations/0001_users.ts';
import * as applications from '../../migrations/0002_applications.ts';
import * as tokens from '../../migrations/0003_tokens.ts';
import * as events from '../../migrations/0004_events.ts';
import * as keys from '../../migrations/0005_keys.ts';
import * as knownMethods from '../../migrations/0006_known_methods.ts';
import * as nameIds from '../../migrations/0007_name_ids.ts';
import * as initialAccessTokens from '../../migrations/0008_initial_access_tokens.ts';
import * as sealedBy from '../../migrations/0009_sealed_by.ts';
import * as administration from '../../migrations/0010_administration.ts';
import * as methods from '../../migrations/0011_methods.ts';
import type { Db } from './database.ts';
import { takeTurn } from './turns.ts';
import { unhurried } from './unhurried.ts';

/** One step of the schema: a file of migrations/. How one is written, so that two versions run side by side: docs/upgrading.md. */
interface Migration {
  readonly name: string;
  /** It takes something away. Only programs that know the migration named here work beside it. */
  readonly contract?: string;
  /** Constraints it drops whose going no statement of an older program can notice. */
  readonly loosens?: readonly string[];
  up(db: Knex): Promise<void>;
}

/** In order, and listed by hand so that a bundle has them. What has been released is never edited. */
const migrations: readonly Migration[] = [
  { name: '0001_users', ...users },
  { name: '0002_applications', ...applications },
  { name: '0003_tokens', ...tokens },
  { name: '0004_events', ...events },
  { name: '0005_keys', ...keys },
  { name: '0006_known_methods', ...knownMethods },
  { name: '0007_name_ids', ...nameIds },
  { name: '0008_initial_access_tokens', ...initialAccessTokens },
  { name: '0009_sealed_by', ...sealedBy },
  { name: '0010_administration', ...administration },
  { name: '0011_methods', ...methods },
];

/** Their names, in the order in which they run. */
export const known: readonly string[] = migrations.map(({ name }) => name);

/** The schema is of a newer program, and has lost something this one needs. */
export class NewerDatabase extends Error {
  constructor(names: readonly string[]) {
    super(
      `The database was brought up to date by a newer Stile (${names.join(', ')}), and this version can no longer work on it. ` +
        'Start the newer version, or restore the backup from before the upgrade.',
    );
    this.name = 'NewerDatabase';
  }
}

export interface Migrating {
  /** Runs none but these; all when absent. */
  readonly only?: readonly string[];
  /** Called before each migration that is run. */
  readonly onStep?: (name: string) => void;
}

/**
 * Brings the tables up to date, all or nothing; returns the names of what it ran. Of several nodes starting at once one
 * does it and the others wait: on a connection of its own, because waiting and changing tables may take long.
 * Throws NewerDatabase.
 */
export const migrate = (db: Db, options: Migrating = {}): Promise<string[]> =>
  unhurried(db, (knex) => knex.transaction((trx) => migrateWithin(trx, options)));

/** The same inside a transaction of the caller's. */
export async function migrateWithin(
  trx: Knex.Transaction,
  { only = known, onStep }: Migrating = {},
): Promise<string[]> {
  await takeTurn(trx, 'migrate');
  await trx.raw(`
    create table if not exists migrations (name text primary key, at timestamptz not null default now());
    alter table migrations add column if not exists needs text;
  `);
  const due = await dueIn(trx);
  const steps = migrations.filter(({ name }) => due.includes(name) && only.includes(name));
  for (const { name, contract, up } of steps) {
    onStep?.(name);
    await up(trx);
    await trx('migrations').insert({ name, needs: contract ?? null });
  }
  return steps.map(({ name }) => name);
}

/** The names of what a migration would run, which is not run. Throws NewerDatabase. */
export async function pending(db: Db): Promise<string[]> {
  if (!(await db.knex.schema.hasTable('migrations'))) return [...known];
  if (await db.knex.schema.hasColumn('migrations', 'needs')) return dueIn(db.knex);
  const done = await db.knex('migrations').pluck<string[]>('name');
  return known.filter((name) => !done.includes(name));
}

async function dueIn(knex: Knex): Promise<string[]> {
  const done: { name: string; needs: string | null }[] = await knex('migrations').select('name', 'needs');
  const foreign = done.filter(({ name, needs }) => !known.includes(name) && needs !== null && !known.includes(needs));
  if (foreign.length > 0) throw new NewerDatabase(foreign.map(({ name }) => name));
  return known.filter((name) => !done.some((one) => one.name === name));
}
