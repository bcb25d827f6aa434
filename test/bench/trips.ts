/** P2: round trips and statements, of Stile and, for comparison, of the bare library. */
import { someone } from '../support/rp.ts';
import { type Counter, countStatements, countTrips } from '../support/trips.ts';
import { countsOf, countTotp } from './counts.ts';
import { type Aim, type Results, result } from './result.ts';
import { startBare, startMeasured } from './servers.ts';
import { anybody } from './visitor.ts';

export async function trips(): Promise<Results> {
  const { TEST_REDIS_URL = '', TEST_DATABASE_URL = '' } = process.env;
  const redis = await countTrips(TEST_REDIS_URL);
  const postgres = await countStatements(TEST_DATABASE_URL);
  Object.assign(process.env, { TEST_REDIS_URL: redis.url, TEST_DATABASE_URL: postgres.url });
  try {
    const stile = await startMeasured();
    const counted = await countsOf(stile.issuer, redis, anybody());
    const totp = await countTotp(stile.issuer, redis, [someone(), someone(), someone()]);
    const statements = await countsOf(stile.issuer, postgres, anybody());
    const sqlTotp = await countTotp(stile.issuer, postgres, [someone(), someone(), someone()]);
    await stile.stop();
    const bare = await startBare();
    const plain = await countsOf(bare.issuer, redis, 'mei');
    await bare.stop();
    return {
      'P2.silent': count(counted.silent, { goal: 8, unit: 'trips' }, plain.silent),
      'P2.token': count(counted.token, { goal: 3, unit: 'trips' }, plain.token),
      'P2.login': count(counted.login, { goal: 14, unit: 'trips' }, plain.login),
      'P2.totp': count(totp, { goal: 4, unit: 'trips' }),
      'P2.cc': count(counted.signed, { goal: 0, unit: 'trips', note: 'a JWT' }, plain.signed),
      'P2.cc.opaque': count(counted.opaque, { unit: 'trips', note: 'an opaque token, which is stored' }, plain.opaque),
      'P2.cc.sql': count(statements.signed, { goal: 0, unit: 'statements' }),
      'P2.introspection': count(counted.introspection, { unit: 'trips' }, plain.introspection),
      'P2.sql': count(statements.silent, { goal: 4, unit: 'statements' }),
      'P2.sql.login': count(statements.login, { unit: 'statements' }),
      'P2.sql.totp': count(sqlTotp, { unit: 'statements' }),
    };
  } finally {
    Object.assign(process.env, { TEST_REDIS_URL, TEST_DATABASE_URL });
    await Promise.all([redis, postgres].map((one: Counter) => one.stop()));
  }
}

function count(seen: readonly string[], aim: Aim, bare?: readonly string[]) {
  if (process.env.BENCH_TRACE) console.log(`${aim.unit}:\n  ${seen.join('\n  ')}`);
  const note = [aim.note, bare && `bare ${bare.length}`].filter(Boolean).join('; ');
  return result([seen.length], { ...aim, note });
}
