import { Redis } from 'ioredis';
import { type Counts, countsOf, countTotp } from '../bench/counts.ts';
import { startMeasured } from '../bench/servers.ts';
import { newcomer, someone } from '../support/rp.ts';
import type { Stile } from '../support/stile.ts';
import { type Counter, countStatements, countTrips } from '../support/trips.ts';

/** performance.md P2, on the real server between real stores: what is counted cannot be noisy, so it may be held. */
describe('how often a sign-in goes to the stores', () => {
  let stile: Stile;
  let redis: Counter;
  let postgres: Counter;
  let trips: Counts;
  let statements: Counts;

  beforeAll(async () => {
    redis = await countTrips(process.env.TEST_REDIS_URL!);
    postgres = await countStatements(process.env.TEST_DATABASE_URL!);
    process.env.TEST_REDIS_URL = redis.url;
    process.env.TEST_DATABASE_URL = postgres.url;
    stile = await startMeasured();
    trips = await countsOf(stile.issuer, redis, newcomer());
    statements = await countsOf(stile.issuer, postgres, newcomer());
  }, 60_000);
  afterAll(async () => {
    await stile.stop();
    await Promise.all([redis.stop(), postgres.stop()]);
  });

  const atMost = (most: number, seen: readonly string[]) => {
    // Counting nothing would pass every limit.
    expect(seen.length).toBeGreaterThan(0);
    if (seen.length > most) throw new Error(`${seen.length} instead of at most ${most}:\n${seen.join('\n')}`);
  };

  test('at most 8 trips to Redis for a silent visit: authorize, token and userinfo', () => atMost(8, trips.silent));
  test('at most 3 of them for the token', () => atMost(3, trips.token));
  test('at most 14 from the first request to the code, when a password is asked', () => atMost(14, trips.login));
  test('at most 4 for the POST of a code', async () => {
    atMost(4, await countTotp(stile.issuer, redis, [someone(), someone()]));
  });
  test('none, and no statement either, for a JWT of a machine that proved itself by its secret', () => {
    expect(trips.opaque.length).toBeGreaterThan(0);
    expect(trips.signed).toEqual([]);
    expect(statements.signed).toEqual([]);
  });
  test('one, and no statement, to introspect a live access token', () => {
    expect(trips.introspection).toHaveLength(1);
    expect(statements.introspection).toEqual([]);
  });
  test('at most 4 statements for a silent visit', () => atMost(4, statements.silent));

  test('and at most 380 bytes there for a session at one application, two factors and a secret before the last included', async () => {
    const store = new Redis(stile.redisUrl!);
    const sizes = await Promise.all((await store.keys('s:*')).map((key) => store.strlen(key)));
    store.disconnect();
    expect(sizes.length).toBeGreaterThan(0);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(380);
  });
});
