/** One backup, of either database, restored into either; and what becomes of one that is not whole. */
import { createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, gunzipSync, gzipSync } from 'node:zlib';
import { secretsSealer } from '../../src/state/sealer.ts';
import { passing } from '../../src/store/backup/passing.ts';
import { restoreBackup } from '../../src/store/backup/restoring.ts';
import { spoolBackup } from '../../src/store/backup/spooling.ts';
import { writeBackup } from '../../src/store/backup/writing.ts';
import { type DatabaseOptions, type Db, openDatabase } from '../../src/store/database.ts';
import { known, migrate } from '../../src/store/migrate.ts';
import { freshDatabase } from '../support/postgres.ts';

const [old, current] = ['the secret of last year, long enough', 'the secret of this year, long enough'];
const sealer = secretsSealer([current, old]);
const at = Date.UTC(2026, 10, 24);
const folder = mkdtempSync(join(tmpdir(), 'stile-backup-'));
const leftovers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const remove of leftovers.reverse()) await remove();
  rmSync(folder, { recursive: true });
});

const kinds = {
  async PostgreSQL(): Promise<DatabaseOptions> {
    const { url, drop } = await freshDatabase();
    leftovers.push(drop);
    return { url };
  },
  PGlite: async (): Promise<DatabaseOptions> => ({ dataDir: mkdtempSync(join(folder, 'data-')) }),
};
type Kind = keyof typeof kinds;

async function open(kind: Kind, made?: DatabaseOptions): Promise<Db> {
  const db = await openDatabase(made ?? (await kinds[kind]()));
  leftovers.push(() => db.close());
  return db;
}

/** Odd values in every type we have: quotes, line ends, null, microseconds, large numbers, nested JSON. */
async function fill({ knex }: Db): Promise<void> {
  await knex('users').insert({
    ...{ id: 'u1', store: 'local', username: 'ana', username_key: 'ana', name: 'Ana "A" \\ \n Silva', email: null },
    ...{ email_verified: true, groups: '["staff"]', claims: '{"deep":{"a":[1,null,"\\u2028"]}}' },
    created_at: knex.raw("timestamptz '2026-01-02 03:04:05.678901+00'"),
  });
  await knex('credentials').insert({
    ...{ id: 'c1', user_id: 'u1', method: 'totp', label: 'Phone', data: '{}', counter: '9007199254740993' },
    ...{ secret: secretsSealer([old]).seal('GEZDGNBV', 'c1'), created_at: knex.raw('now()') },
  });
  const events = Array.from({ length: 2500 }, (_, n) => ({ at: knex.raw('now()'), type: 'sign-in', detail: { n } }));
  await knex('events').insert(events);
  await knex('settings').insert({ key: 'applications.revision', value: '7' });
}

/** Everything in it, as texts. */
async function contents({ knex }: Db, without: readonly string[] = []) {
  const { rows } = await knex.raw<{ rows: { name: string }[] }>(
    "select relname as name from pg_class where relkind = 'r' and relnamespace = current_schema()::regnamespace order by 1",
  );
  const all: Record<string, unknown> = {};
  for (const { name } of rows) {
    if (name === 'migrations' || without.includes(name)) continue;
    const texts = await knex.raw<{ rows: { text: string }[] }>(
      `select to_jsonb(t)::text as text from "${name}" t order by 1`,
    );
    all[name] = texts.rows.map(({ text }) => text);
  }
  return all;
}

async function backup(db: Db, name: string, sealers = [current, old].map((one) => secretsSealer([one]))) {
  const path = join(folder, name);
  const manifest = await writeBackup(db, { sealers, program: '0.1.0', at }, (lines) =>
    pipeline(Readable.from(lines), createGzip(), createWriteStream(path)),
  );
  return { path, manifest };
}

const restore = (db: Db, path: string, more: { force?: boolean; sealer?: typeof sealer } = {}) =>
  restoreBackup(db, path, { sealer, force: false, ...more });

let source: Db;
let path: string;
beforeAll(async () => {
  source = await open('PGlite');
  await migrate(source);
  await fill(source);
  ({ path } = await backup(source, 'whole'));
});

