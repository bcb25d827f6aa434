/** The command line: `bin/stile.mjs` runs it. What the commands mean is in admin/command.ts. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './admin/command.ts';
import { operations } from './admin/operations.ts';
import { askThrough } from './admin/socket.ts';
import { groupRecorder } from './audit/recorder.ts';
import { openSamlKeys, openTokenKeys } from './composition/keys.ts';
import { readEnvironment } from './config/environment.ts';
import { loadConfig } from './config.ts';
import { secretsSealer } from './state/sealer.ts';
import { Credentials } from './store/credentials.ts';
import { openDatabase } from './store/database.ts';
import { Events } from './store/events.ts';
import { SigningKeys } from './store/signing-keys.ts';
import { Users } from './store/users.ts';

/** What is not to stand between the lines of an answer. */
const log = { warn: () => undefined };

/** Without a server: opens the database itself. The embedded one says so when somebody else holds it. */
async function performDirectly(operation: string, asked: object): Promise<object> {
  const config = loadConfig({ env: process.env });
  const db = await openDatabase(config.databaseUrl ? { url: config.databaseUrl } : { dataDir: config.dataDir });
  try {
    const recorder = groupRecorder(new Events(db.knex));
    const sealer = secretsSealer(config.secrets);
    const kept = { signingKeys: new SigningKeys(db.knex, sealer), recorder, log, now: Date.now };
    const all = operations({
      users: new Users(db.knex),
      credentials: new Credentials(db.knex, sealer),
      keys: { oidc: () => openTokenKeys(config, kept), saml: () => openSamlKeys(config, kept) },
      recorder,
      now: Date.now,
    });
    return await (all[operation] as (typeof all)[string])({ ...asked });
  } catch (error) {
    // Postgres' undefined_table.
    if ((error as { code?: string }).code !== '42P01') throw error;
    throw new Error('The database has no tables yet: start the server once.');
  } finally {
    await db.close();
  }
}

process.exitCode = await run(process.argv.slice(2), {
  version: JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')).version,
  place() {
    const { dataDir, databaseUrl, demo } = readEnvironment(process.env, (path) => readFileSync(path, 'utf8'));
    if (databaseUrl) return 'the database of DATABASE_URL';
    return demo ? `${dataDir}, the demo's; is STILE_CONFIG set?` : dataDir;
  },
  out: (line) => console.log(line),
  complain: (line) => console.error(line),
  async perform(operation, asked) {
    const { dataDir, databaseUrl } = readEnvironment(process.env, (path) => readFileSync(path, 'utf8'));
    const answer = await askThrough(join(dataDir, 'stile.sock'), operation, asked);
    if (answer) return answer;
    // Opening would make a new, empty database here, in which nobody is to be found.
    if (!databaseUrl && !existsSync(join(dataDir, 'database')))
      throw new Error(
        `No server runs on ${dataDir}, and it holds no database: set DATA_DIR or DATABASE_URL as the server has it.`,
      );
    return performDirectly(operation, asked);
  },
});
