import type { Knex } from 'knex';

/**
 * Takes a credential away while `enough` says so of the ids that stay, with nobody else taking one of this person's in
 * between: of two tabs that remove the last two, one is refused.
 */
export async function takeWhile(
  db: Knex,
  { user, id }: { user: string; id: string },
  enough: (left: readonly string[]) => boolean,
): Promise<'removed' | 'needed' | 'gone'> {
  return db.transaction(async (trx) => {
    await trx('users').where({ id: user }).forUpdate().first('id');
    const held = (await trx('credentials').where({ user_id: user }).select('id')) as { id: string }[];
    const left = held.map((one) => one.id).filter((one) => one !== id);
    if (left.length === held.length) return 'gone';
    if (!enough(left)) return 'needed';
    await trx('credentials').where({ id }).delete();
    return 'removed';
  });
}