describe.each([
  ['PGlite', 'PostgreSQL'],
  ['PostgreSQL', 'PGlite'],
  ['PostgreSQL', 'PostgreSQL'],
] as const)('from %s to %s', (from, to) => {
  test('every row arrives as it was, and numbers go on where they stood', async () => {
    const [here, there] = [await open(from), await open(to)];
    await migrate(here);
    await fill(here);
    const { path, manifest } = await backup(here, `${from}-${to}`);
    expect(manifest.tables.find(({ name }) => name === 'events')?.rows).toBe(2500);
    const steps: unknown[][] = [];
    const { migrated } = await restoreBackup(there, path, {
      ...{ sealer, force: false },
      onProgress: (...step) => steps.push(step),
    });
    expect(migrated).toEqual([]);
    expect(steps.at(-1)).toEqual(['restoring', 2503, 2503]);
    expect(await contents(there)).toEqual(await contents(here));
    const [{ id }] = await there
      .knex('events')
      .insert({ at: new Date(at), type: 'fault' })
      .returning('id');
    expect(Number(id)).toBe(2501);
  });
});

test('a reader who stops in the middle holds the embedded database from nobody, and leaves no file', async () => {
  const spool = mkdtempSync(join(folder, 'spool-'));
  const { manifest, lines } = await spoolBackup(source, { sealers: [sealer], program: '0.1.0', at }, spool);
  const reader = lines[Symbol.asyncIterator]();
  const first = await reader.next();
  expect(await source.knex('settings').pluck('value')).toEqual(['7']);
  expect(readdirSync(spool)).toEqual([]);
  let text = first.value;
  for (let next = await reader.next(); !next.done; next = await reader.next()) text += next.value;
  const path = join(spool, 'whole');
  writeFileSync(path, gzipSync(text));
  expect((await restore(await open('PGlite'), path)).manifest).toEqual(manifest);
});

test.each([0, 1, 1000, -1])('what a server sends is not taken for whole when it ends early: %s', async (cut) => {
  const text = gunzipSync(readFileSync(path)).toString('utf8');
  const steps: number[] = [];
  const passed = passing(Readable.from([text.slice(0, 100), text.slice(100, cut)]), (done) => steps.push(done));
  const read = async () => {
    for await (const _ of passed.lines);
  };
  await expect(read()).rejects.toThrow('before the backup was whole');
});

