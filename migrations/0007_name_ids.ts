import type { Knex } from 'knex';

export const loosens = ['consents_application_id_fkey'];

/**
 * Persistent name identifiers: one a person and service provider, random, so that no two service providers can compare
 * theirs. Consent no longer needs a row of `applications`: service providers of a federation have none.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table name_ids (
      user_id text not null references users on delete cascade,
      entity_id text not null,
      value text not null,
      created_at timestamptz not null,
      primary key (user_id, entity_id),
      unique (entity_id, value)
    );
    alter table consents drop constraint consents_application_id_fkey;
  `);
}
