import type { Knex } from 'knex';

/** Who may register applications (RFC 7591): how often, until when, for which scopes, and on whose word. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table initial_access_tokens (
      id_hash text primary key,
      scopes jsonb not null,
      uses_left integer not null,
      minted_by text not null,
      minted_at timestamptz not null,
      expires_at timestamptz not null
    );
  `);
}
