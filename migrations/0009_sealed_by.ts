import type { Knex } from 'knex';

/**
 * By which secret a value is sealed, which its first eight characters say (state/sealer.ts): found without reading all of
 * them, so that every start can tell a missing secret, and resealing what is left.
 */
export async function up(db: Knex): Promise<void> {
  await db.raw(`
    create index credentials_by_secret on credentials ((left(secret, 8) collate "C"));
    create index applications_by_secret on applications ((left(settings, 8) collate "C"));
    create index tokens_by_secret on tokens ((left(payload, 8) collate "C"));
    create index signing_keys_by_secret on signing_keys ((left(jwk, 8) collate "C"));
  `);
}
