/** How a command reaches the administration: the server at ADMIN_URL, the one on the same DATA_DIR, or its database itself. */
import { localActor } from '../admin/actor.ts';
import { type ApiAnswer, type ApiRequest, requestFor, textOf } from '../admin/api/request.ts';
import { operationById } from '../admin/operations/table.ts';
import { askThrough, osUser } from '../admin/socket.ts';
import { groupRecorder } from '../audit/recorder.ts';
import { askAt } from '../command/address.ts';
import type { Given, Performed } from '../command/command.ts';
import { loadConfig } from '../config.ts';
import { createAccessPass } from '../methods/access-pass/access-pass.ts';
import { createPassword } from '../methods/password/password.ts';
import { createTotp } from '../methods/totp/totp.ts';
import { secretsSealer } from '../state/sealer.ts';
import { Applications } from '../store/applications.ts';
import { Credentials } from '../store/credentials.ts';
import { Events } from '../store/events.ts';
import { SigningKeys } from '../store/signing-keys.ts';
import { Users } from '../store/users.ts';
import { openAdministration } from './administration.ts';
import { backupFrom } from './backups.ts';
import { configurationFor } from './configuration.ts';
import { openSamlKeys, openTokenKeys } from './keys.ts';
import { openPresent, socketIn, surroundings } from './surroundings.ts';

/** Nothing is to stand between the lines of an answer. */
const silence = { warn: () => undefined };

export async function perform(operation: string, input: Given): Promise<Performed> {
  const asked = requestFor(operationById(operation), input);
  const { status, headers, body } = process.env.ADMIN_URL ? await askAt(process.env, asked) : await nearby(asked);
  return { status, type: headers['content-type'] ?? '', body };
}

async function nearby(asked: ApiRequest): Promise<ApiAnswer> {
  const around = surroundings();
  return (await askThrough(socketIn(around.dataDir), asked)) ?? directly(asked);
}

/** Without a server: opens the database itself. The embedded one says so when somebody else holds it. */
async function directly(asked: ApiRequest): Promise<ApiAnswer> {
  const db = await openPresent(surroundings());
  try {
    const config = loadConfig({ env: process.env });
    const { knex } = db;
    const sealer = secretsSealer(config.secrets);
    const applying = {
      ...{ users: new Users(knex), credentials: new Credentials(knex, sealer), knex, now: Date.now },
      ...{ applications: new Applications(knex, sealer), log: silence },
      ...{ password: createPassword(config.brand.name), totp: createTotp(config.totp) },
    };
    const recorder = groupRecorder(new Events(knex));
    const kept = { signingKeys: new SigningKeys(knex, sealer), recorder, log: silence, now: Date.now };
    const { dispatch } = openAdministration(config, {
      configuration: configurationFor(applying),
      ...{ knex, sealer, recorder, now: Date.now, accessPass: createAccessPass(config.methods.accessPass) },
      backup: backupFrom(db, config),
      keys: { oidc: () => openTokenKeys(config, kept), saml: () => openSamlKeys(config, kept) },
      onFault(error) {
        throw error;
      },
    });
    const answer = await dispatch(asked, localActor(osUser()));
    // Lines have to be read while the database is open.
    return { ...answer, body: await textOf(answer) };
  } catch (error) {
    // Postgres' undefined_table and undefined_column.
    if (!['42P01', '42703'].includes((error as { code?: string }).code ?? '')) throw error;
    throw new Error('The database is not up to date: run stile migrate, or start the server once.');
  } finally {
    await db.close();
  }
}
