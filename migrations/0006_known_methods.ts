import type { Knex } from 'knex';

/** An older program would write rows without a method. */
export const contract = '0006_known_methods';

/** Familiar is a browser with one method: whoever stole a password alone must stay a stranger to the second factor. */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    alter table known_browsers add column method text not null default 'password';
    alter table known_browsers alter column method drop default;
    alter table known_browsers drop constraint known_browsers_pkey, add primary key (user_id, browser, method);
  `);
}
