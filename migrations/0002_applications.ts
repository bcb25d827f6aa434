import type { Knex } from 'knex';

/** What people sign in to, and what they agreed to share with it. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table applications (
      id text primary key,
      name text not null,
      protocol text not null,
      third_party boolean not null,
      groups jsonb,
      settings text not null,
      source text,
      disabled_at timestamptz
    );

    create table consents (
      user_id text not null references users on delete cascade,
      application_id text not null references applications on delete cascade,
      item text not null,
      agreed_at timestamptz not null,
      primary key (user_id, application_id, item)
    );
  `);
}
