import type { Knex } from 'knex';

/** The audit record. It refers to people and applications by id only, so that it survives them. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table events (
      id bigserial primary key,
      at timestamptz not null,
      type text not null,
      user_id text,
      application_id text,
      sid text,
      walk text,
      address text,
      reference text,
      detail jsonb
    );
    create index events_by_user on events (user_id, at desc, id desc);
    create index events_by_reference on events (reference) where reference is not null;
    create index events_by_time on events (at);
  `);
}
