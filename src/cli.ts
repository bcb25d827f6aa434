/** The command line: `bin/stile.mjs` runs it. What the commands mean is in admin/command.ts. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { localActor } from './admin/actor.ts';
import { type ApiAnswer, type ApiRequest, requestFor } from './admin/api/request.ts';
import { run } from './admin/command.ts';
import { operationById } from './admin/operations/table.ts';
import { askThrough, osUser, textOf } from './admin/socket.ts';
import { groupRecorder } from './audit/recorder.ts';
import { openAdministration } from './composition/administration.ts';
import { readEnvironment } from './config/environment.ts';
import { loadConfig } from './config.ts';
import { Keyring } from './protocols/saml/keys/keys.ts';
import { secretsSealer } from './state/sealer.ts';
import { openDatabase } from './store/database.ts';
import { Events } from './store/events.ts';
import { SigningKeys } from './store/signing-keys.ts';

/** Without a server: opens the database itself. The embedded one says so when somebody else holds it. */
async function performDirectly(asked: ApiRequest): Promise<ApiAnswer> {
  const config = loadConfig({ env: process.env });
  const db = await openDatabase(config.databaseUrl ? { url: config.databaseUrl } : { dataDir: config.dataDir });
  try {
    const recorder = groupRecorder(new Events(db.knex));
    const sealer = secretsSealer(config.secrets);
    const { issuer, saml } = config;
    const store = new SigningKeys(db.knex, sealer);
    const { dispatch } = openAdministration(config, {
      ...{ knex: db.knex, sealer, recorder, now: Date.now },
      samlKeys: () => Keyring.open({ ...saml, issuer, store, now: Date.now }),
      onFault(error) {
        throw error;
      },
    });
    return await dispatch(asked, localActor(osUser()));
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
  async perform(operation, input) {
    const { dataDir, databaseUrl } = readEnvironment(process.env, (path) => readFileSync(path, 'utf8'));
    const asked = requestFor(operationById(operation), input);
    const answer =
      (await askThrough(join(dataDir, 'stile.sock'), asked)) ?? (await direct(asked, dataDir, databaseUrl));
    return { status: answer.status, body: JSON.parse(await textOf(answer)) };
  },
});

function direct(asked: ApiRequest, dataDir: string, databaseUrl: string | undefined): Promise<ApiAnswer> {
  // Opening would make a new, empty database here, in which nobody is to be found.
  if (!databaseUrl && !existsSync(join(dataDir, 'database')))
    throw new Error(
      `No server runs on ${dataDir}, and it holds no database: set DATA_DIR or DATABASE_URL as the server has it.`,
    );
  return performDirectly(asked);
}
