/** Out of the embedded database by backup and restore, and back: whoever signed in before is the same person after. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as client from 'openid-client';
import { stileCommand } from '../support/command-line.ts';
import { Person } from '../support/person.ts';
import { freshDatabase } from '../support/postgres.ts';
import { type Answer, as, codeNow, MFA, RelyingParty, secretOf, settings } from '../support/rp.ts';
import { ServiceProvider } from '../support/saml-sp.ts';
import { type Stile, startStile } from '../support/stile.ts';

const folder = mkdtempSync(join(tmpdir(), 'stile-moving-'));
const sp = new ServiceProvider({ id: 'wages' });
const config = settings({ applications: [sp.application] }, 2);
let stile: Stile;
let database: Awaited<ReturnType<typeof freshDatabase>>;
let embedded: Record<'STILE_CONFIG' | 'DATA_DIR', string>;
let postgres: typeof embedded & Record<string, string>;
const [beside, there, back] = ['beside', 'there', 'back'].map((name) => join(folder, `${name}.stile`)) as [
  string,
  string,
  string,
];
let rp: RelyingParty;
let [secret, called] = ['', ''];
let before: Answer;
let next: { refresh_token?: string; claims(): unknown };

beforeAll(async () => {
  stile = await startStile({ embedded: true, config });
  database = await freshDatabase();
  embedded = { STILE_CONFIG: join(stile.dataDir, 'stile.yaml'), DATA_DIR: join(stile.dataDir, 'data') };
});
afterAll(async () => {
  await stile.stop();
  await database.drop();
  rmSync(folder, { recursive: true });
});

test('password, authenticator app, name towards a service provider and refresh token go along to PostgreSQL', async () => {
  rp = await RelyingParty.at(stile);
  await sp.meet(stile);
  const ana = new Person();
  before = await rp.signIn(ana, { acr_values: MFA, scope: 'openid offline_access' }, as('ana'));
  called = (await sp.signIn(ana, {}, as('ana'))).nameId;
  const used = codeNow(secretOf('ana'));

  // The running server makes it of the database that it alone holds; a restore has to wait for it to stop.
  expect(await stileCommand(['backup', there], embedded)).toMatchObject({ code: 0, complaints: '' });
  expect(statSync(there).mode & 0o777).toBe(0o600);
  const refused = await stileCommand(['restore', there, '--force'], embedded);
  expect(refused).toMatchObject({ code: 1, complaints: expect.stringContaining('Stop it first') });
  await stile.halt();
  const stopped = await stileCommand(['backup', beside, '--json'], embedded);
  expect(stopped).toMatchObject({ code: 0, complaints: '' });
  const made = await stileCommand(['audit', 'list', '--type', 'backup.made', '--json'], embedded);
  expect(JSON.parse(made.out).items.map((one: { detail: object }) => one.detail)).toEqual(
    Array(2).fill(expect.objectContaining({ by: expect.objectContaining({ kind: 'local' }) })),
  );
  expect(await stileCommand(['backup', there], embedded)).toMatchObject({
    code: 3,
    complaints: expect.stringContaining('exists'),
  });

  // Postgres, with the secret the embedded installation made for itself.
  secret = readFileSync(join(embedded.DATA_DIR, 'secret'), 'utf8').trim();
  postgres = { ...embedded, DATABASE_URL: database.url, STILE_SECRET: secret };
  const wrong = await stileCommand(['restore', there], { ...postgres, STILE_SECRET: 'x'.repeat(40) });
  expect(wrong).toMatchObject({ code: 1, out: '' });
  expect(wrong.complaints).toContain('STILE_SECRET does not open');
  const restored = await stileCommand(['restore', there, '--json'], postgres);
  expect(restored).toMatchObject({ code: 0, complaints: '' });
  expect(JSON.parse(restored.out).rows).toBeGreaterThan(20);

  await stile.again({ config, env: { DATABASE_URL: database.url, STILE_SECRET: secret } });
  next = await client.refreshTokenGrant(rp.config, before.tokens.refresh_token as string);
  expect(next.claims()).toMatchObject({ sub: before.claims.sub, acr: MFA });
  // A code that was used before the move is not good after it.
  const again = new Person();
  const signedIn = await rp.signIn(again, { acr_values: MFA }, async (person, start) => {
    const asked = await as('ana', { until: ({ form }) => form?.fields.step === 'prove:totp' })(person, start);
    const refused = await person.submit(asked, { code: used });
    expect(refused.form?.fields.step).toBe('prove:totp');
    return as('ana')(person, refused);
  });
  expect(signedIn.claims.sub).toBe(before.claims.sub);
  expect((await sp.signIn(again, {}, as('ana'))).nameId).toEqual(called);
}, 90_000);

// A backup is taken while the server on Postgres runs; only a restore has to wait.
test('and back into the embedded database, but not from a backup that was cut', async () => {
  expect(await stileCommand(['backup', back], postgres)).toMatchObject({ code: 0 });
  const running = await stileCommand(['restore', back, '--force'], {
    ...postgres,
    DATA_DIR: join(folder, 'elsewhere'),
  });
  expect(running).toMatchObject({ code: 1 });
  expect(running.complaints).toContain('connected to this database. Stop');
  await stile.halt();
  const home = { ...embedded, DATA_DIR: join(folder, 'home'), STILE_SECRET: secret };
  const cut = join(folder, 'cut.stile');
  writeFileSync(cut, readFileSync(back).subarray(0, -40));
  expect(await stileCommand(['restore', cut], home)).toMatchObject({ code: 1, out: '' });
  expect(await stileCommand(['restore', back], home)).toMatchObject({ code: 0 });
  await stile.again({ config, env: { DATA_DIR: home.DATA_DIR, STILE_SECRET: secret } });
  const last = await client.refreshTokenGrant(rp.config, next.refresh_token as string);
  expect(last.claims()).toMatchObject({ sub: before.claims.sub });
  expect((await sp.signIn(new Person(), {}, as('ana'))).nameId).toEqual(called);
  const events = await stileCommand(['audit', 'list', '--type', 'backup.restored', '--json'], home);
  expect(JSON.parse(events.out).items).toHaveLength(2);
}, 90_000);
