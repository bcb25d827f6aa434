/** What whoever runs Stile looks at: health, metrics, TLS of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Person } from '../support/person.ts';
import { RelyingParty, settings } from '../support/rp.ts';
import { freePort, type Stile, startStile } from '../support/stile.ts';

const running: Stile[] = [];
const start = async (...with_: Parameters<typeof startStile>) => {
  const stile = await startStile(...with_);
  running.push(stile);
  return stile;
};
afterAll(async () => {
  await Promise.all(running.map((stile) => stile.stop()));
});

test('health, readiness and metrics behind a token', async () => {
  const token = 'a token for the metrics of tests';
  const stile = await start({ config: settings({ metrics: { token } }) });
  const at = (path: string, headers = {}) => fetch(`${stile.issuer}${path}`, { headers });
  expect(await (await at('/healthz')).text()).toBe('alive\n');
  expect(await (await at('/readyz')).json()).toEqual({ ready: true, database: 'ready', state: 'ready' });

  const rp = await RelyingParty.at(stile);
  await rp.signIn(new Person());
  for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: token }]) {
    expect((await at('/metrics', headers)).status).toBe(401);
  }
  const metrics = await (await at('/metrics', { authorization: `Bearer ${token}` })).text();
  expect(metrics).toMatch(/stile_events_total\{type="sign-in"\} 1\n/);
  expect(metrics).toMatch(/stile_http_request_seconds_count\{group="authorize",status="3xx"\} \d+/);
  expect(metrics).toContain('process_resident_memory_bytes');
});

test('metrics on a port of their own are not on the main one', async () => {
  const port = await freePort();
  const stile = await start({ config: settings({ metrics: { port } }) });
  expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain('stile_events_total');
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
  expect((await fetch(`${stile.issuer}/metrics`)).status).toBe(404);
});

test('TLS of its own: https issuer, Secure __Host- cookies, HSTS', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stile-tls-'));
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', key, '-out', cert, '-days', '1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...files, ...subject], { stdio: 'ignore' });
  const port = await freePort();
  const issuer = `https://localhost:${port}`;
  const config = settings({ tls: { cert_file: cert, key_file: key } });
  await start({ config, env: { PORT: String(port), ISSUER: issuer } });
  const page = await new Promise<{ status: number; headers: Record<string, unknown> }>((resolve, reject) => {
    get(`${issuer}/account`, { ca: readFileSync(cert) }, (res) => {
      res.resume();
      resolve({ status: res.statusCode as number, headers: res.headers });
    }).once('error', reject);
  });
  expect(page.status).toBe(303);
  const [cookie] = page.headers['set-cookie'] as string[];
  expect(cookie).toMatch(/^__Host-stile_browser=[^;]+; .*Secure/i);
  expect(cookie).toMatch(/HttpOnly/i);
  expect(cookie).toMatch(/SameSite=Lax/i);
  rmSync(dir, { recursive: true });
});

test('an organisation sees its own name, logo, colour, help and privacy, and nothing of it needs script', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stile-brand-'));
  const logo = join(dir, 'mark.svg');
  writeFileSync(logo, '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1z"/></svg>');
  const urls = { help_url: 'https://northfold.example/help', privacy_url: 'https://northfold.example/privacy' };
  const stile = await start({
    config: settings({ brand: { name: 'Northfold', accent: '#6b2fb3', logo_file: logo, ...urls } }),
  });
  const page = await new Person().go(`${stile.issuer}/account`);
  expect(page.html).toContain(`<a href="${urls.help_url}">Help</a>`);
  expect(page.html).toContain(`<a href="${urls.privacy_url}">Privacy</a>`);
  const src = /<img src="([^"]+)"/.exec(page.html)?.[1] as string;
  const image = await fetch(new URL(src, stile.issuer));
  expect([image.status, image.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
  expect(page.html).toMatch(/>Northfold</);
  const css = /href="(\/assets\/brand\.css[^"]*)"/.exec(page.html)?.[1] as string;
  expect(await (await fetch(new URL(css, stile.issuer))).text()).toContain('--brand-accent: #6b2fb3');
  rmSync(dir, { recursive: true });
});
