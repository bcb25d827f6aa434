import type { Knex } from 'knex';

/** Tokens and grants that outlive a session. Their ids are kept as hashes: reading this table lets nobody redeem one. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table tokens (
      model text not null,
      id_hash text not null,
      payload text not null,
      grant_hash text,
      user_id text,
      client_id text,
      session_uid text,
      expires_at timestamptz,
      consumed_at timestamptz,
      primary key (model, id_hash)
    );
    create index tokens_by_grant on tokens (grant_hash);
    create index tokens_by_user on tokens (user_id);
    create index tokens_by_expiry on tokens (expires_at);
  `);
}
