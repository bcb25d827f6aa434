/** How migrations are written, and what becomes of one that was interrupted. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatabaseOptions, openDatabase } from '../../src/store/database.ts';
import { known, migrate, pending } from '../../src/store/migrate.ts';
import { freshDatabase } from '../support/postgres.ts';

const root = join(import.meta.dirname, '../..');
const leftovers: (() => unknown)[] = [];
afterEach(async () => {
  for (const remove of leftovers.splice(0)) await remove();
});

const postgres = async (): Promise<DatabaseOptions> => {
  const { url, drop } = await freshDatabase();
  leftovers.push(drop);
  return { url };
};
const embedded = async (): Promise<DatabaseOptions> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'stile-'));
  leftovers.push(() => rmSync(dataDir, { recursive: true }));
  return { dataDir };
};
const kinds = [
  ['PostgreSQL', postgres],
  ['PGlite', embedded],
] as const;

/** What takes something from an older program that is still running. */
const destructive =
  /\b(drop\s+(table|column|index|type|schema|view|function|sequence|constraint\s+\w+|default|identity)|truncate|delete\s+from|rename\s+(to|column|constraint)|set\s+not\s+null|alter\s+column\s+\S+\s+(set\s+data\s+)?type\b)/gi;

describe('the rule: expand, then contract', () => {
  const files = readdirSync(join(root, 'migrations')).filter((file) => file.endsWith('.ts'));
  const named = (text: string, name: string) =>
    new RegExp(`^export const ${name} = (.*);$`, 'm').exec(text)?.[1]?.replaceAll("'", '"');

  test('every file is in the list, in the order of its number', () => {
    expect(files.map((file) => file.replace('.ts', '')).sort()).toEqual(known);
  });

  test.each(files)('%s takes nothing away without saying which programs may still run', (file) => {
    const text = readFileSync(join(root, 'migrations', file), 'utf8');
    const contract = named(text, 'contract');
    if (contract !== undefined) return expect(known).toContain(JSON.parse(contract));
    const loosened: string[] = JSON.parse(named(text, 'loosens') ?? '[]');
    const found = [...text.matchAll(destructive)].map(([statement]) => statement);
    expect(found.filter((one) => !loosened.some((name) => one.endsWith(` ${name}`)))).toEqual([]);
    return expect(text).not.toMatch(/add\s+column[^,;]*\bnot\s+null\b(?![^,;]*\bdefault\b)/i);
  });

  test.each([
    'drop table users',
    'alter table users drop column email',
    'alter table users rename column name to called',
    'alter table users alter column email set not null',
    'alter table users alter column email drop default',
    'alter table users alter column email type varchar',
    'truncate users',
    'drop index users_by_email',
  ])('would notice: %s', (statement) => {
    expect(statement.match(destructive)).not.toBeNull();
  });
});

describe.each(kinds)('a newer schema on %s', (_name, open) => {
  test.each([
    ['an expansion', null],
    ['a contraction that this version is prepared for', known.at(-1)],
  ])('is worked on as long as it is %s', async (_what, needs) => {
    const db = await openDatabase(await open());
    await migrate(db);
    await db.knex('migrations').insert({ name: '9998_more', needs: needs ?? null });
    expect(await migrate(db)).toEqual([]);
    expect(await pending(db)).toEqual([]);
    await db.close();
  });

  test('is refused with a sentence when it lacks what this version needs, and nothing is run', async () => {
    const db = await openDatabase(await open());
    await migrate(db, { only: known.slice(0, 5) });
    await db.knex('migrations').insert({ name: '9999_less', needs: '9998_more' });
    await expect(migrate(db)).rejects.toThrow(/newer Stile \(9999_less\).*Start the newer version, or restore/);
    await expect(pending(db)).rejects.toThrow('9999_less');
    expect(await db.knex('migrations').where({ name: '0006_known_methods' })).toEqual([]);
    await db.close();
  });
});

describe.each(kinds)('a migration interrupted on %s', (_name, open) => {
  test('leaves the schema as it was when its process is killed, and the next start finishes', async () => {
    const options = await open();
    const before = await openDatabase(options);
    await migrate(before, { only: known.slice(0, 4) });
    await before.close();

    // The tables of 0005 are made and those of 0006 are changed when it dies.
    const child = spawn(
      process.execPath,
      ['--import', './test/support/typescript.mjs', 'test/support/dying-migration.ts', JSON.stringify(options)],
      { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
    );
    const signal = await new Promise((resolve) => child.once('exit', (_code, by) => resolve(by)));
    expect(signal).toBe('SIGKILL');

    const after = await openDatabase(options);
    expect(await pending(after)).toEqual(known.slice(4));
    expect(await after.knex.schema.hasTable('signing_keys')).toBe(false);
    expect(await migrate(after)).toEqual(known.slice(4));
    expect(await after.knex('signing_keys')).toEqual([]);
    await after.close();
  });
});

test('a database nobody has migrated has everything to come', async () => {
  const db = await openDatabase(await embedded());
  expect(await pending(db)).toEqual(known);
  expect(await db.knex.schema.hasTable('migrations')).toBe(false);
  await db.close();
});

test('a node that finds another one migrating waits for it, and takes over when that one dies half way', async () => {
  const options = await postgres();
  const [first, second] = [await openDatabase(options), await openDatabase(options)];
  let begun = () => {};
  const underWay = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const dying = migrate(first, {
    onStep(name) {
      if (name !== '0003_tokens') return;
      begun();
      throw new Error('out of memory');
    },
  });
  const [died] = await Promise.allSettled([dying, underWay.then(() => migrate(second))]);
  expect(died).toMatchObject({ status: 'rejected', reason: new Error('out of memory') });
  expect(await pending(second)).toEqual([]);
  await Promise.all([first.close(), second.close()]);
});
