import type { Knex } from 'knex';

/** Roles given by hand, links that let a person choose how they sign in, and answers that are given once. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create table role_grants (
      role text not null,
      user_id text references users on delete cascade,
      group_name text,
      given_by text not null,
      given_at timestamptz not null,
      check ((user_id is null) <> (group_name is null)),
      unique (role, user_id),
      unique (role, group_name)
    );

    create table registration_links (
      token_hash text primary key,
      user_id text not null references users on delete cascade,
      made_by text not null,
      state text,
      expires_at timestamptz not null,
      used_at timestamptz
    );
    create index registration_links_by_user on registration_links (user_id);

    create table api_answers (
      key_hash text primary key,
      request_hash text not null,
      answer text,
      begun_at timestamptz not null
    );
    create index api_answers_by_time on api_answers (begun_at);

    alter table applications add column role text;
    alter table users add column disabled_by text;
    create index events_by_application on events (application_id, at desc, id desc) where application_id is not null;
  `);
}
