/** What whoever runs Stile sees of a request: its name in the log, its trace, and the metrics their alerts are made of. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Collector, startCollector } from '../support/collector.ts';
import { Person } from '../support/person.ts';
import { as, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';

const token = 'a token for the metrics of tests';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
const asked = { 'x-request-id': 'a-proxy-calls-it-this', traceparent };

/** Its metadata is where nobody answers. */
const lost = {
  id: 'lost',
  name: 'Lost',
  saml: { metadata_url: 'https://127.0.0.1:1/metadata', entity_id: 'urn:lost' },
};

let collector: Collector;
let behind: Stile;
let bare: Stile;
let metrics: string;

beforeAll(async () => {
  collector = await startCollector();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: 'house' };
  const proxies = ['127.0.0.1/32', '::1/128'];
  [behind, bare] = await Promise.all([
    startStile({
      config: settings({ proxies, metrics: { token }, log: { level: 'info' }, applications: [lost] }),
      env,
    }),
    startStile({ config: settings({ log: { level: 'info' } }), env }),
  ]);
  const rp = await RelyingParty.at(behind);
  await rp.signIn(new Person(), {}, as(someone()));
  for (const stile of [behind, bare]) await fetch(`${stile.issuer}/nowhere`, { headers: asked });
  await fetch(`${behind.issuer}/nowhere`, { headers: { 'x-request-id': 'no\u00adwords allowed' } });
  metrics = await (await fetch(`${behind.issuer}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
  await Promise.all([behind.halt(), bare.halt()]);
}, 90_000);
afterAll(async () => {
  await Promise.all([behind.stop(), bare.stop()]);
  await collector.stop();
});

const lines = (stile: Stile) =>
  stile
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
const attribute = (span: { attributes: readonly { key: string; value: Record<string, unknown> }[] }, key: string) =>
  Object.values(span.attributes.find((one) => one.key === key)?.value ?? {})[0];

describe('a request has one name', () => {
  test('that of the proxy in front, in every line of the log beside the reference of its page', () => {
    expect(lines(behind)).toContainEqual(
      expect.objectContaining({ request: 'a-proxy-calls-it-this', path: '/nowhere', reference: expect.any(String) }),
    );
  });

  test('of our own making where no proxy of ours, or none that makes sense, gives one', () => {
    const own = lines(bare).filter(({ path }) => path === '/nowhere');
    expect(own.map(({ request }) => request)).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/)]);
    const strange = lines(behind)
      .filter(({ path }) => path === '/nowhere')
      .at(-1);
    expect(strange.request).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('traces', () => {
  test('show a request with its trips to Redis, its statements and the hashing of the password inside', () => {
    const spans = collector.spans();
    const roots = new Map(spans.filter(({ name }) => name === 'POST sign-in').map((one) => [one.spanId, one]));
    const inside = spans.filter(({ parentSpanId }) => parentSpanId !== undefined && roots.has(parentSpanId));
    expect(new Set(inside.map(({ name }) => name.split(' ')[0]))).toEqual(new Set(['redis', 'sql', 'password']));
    expect(inside.every((one) => one.traceId === roots.get(one.parentSpanId as string)?.traceId)).toBe(true);
    expect(collector.text()).toContain('"house"');
  });

  test('go on with the trace of a proxy of ours, and of nobody else', () => {
    const strangers = collector.spans().filter((span) => attribute(span, 'http.response.status_code') === 404);
    expect(strangers).toHaveLength(3);
    expect(strangers.filter((span) => span.traceId === traceId)).toEqual([
      expect.objectContaining({ parentSpanId: 'b7ad6b7169203331', name: 'GET other' }),
    ]);
    const known = strangers.find((span) => span.traceId === traceId);
    expect(known && attribute(known, 'stile.request')).toBe('a-proxy-calls-it-this');
  });

  test('hold no path, query, address or error text: only names out of closed lists', () => {
    const keys = new Set(collector.spans().flatMap(({ attributes }) => attributes.map(({ key }) => key)));
    const allowed = ['http.request.method', 'http.route', 'http.response.status_code', 'stile.request'];
    const work = ['db.system.name', 'db.operation.name', 'stile.password', 'server.address', 'error.type'];
    expect([...keys].filter((key) => ![...allowed, ...work].includes(key))).toEqual([]);
  });
});

describe('metrics', () => {
  test('say who signs in where and how, what is slow, what is full, what ends, and which version runs', () => {
    for (const line of [
      /^stile_sign_ins_total\{protocol="oidc",application="rp",outcome="interactive"\} 1$/m,
      /^stile_http_request_seconds_count\{group="token",status="2xx"\} 1$/m,
      /^stile_work_seconds_count\{work="redis",name="\w+"\} \d+$/m,
      /^stile_work_seconds_count\{work="sql",name="select"\} \d+$/m,
      /^stile_work_seconds_count\{work="password",name="check"\} 1$/m,
      /^stile_database_connections\{state="waiting"\} 0$/m,
      /^stile_passwords_waiting 0$/m,
      /^stile_expires_timestamp_seconds\{what="saml-certificate",name="RS256 current"\} \d+/m,
      /^stile_keys_rotate_timestamp_seconds\{use="oidc"\} \d+/m,
      /^stile_metadata_failures\{name="lost"\} 1$/m,
      /^stile_events_total\{type="session.started"\} 1$/m,
      /^stile_build_info\{version="\d+\.\d+\.\d+",node="v\d+/m,
      /^nodejs_eventloop_lag_p99_seconds /m,
    ])
      expect(metrics).toMatch(line);
  });

  test.each([
    ['dashboard', 'docker/grafana-dashboard.json'],
    ['alerts', 'docker/alerts.yaml'],
  ])('the example %s asks for nothing that is not there', (_what, file) => {
    const parsed: unknown = parse(readFileSync(file, 'utf8'));
    const texts: string[] = [];
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, one] of Object.entries(value)) key === 'expr' ? texts.push(String(one)) : walk(one);
    };
    walk(parsed);
    const names = new Set(texts.flatMap((text) => text.match(/\b(stile|process|nodejs)_[a-z_0-9]+/g) ?? []));
    expect(names.size).toBeGreaterThan(5);
    const there = new Set(metrics.match(/^# TYPE (\S+)/gm)?.map((line) => line.slice(7)));
    expect(
      [...names].filter((name) => !there.has(name.replace(/_(bucket|sum|count)$/, '')) && !there.has(name)),
    ).toEqual([]);
  });
});
