import type { Knex } from 'knex';

/** People, what they prove themselves with, and the browsers they were seen in. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table users (
      id text primary key,
      store text not null,
      username text not null,
      username_key text not null,
      name text not null,
      email text,
      email_key text,
      email_verified boolean not null,
      groups jsonb not null,
      claims jsonb not null,
      two_step boolean not null default false,
      source text,
      disabled_at timestamptz,
      created_at timestamptz not null default now(),
      unique (store, username_key)
    );
    create index users_by_email on users (store, email_key) where email_key is not null;

    create table credentials (
      id text primary key,
      user_id text not null references users on delete cascade,
      method text not null,
      label text not null,
      secret text not null,
      data jsonb not null,
      counter bigint not null default -1,
      failures integer not null default 0,
      locked_until timestamptz,
      disabled_at timestamptz,
      created_at timestamptz not null,
      last_used_at timestamptz
    );
    create index credentials_by_user on credentials (user_id);

    create table credential_browser_failures (
      credential_id text not null references credentials on delete cascade,
      browser text not null,
      failures integer not null,
      locked_until timestamptz,
      disabled_at timestamptz,
      primary key (credential_id, browser)
    );

    create table known_browsers (
      user_id text not null references users on delete cascade,
      browser text not null,
      last_seen_at timestamptz not null,
      primary key (user_id, browser)
    );
  `);
}
