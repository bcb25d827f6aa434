import type { Knex } from 'knex';

/** Consecutive wrong answers: a pause of `lockSeconds` after every `lockAfter`, the end at `disableAfter`. */
export interface Limits {
  readonly lockAfter: number;
  readonly lockSeconds: number;
  readonly disableAfter: number;
}

export type Attempt = { kind: 'go' } | { kind: 'locked'; until: number } | { kind: 'disabled' };

/** What one answer is about. `browser` is the hash of a browser this person is known in: it has a count of its own. */
export interface Tried {
  readonly id: string;
  readonly browser: string | undefined;
}

/**
 * Counts a failure before the answer is judged, in one statement that the database refuses while locked: so twenty
 * guesses sent at once get no more tries than twenty in a row. `succeed` or `release` takes it back.
 */
export async function reserve(db: Knex, { id, browser }: Tried, limits: Limits, now: number): Promise<Attempt> {
  const at = new Date(now);
  const until = new Date(now + limits.lockSeconds * 1000);
  const { lockAfter, disableAfter } = limits;
  const { rows } =
    browser === undefined
      ? await db.raw(
          `update credentials set failures = failures + 1,
             locked_until = case when (failures + 1) % ?::integer = 0 then ?::timestamptz else locked_until end,
             disabled_at = case when failures + 1 >= ?::integer then ?::timestamptz end
           where id = ? and failures < ?::integer and disabled_at is null
             and (locked_until is null or locked_until <= ?::timestamptz)
           returning id`,
          [lockAfter, until, disableAfter, at, id, disableAfter, at],
        )
      : await db.raw(
          `insert into credential_browser_failures as f (credential_id, browser, failures, locked_until, disabled_at)
             select id, ?, 1, case when 1 % ?::integer = 0 then ?::timestamptz end,
               case when 1 >= ?::integer then ?::timestamptz end
             from credentials where id = ?
           on conflict (credential_id, browser) do update set failures = f.failures + 1,
             locked_until = case when (f.failures + 1) % ?::integer = 0 then ?::timestamptz else f.locked_until end,
             disabled_at = case when f.failures + 1 >= ?::integer then ?::timestamptz end
           where f.failures < ?::integer and f.disabled_at is null
             and (f.locked_until is null or f.locked_until <= ?::timestamptz)
           returning credential_id`,
          [browser, lockAfter, until, disableAfter, at, id, lockAfter, until, disableAfter, at, disableAfter, at],
        );
  return rows.length > 0 ? { kind: 'go' } : refusal(db, { id, browser }, limits, now);
}

/** Why `reserve` was refused. A credential removed meanwhile is as good as disabled. */
async function refusal(db: Knex, { id, browser }: Tried, limits: Limits, now: number): Promise<Attempt> {
  const row = await (browser === undefined
    ? db('credentials').where({ id })
    : db('credential_browser_failures').where({ credential_id: id, browser })
  ).first<{ failures: number; locked_until: Date | null; disabled_at: Date | null }>(
    'failures',
    'locked_until',
    'disabled_at',
  );
  if (!row || row.disabled_at || row.failures >= limits.disableAfter) return { kind: 'disabled' };
  return { kind: 'locked', until: row.locked_until?.getTime() ?? now };
}

/** Takes one reservation back, and the lock it may have caused: nobody guessed, something of ours failed. */
export async function release(db: Knex, { id, browser }: Tried): Promise<void> {
  const rows =
    browser === undefined
      ? db('credentials').where({ id })
      : db('credential_browser_failures').where({ credential_id: id, browser });
  await rows
    .where('failures', '>', 0)
    .update({ failures: db.raw('failures - 1'), locked_until: null, disabled_at: null });
}

/** Forgets all failures against one person, everywhere; how many credentials were locked or disabled by them. */
export async function unlock(db: Knex, userId: string, now: number): Promise<number> {
  const at = new Date(now);
  const { rows } = await db.raw<{ rows: { opened: number }[] }>(
    `with shut as (
       select id from credentials where user_id = ? and (disabled_at is not null or locked_until > ?::timestamptz)
       union
       select f.credential_id from credential_browser_failures f join credentials c on c.id = f.credential_id
       where c.user_id = ? and (f.disabled_at is not null or f.locked_until > ?::timestamptz)
     ), strangers as (
       update credentials set failures = 0, locked_until = null, disabled_at = null where user_id = ?
     ), known as (
       delete from credential_browser_failures f using credentials c where c.id = f.credential_id and c.user_id = ?
     )
     select count(*)::integer as opened from shut`,
    [userId, at, userId, at, userId, userId],
  );
  return rows[0]?.opened ?? 0;
}
