import type { Knex } from 'knex';

/** Signing keys (sealed) and the few things an installation remembers about itself. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table signing_keys (
      id text primary key,
      alg text not null,
      use text not null,
      jwk text not null,
      position integer not null,
      created_at timestamptz not null
    );

    create table settings (
      key text primary key,
      value text not null
    );
  `);
}