test('is readable by whoever knows gzip and JSON, and holds no secret', async () => {
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n');
  expect(JSON.parse(lines[0] as string)).toMatchObject({ format: 'stile backup', version: 1, program: '0.1.0' });
  expect(JSON.parse(lines.at(-1) as string)).toMatchObject({
    end: true,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  for (const secret of [old, current, 'GEZDGNBV']) expect(lines.join('\n')).not.toContain(secret);
});

test('one of an older schema is migrated, into an empty database and over a newer one', async () => {
  const older = await open('PGlite');
  await migrate(older, { only: known.slice(0, 5) });
  await older.knex('users').insert({
    ...{ id: 'u1', store: 'local', username: 'ana', username_key: 'ana', name: 'Ana', email_verified: false },
    ...{ groups: '[]', claims: '{}' },
  });
  await older.knex('known_browsers').insert({ user_id: 'u1', browser: 'b1', last_seen_at: new Date(at) });
  const { path } = await backup(older, 'older');
  const there = await open('PostgreSQL');
  expect((await restore(there, path)).migrated).toEqual(known.slice(5));
  expect((await restore(there, path, { force: true })).migrated).toEqual(known.slice(5));
  expect(await there.knex('known_browsers').pluck('method')).toEqual(['password']);
});

describe('is refused, and nothing is written,', () => {
  let there: Db;
  beforeAll(async () => {
    there = await open('PGlite');
    await migrate(there);
    await there.knex('settings').insert({ key: 'mine', value: 'kept' });
  });
  const refused = async (file: string, words: RegExp, more = {}) => {
    await expect(restore(there, file, { force: true, ...more })).rejects.toThrow(words);
    expect(await there.knex('settings')).toEqual([{ key: 'mine', value: 'kept' }]);
    expect(await there.knex('users')).toEqual([]);
  };
  const written = (name: string, bytes: Buffer | string) => {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    return file;
  };
  const plain = () => gunzipSync(readFileSync(path)).toString('utf8');

  test.each([0, 5, 20, 0.3, 0.6, 0.9, -20, -1])('cut at %s', async (where) => {
    const bytes = readFileSync(path);
    const at = Number.isInteger(where) ? where : Math.floor(bytes.length * where);
    await refused(written('cut', bytes.subarray(0, at)), /cut off|empty/);
  });

  test.each([1, 2, 5, 1000, -2])('cut cleanly, %s lines from an end', async (n) => {
    const lines = plain().trimEnd().split('\n');
    const left = n < 0 ? lines.slice(-n) : lines.slice(0, -n);
    await refused(written('short', gzipSync(`${left.join('\n')}\n`)), /not whole|no backup/);
  });

  test.each([0.02, 0.2, 0.4, 0.6, 0.8, 0.97])('with a flipped bit at %s', async (where) => {
    const bytes = Buffer.from(readFileSync(path));
    const i = Math.floor(bytes.length * where);
    bytes[i] = (bytes[i] as number) ^ 4;
    await refused(written('flipped', bytes), /not whole|no backup/);
  });

  test.each<[string, (text: string) => string]>([
    ['another name in a row', (text) => text.replace('"staff\\"', '"owner\\"')],
    ['a row more', (text) => text.replace('["applications.revision", "7"]', '$&\n["other", "1"]')],
    ['a row that is none', (text) => text.replace('["applications.revision", "7"]', '[1, {}]')],
    ['a table less', (text) => text.replace(/\{"table":"settings"\}\n/, '')],
    ['something behind the end', (text) => `${text}["x"]\n`],
    ['another end', (text) => text.replace(/"end":true/, '"end":1')],
    ['another count', (text) => text.replace('"rows":2500', '"rows":2499')],
    ['another schema', (text) => text.replace(',"0007_name_ids"', '')],
  ])('changed by a hand: %s', async (_what, change) => {
    const text = change(plain());
    expect(text).not.toBe(plain());
    await refused(written('changed', gzipSync(text)), /not whole/);
  });

  test('with a digest computed anew by whoever does not know the secret', async () => {
    const { path } = await backup(source, 'foreign', [secretsSealer(['a secret of somebody else entirely'])]);
    const [first] = plain().split('\n');
    const text = gunzipSync(readFileSync(path)).toString('utf8').split('\n').slice(1).join('\n');
    await refused(written('forged', gzipSync(`${first}\n${text}`)), /not whole/);
  });

  test('with a secret that is not ours, and with one missing of two', async () => {
    await refused(path, /STILE_SECRET does not open/, { sealer: secretsSealer(['some other secret that is long']) });
    await refused(path, /STILE_SECRET does not open/, { sealer: secretsSealer([current]) });
  });

  test('of a newer program', async () => {
    const newer = plain().replace('"0007_name_ids"', '"0007_name_ids","9999_less"');
    await refused(written('newer', gzipSync(newer)), /newer Stile/);
    await refused(written('format', gzipSync(plain().replace('"version":1', '"version":2'))), /newer Stile/);
  });

  test.each(['', 'hello', '{"format":"tar"}\n'])('that is none: %j', async (text) => {
    await refused(written('none', gzipSync(text)), /no backup|not whole/);
    if (text) await refused(written('bare', text), /no gzip file/);
  });

  test('into a database that is not empty, unless forced', async () => {
    await expect(restore(there, path)).rejects.toThrow(/not empty.*--force/);
    expect(await there.knex('settings')).toHaveLength(1);
  });
});

test('needs no older secret that nothing in it is sealed by any longer', async () => {
  await source.knex('credentials').update({ secret: sealer.seal('GEZDGNBV', 'c1') });
  const { path } = await backup(source, 'resealed');
  await restore(await open('PGlite'), path, { sealer: secretsSealer([current]) });
});

test('is refused where a server runs, and where tables of others are', async () => {
  const url = await kinds.PostgreSQL();
  const [server, there] = [await open('PostgreSQL', url), await open('PostgreSQL', url)];
  await server.ping();
  await expect(restore(there, path)).rejects.toThrow(/server.*Stop/);
  await server.knex.raw('create table wiki_pages (id int primary key)');
  await server.close();
  await expect(restore(there, path, { force: true })).rejects.toThrow(/wiki_pages.*of its own/);
});
