/** Looks for everything that was answered: tokens where clients use them, the record in the database. */
import pg from 'pg';
import { basic, type Told } from './customer.ts';
import type { Pair } from './pair.ts';

/**
 * What is not there, in words. What was asked for before Redis was back, `emptied` at that time, may be gone as far as it lives in
 * Redis.
 */
export async function lost({ issuer, databaseUrl }: Pair, told: Told, emptied: number | undefined): Promise<string[]> {
  const missing: string[] = [];
  const post = async (path: string, body: Record<string, string>) => {
    const answer = await fetch(issuer + path, { method: 'POST', headers: basic, body: new URLSearchParams(body) });
    return { status: answer.status, said: (await answer.json()) as Record<string, unknown> };
  };
  const forgotten = (at: number) => emptied !== undefined && at < emptied;
  await inTurns(told.access, async ({ token, at }) => {
    const { said } = await post('/token/introspection', { token });
    if (said.active !== true && !forgotten(at)) missing.push(`access token: ${JSON.stringify(said)}`);
  });
  await inTurns(told.refresh, async ({ token, at, lasts }) => {
    const { status, said } = await post('/token', { grant_type: 'refresh_token', refresh_token: token });
    if (status !== 200 && (lasts || !forgotten(at))) missing.push(`refresh token: ${JSON.stringify(said)}`);
  });
  missing.push(...(await unrecorded(databaseUrl, told)));
  return missing;
}

/** Walks and accepted passwords stand there exactly once; silent answers as often as they came, or as they may have come. */
async function unrecorded(databaseUrl: string, told: Told): Promise<string[]> {
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  try {
    const missing: string[] = [];
    const walked = async (type: string, walks: ReadonlySet<string>) => {
      const { rows } = await database.query<{ walk: string; n: string }>(
        'select walk, count(*) as n from events where type = $1 and walk = any($2) group by walk',
        [type, [...walks]],
      );
      const counts = new Map(rows.map(({ walk, n }) => [walk, Number(n)]));
      for (const walk of walks) {
        const n = counts.get(walk) ?? 0;
        if (n !== 1) missing.push(`${type} on record ${n} times`);
      }
    };
    await walked('sign-in', told.walks);
    await walked('proof.accepted', told.proofs);
    const { rows } = await database.query<{ username: string; n: string }>(
      `select username, count(e.id) as n from users u left join events e on e.user_id = u.id
        and e.type = 'sign-in' and e.walk is null and e.at >= to_timestamp($1 / 1000.0) group by username`,
      [told.since],
    );
    const counts = new Map(rows.map(({ username, n }) => [username, Number(n)]));
    for (const [username, { came, unanswered }] of told.silent) {
      const n = counts.get(username) ?? 0;
      if (n < came || n > came + unanswered) missing.push(`${came} silent sign-ins on record ${n} times`);
    }
    return missing;
  } finally {
    await database.end();
  }
}

/** A few at once. */
async function inTurns<One>(all: readonly One[], look: (one: One) => Promise<void>): Promise<void> {
  const left = [...all];
  const worker = async () => {
    for (let one = left.pop(); one !== undefined; one = left.pop()) await look(one);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}
