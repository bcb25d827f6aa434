/** What a command needs to know of its environment: less than a start does, so that a broken file keeps nobody from a backup. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readEnvironment } from '../config/environment.ts';
import { keepSecret } from '../config/secret.ts';
import { ConfigurationError } from '../config.ts';
import { type Db, openDatabase } from '../store/database.ts';

export const root = resolve(import.meta.dirname, '../..');
export const socketIn = (dataDir: string): string => join(dataDir, 'stile.sock');

/** The environment; throws a ConfigurationError with all that is wrong in it. */
export function surroundings() {
  const around = readEnvironment(process.env, (path) => readFileSync(path, 'utf8'));
  if (around.problems.length > 0)
    throw new ConfigurationError(around.problems.map(({ at, wrong }) => `environment: ${at} ${wrong}`));
  return around;
}
export type Around = ReturnType<typeof surroundings>;

/** Where commands look, in words. */
export function placeOf({ databaseUrl, dataDir, demo }: Pick<Around, 'databaseUrl' | 'dataDir' | 'demo'>): string {
  if (process.env.ADMIN_URL) return process.env.ADMIN_URL;
  if (databaseUrl) return 'the database of DATABASE_URL';
  return demo ? `${dataDir}, the demo's; is STILE_CONFIG set?` : dataDir;
}

/** The secrets there are; never a new one, which would open nothing. Throws a sentence when there is none. */
export function secretsOf({ secrets, dataDir }: Around): readonly string[] {
  if (secrets.length > 0) return secrets;
  if (existsSync(join(dataDir, 'secret'))) return keepSecret(dataDir);
  throw new Error(
    `There is no secret: set STILE_SECRET, or copy the file "secret" of the installation's DATA_DIR to ${dataDir}.`,
  );
}

/** The database as it is; throws a sentence instead of making an empty one. */
export function openPresent({ databaseUrl, dataDir }: Around): Promise<Db> {
  if (databaseUrl) return openDatabase({ url: databaseUrl });
  if (existsSync(join(dataDir, 'database'))) return openDatabase({ dataDir });
  throw new Error(
    `No server runs on ${dataDir}, and it holds no database: set DATA_DIR or DATABASE_URL as the server has it.`,
  );
}

/** The database, made when there is none. */
export const openOrMake = ({ databaseUrl, dataDir }: Around): Promise<Db> =>
  openDatabase(databaseUrl ? { url: databaseUrl } : { dataDir, snapshot: join(root, 'dist', 'embedded-snapshot') });
