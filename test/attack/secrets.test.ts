import { Redis } from 'ioredis';
import pg from 'pg';
import { Prover } from '../protocols/oidc/prover.ts';
import { type Collector, startCollector } from '../support/collector.ts';
import { type Page, Person } from '../support/person.ts';
import { freshRedis } from '../support/redis.ts';
import { as, freshCode, MFA, newcomer, PASSWORD, RelyingParty, secretOf, settings, someone } from '../support/rp.ts';
import { type Stile, startStile, TEST_SECRET } from '../support/stile.ts';
import { applications, form, Gate, raw } from './attacker.ts';

/** Everything of one run that nobody but its owner may read. */
const secrets = new Set<string>([PASSWORD, TEST_SECRET, 'a client secret for tests', 'the secret of a third party']);
const METRICS = 'a token for the metrics of tests';
secrets.add(METRICS);
const keep = (...values: (string | null | undefined)[]) => {
  for (const value of values) if (value && value.length >= 6) secrets.add(value);
};

/** A browser whose every cookie is kept in mind. */
class Watched extends Person {
  override async fetch(url: URL | string, init: RequestInit = {}): Promise<Response> {
    const answer = await super.fetch(url, init);
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      // Names the sign-in, as addresses and the record do; worth nothing without the browser's own cookie.
      if (pair.startsWith('stile_oidc_resume=')) continue;
      const value = pair.slice(pair.indexOf('=') + 1);
      keep(value.includes('.') ? value.split('.')[1] : value);
    }
    const location = answer.headers.get('location');
    if (location) keep(new URL(location, url).searchParams.get('code'));
    return answer;
  }
}

let stile: Stile;
let redis: Gate;
let collector: Collector;
let redisUrl: string;

beforeAll(async () => {
  redisUrl = (await freshRedis()).url;
  redis = await Gate.before(redisUrl);
  collector = await startCollector();
  stile = await startStile({
    config: settings({ applications, log: { level: 'trace' }, metrics: { token: METRICS } }),
    env: { REDIS_URL: redis.url, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '200' },
  });
});
afterAll(async () => {
  await stile.stop();
  await redis.shut();
  await collector.stop();
});

test('no password, code, secret, token or cookie is in the log, the events, the metrics, the traces, or readable in either store', async () => {
  const rp = await RelyingParty.at(stile);
  const [ana, mei] = [someone(), newcomer()];
  const person = new Watched();
  const code = freshCode(secretOf(ana));

  // In, up, refreshed, looked at, revoked.
  await rp.signIn(person, {}, as(ana));
  const asked = await person.go((await rp.request({ acr_values: MFA, scope: 'openid offline_access' })).url);
  await person.submit(asked, { code });
  const { tokens } = await rp.signIn(person, { scope: 'openid offline_access' }, as(ana));
  keep(tokens.access_token, tokens.refresh_token, tokens.id_token?.split('.')[2]);
  const authorization = `Basic ${Buffer.from('rp:a+client+secret+for+tests').toString('base64')}`;
  keep(authorization.slice(6));
  const post = async (path: string, fields: Record<string, string>) => {
    const sent = form(fields);
    return raw(stile.issuer, path, { ...sent, headers: { ...sent.headers, authorization } });
  };
  const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token as string };
  const second = JSON.parse((await post('/token', refresh)).body);
  keep(second.access_token, second.refresh_token);
  await post('/token/introspection', { token: second.access_token });
  await post('/token', refresh);
  await post('/token/revocation', { token: second.access_token });

  // Bound to a key: a proof that is good, and one for another address.
  const prover = await Prover.make();
  for (const path of ['/token', '/elsewhere']) {
    const dpop = await prover.proof({ url: `${stile.issuer}${path}` });
    keep(dpop, dpop.split('.')[2]);
    const sent = form({ grant_type: 'client_credentials' });
    const bound = await raw(stile.issuer, '/token', { ...sent, headers: { ...sent.headers, authorization, dpop } });
    keep(JSON.parse(bound.body).access_token);
  }

  // Wrong and misplaced.
  const wrong = ['correct horse battery', 'hunter2 hunter2 hunter2'];
  keep(...wrong);
  const stranger = new Watched();
  let page: Page = await stranger.submit(await stranger.go((await rp.request({ login_hint: ana })).url), {
    username: ana,
  });
  for (const password of wrong) page = await stranger.submit(page, { password });
  await stranger.fetch(`${stile.issuer}/signin/${wrong[0]}?password=${wrong[1]}`);
  await stranger.fetch(`${stile.issuer}/auth?client_secret=${wrong[1]}&code=${wrong[0]}`);
  await stranger.fetch(`${stile.issuer}/me`, { headers: { authorization: `Bearer ${wrong[0]}` } });

  // A new authenticator and a new password.
  const newer = new Watched();
  const met: { secret?: string } = {};
  await rp.signIn(newer, { acr_values: MFA }, as(mei, met));
  keep(met.secret);
  const account = await newer.go(`${stile.issuer}/account/password`);
  const csrf = account.form?.fields.csrf as string;
  keep(csrf, 'a parade of quiet elephants');
  await newer.go(`${stile.issuer}/account/password`, form({ csrf, password: 'a parade of quiet elephants' }));

  // With a store away in the middle of it.
  await redis.shut();
  await Promise.all([
    person.fetch(`${stile.issuer}/account`),
    post('/token', { ...refresh, refresh_token: second.refresh_token }),
    stranger.fetch(page.url, form({ ...page.form?.fields, password: PASSWORD })),
  ]);
  await redis.open();

  const client = new pg.Client({ connectionString: stile.databaseUrl as string });
  await client.connect();
  const tables = await client.query("select table_name from information_schema.tables where table_schema = 'public'");
  const stored: Record<string, string> = {};
  for (const { table_name: name } of tables.rows)
    stored[name] = (await client.query(`select row_to_json(t)::text as line from ${name} t`)).rows
      .map(({ line }) => line)
      .join('\n');
  await client.end();
  const store = new Redis(redisUrl);
  const keys = await store.keys('*');
  const values = await Promise.all(keys.map(async (key) => `${key} ${await store.get(key).catch(() => '')}`));
  store.disconnect();

  const metrics = await fetch(`${stile.issuer}/metrics`, { headers: { authorization: `Bearer ${METRICS}` } });
  const measured = await metrics.text();
  await stile.halt();
  expect(collector.text().length).toBeGreaterThan(10_000);

  expect(stored.events?.length).toBeGreaterThan(1000);
  expect(values.length).toBeGreaterThan(5);
  expect(secrets.size).toBeGreaterThan(25);
  const places: Record<string, string> = { ...stored, redis: values.join('\n'), output: stile.output() };
  Object.assign(places, { metrics: measured, traces: collector.text() });
  const found = Object.entries(places).flatMap(([place, text]) =>
    [...secrets].filter((secret) => text.includes(secret)).map((secret) => `${place}: ${secret}`),
  );
  expect(found).toEqual([]);
  for (const place of ['events', 'redis'] as const) expect(places[place]).not.toMatch(new RegExp(`\\b${code}\\b`));
  expect(stile.output()).not.toMatch(new RegExp(`"${code}"`));
  // Who signed in, and from where, is nobody's business who looks at traces or metrics.
  for (const place of ['metrics', 'traces'])
    for (const one of [ana, mei, '127.0.0.1']) expect(places[place]).not.toContain(one);
}, 60_000);
