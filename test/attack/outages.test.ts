import { setTimeout as wait } from 'node:timers/promises';
import { Person } from '../support/person.ts';
import { freshDatabase } from '../support/postgres.ts';
import { freshRedis, startRedis } from '../support/redis.ts';
import { as, MFA, nobody, PASSWORD, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { form, Gate, leaks, raw, rows } from './attacker.ts';

let stile: Stile;
let rp: RelyingParty;
let database: Awaited<ReturnType<typeof freshDatabase>>;
let gates: Record<'Redis' | 'Postgres', Gate>;

beforeAll(async () => {
  database = await freshDatabase();
  gates = {
    Redis: await Gate.before((await freshRedis()).url),
    Postgres: await Gate.before(database.url),
  };
  stile = await startStile({
    config: settings(),
    env: { DATABASE_URL: gates.Postgres.url, REDIS_URL: gates.Redis.url },
  });
  rp = await RelyingParty.at(stile);
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":60/);
  await stile.stop();
  await Promise.all(Object.values(gates).map((gate) => gate.shut()));
  await database.drop();
});

const basic = `Basic ${Buffer.from('rp:a+client+secret+for+tests').toString('base64')}`;
const ready = async () => (await raw(stile.issuer, '/readyz')).status;
async function recovered(): Promise<void> {
  const started = performance.now();
  while ((await ready()) !== 200) {
    if (performance.now() - started > 10_000) throw new Error('it does not recover by itself');
    await wait(50);
  }
}

describe.each([
  ['Redis', 'cut off', 'shut'],
  ['Redis', 'there and silent', 'freeze'],
  ['Postgres', 'cut off', 'shut'],
  ['Postgres', 'there and silent', 'freeze'],
] as const)('%s %s', (store, _how, take) => {
  test('everything says 503 and when to come again, within five seconds, and goes on afterwards', async () => {
    const ana = someone();
    const person = new Person();
    const { tokens } = await rp.signIn(person, {}, as(ana));
    const walker = new Person();
    const page = await walker.submit(await walker.go((await rp.request()).url), { username: ana });
    const cookies = (one: Person) => [...one.cookies].map((pair) => pair.join('=')).join('; ');
    const authorize = (await rp.request({ acr_values: MFA })).url;
    const refresh = form({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string });
    const requests = {
      authorize: () =>
        raw(stile.issuer, `/auth${authorize.search}`, { headers: { cookie: cookies(person), accept: 'text/html' } }),
      page: () => raw(stile.issuer, page.url.pathname, { headers: { cookie: cookies(walker), accept: 'text/html' } }),
      form: () => {
        const sent = form({ ...page.form?.fields, password: PASSWORD });
        return raw(stile.issuer, page.url.pathname, { ...sent, headers: { ...sent.headers, cookie: cookies(walker) } });
      },
      account: () => raw(stile.issuer, '/account', { headers: { cookie: cookies(person) } }),
      accountJson: () =>
        raw(stile.issuer, '/account', { headers: { cookie: cookies(person), accept: 'application/json' } }),
      userinfo: () => raw(stile.issuer, '/me', { headers: { authorization: `Bearer ${tokens.access_token}` } }),
      token: () => raw(stile.issuer, '/token', { ...refresh, headers: { ...refresh.headers, authorization: basic } }),
      signOut: () => raw(stile.issuer, '/session/end', { headers: { cookie: cookies(person) } }),
    };
    // Once the store is away nobody is left waiting, whoever comes first and whoever comes after.
    if (take === 'shut') await gates[store].shut();
    else gates[store].freeze();
    const seen: Record<string, Awaited<ReturnType<typeof raw>>> = {};
    await Promise.all(
      Object.entries(requests).map(async ([name, send]) => {
        const started = performance.now();
        seen[name] = await send();
        expect([name, performance.now() - started < 5500]).toEqual([name, true]);
      }),
    );
    for (const [name, answer] of Object.entries(seen)) {
      // The page of a signed-out question and userinfo may not need the store that is away.
      const needless = store === 'Postgres' && ['signOut', 'page'].includes(name) && answer.status < 400;
      if (!needless) expect([name, answer.status, answer.headers['retry-after']]).toEqual([name, 503, '5']);
      expect(answer.body).not.toMatch(leaks);
    }
    expect(JSON.parse(seen.token?.body ?? '').error).toBe('temporarily_unavailable');
    expect(JSON.parse(seen.userinfo?.body ?? '').error).toBe('temporarily_unavailable');
    expect(JSON.parse(seen.accountJson?.body ?? '').error).toBe('away');
    expect(seen.account?.headers['content-security-policy']).toContain("default-src 'none'");
    expect(seen.authorize?.headers['content-security-policy']).toContain("default-src 'none'");
    expect([await ready(), (await raw(stile.issuer, '/healthz')).status]).toEqual([503, 200]);

    await gates[store].open();
    await recovered();
    const after = await rp.signIn(person, {}, as(ana));
    expect(after.claims.sub).toBeDefined();
    const end = await as(ana)(walker, await walker.go(page.url));
    expect(end.url.searchParams.has('code')).toBe(true);
  }, 40_000);
});

describe('as they are', () => {
  test('Postgres throwing everybody out (a restart, a failover) is no 500', async () => {
    const person = new Person();
    await rp.signIn(person, {}, as(someone()));
    for (let i = 0; i < 5; i++) {
      await rows(
        database.url,
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
      const answers = await Promise.all(Array.from({ length: 5 }, () => person.fetch(`${stile.issuer}/account`)));
      for (const answer of answers) expect([200, 503]).toContain(answer.status);
    }
    await recovered();
    expect((await person.go(`${stile.issuer}/account`)).status).toBe(200);
  });

  test('a Redis that refuses writes is away, and its words are not our log’s', async () => {
    const redis = await startRedis();
    const own = await startStile({ config: settings(), env: { REDIS_URL: redis.url } });
    try {
      const party = await RelyingParty.at(own);
      const person = new Person();
      await party.signIn(person, {}, as(someone()));
      const { Redis } = await import('ioredis');
      const admin = new Redis(redis.url);
      await admin.config('SET', 'maxmemory', '1');
      const answer = await new Person().fetch((await party.request()).url);
      expect(answer.status).toBe(503);
      expect(own.output()).not.toContain('"args"');
      await admin.config('SET', 'maxmemory', '0');
      admin.disconnect();
      expect((await nobody(person, await person.go((await party.request()).url))).url.searchParams.has('code')).toBe(
        true,
      );
    } finally {
      await own.stop();
      await redis.stop();
    }
  }, 40_000);

  test('a Redis killed and started anew on its port has forgotten everybody: they sign in again, nothing else', async () => {
    const redis = await startRedis();
    const own = await startStile({ config: settings(), env: { REDIS_URL: redis.url } });
    try {
      const party = await RelyingParty.at(own);
      const person = new Person();
      const ana = someone();
      await party.signIn(person, {}, as(ana));
      const page = await person.go((await party.request({ acr_values: MFA })).url);
      process.kill(redis.pid as number, 'SIGKILL');
      const away = await person.fetch(`${own.issuer}/account`);
      expect([away.status, away.headers.get('retry-after')]).toEqual([503, '5']);
      const again = await startRedis({ port: redis.port });
      try {
        for (let i = 0; i < 100 && (await raw(own.issuer, '/readyz')).status !== 200; i++) await wait(50);
        expect((await person.go(page.url)).status).toBe(400);
        expect((await person.go(`${own.issuer}/account`)).url.pathname).toMatch(/^\/signin\//);
        expect((await party.signIn(person, { acr_values: MFA }, as(ana))).claims.amr).toContain('mfa');
      } finally {
        await again.stop();
      }
    } finally {
      await own.stop();
      await redis.stop();
    }
  }, 40_000);
});
