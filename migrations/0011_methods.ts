import type { Knex } from 'knex';

/**
 * Credentials found without a name, reported lost, or spent piece by piece; what a person prefers and was asked for; links
 * that went to a mailbox.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table credentials
      add column lookup text,
      add column lost_at timestamptz;
    create unique index credentials_by_lookup on credentials (method, lookup) where lookup is not null;

    create table credential_uses (
      credential_id text not null references credentials on delete cascade,
      mark text not null,
      used_at timestamptz not null,
      primary key (credential_id, mark)
    );

    alter table registration_links add column mailed boolean not null default false;

    alter table users
      add column preferred_method text,
      add column enrolment_asked_at timestamptz;

    -- Who holds an authenticator app goes on being asked for it: before nothing preferred, a code by email would do.
    update users set preferred_method = 'totp'
      where exists (select 1 from credentials c where c.user_id = users.id and c.method = 'totp');
  `);
}
