import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openDatabase } from '../../src/store/database.ts';

describe('the embedded database', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'stile-embedded-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('starts from the snapshot, keeps what was written, and leaves the snapshot as it was', async () => {
    const snapshot = join(folder, 'snapshot');
    execFileSync(process.execPath, [resolve('scripts/embedded-snapshot.mjs'), snapshot]);
    // As a package or an image installs it; what is copied has to be ours to write all the same.
    execFileSync('chmod', ['-R', 'a-w', snapshot]);
    const dataDir = join(folder, 'data');
    const first = await openDatabase({ dataDir, snapshot });
    await first.knex.raw('create table remembered (n integer); insert into remembered values (42)');
    await first.close();
    const copied = readdirSync(join(dataDir, 'database'), { recursive: true, encoding: 'utf8' });
    const modes = copied.map((name) => statSync(join(dataDir, 'database', name)).mode & 0o200);
    expect(new Set(modes)).toEqual(new Set([0o200]));
    const second = await openDatabase({ dataDir, snapshot });
    expect(await second.knex('remembered').pluck('n')).toEqual([42]);
    await second.close();
    const other = await openDatabase({ dataDir: join(folder, 'other'), snapshot });
    await expect(other.knex('remembered').pluck('n')).rejects.toMatchObject({ code: '42P01' });
    await other.close();
    expect(existsSync(join(snapshot, 'postmaster.pid'))).toBe(false);
  });

  test('stops when another process has the folder, naming it', async () => {
    const dataDir = join(folder, 'data');
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    try {
      let start = '';
      if (existsSync('/proc')) {
        const stat = readFileSync(`/proc/${holder.pid}/stat`, 'utf8');
        start = stat.slice(stat.lastIndexOf(')')).split(' ')[20]!;
      }
      writeFileSync(join(dataDir, 'lock'), `${holder.pid} ${start}`);
      await expect(openDatabase({ dataDir })).rejects.toThrow(`${dataDir} is in use by process ${holder.pid}`);
    } finally {
      holder.kill();
    }
    await new Promise((done) => holder.once('exit', done));
    const db = await openDatabase({ dataDir });
    expect(await db.ping()).toBe(true);
    await db.close();
  });
});
