/** What lasts: the database this configuration names, migrated, and one repository per noun on it. */
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Kv } from '../state/kv.ts';
import { MemoryKv } from '../state/memory.ts';
import { RedisKv } from '../state/redis.ts';
import { secretsSealer } from '../state/sealer.ts';
import { Applications } from '../store/applications.ts';
import { KnownBrowsers } from '../store/browsers.ts';
import { Consents } from '../store/consents.ts';
import { Credentials } from '../store/credentials.ts';
import { openDatabase } from '../store/database.ts';
import { Events } from '../store/events.ts';
import { keptKey } from '../store/kept-key.ts';
import { migrate } from '../store/migrate.ts';
import { NameIds } from '../store/name-ids.ts';
import { Sealed } from '../store/sealed.ts';
import { Settings } from '../store/settings.ts';
import { SigningKeys } from '../store/signing-keys.ts';
import { Tokens } from '../store/tokens.ts';
import { Users } from '../store/users.ts';

/** `snapshot` is a prepared folder for the embedded database's first start. */
export async function openStores(config: Pick<Config, 'databaseUrl' | 'dataDir' | 'secrets'>, snapshot: string) {
  const { databaseUrl, dataDir } = config;
  const db = await openDatabase(databaseUrl ? { url: databaseUrl } : { dataDir, snapshot });
  await migrate(db);
  const sealer = secretsSealer(config.secrets);
  const { knex } = db;
  const sealed = new Sealed(knex, sealer);
  await sealed.requireAll();
  return {
    db,
    sealer,
    sealed,
    users: new Users(knex),
    credentials: new Credentials(knex, sealer),
    browsers: new KnownBrowsers(knex),
    applications: new Applications(knex, sealer),
    consents: new Consents(knex),
    nameIds: new NameIds(knex),
    events: new Events(knex),
    tokens: new Tokens(knex, sealer),
    signingKeys: new SigningKeys(knex, sealer),
    /** Names people and sessions towards applications. */
    subjectKey: await keptKey(new Settings(knex), sealer, 'subjects'),
    /** Computes which refresh token follows which. */
    refreshKey: await keptKey(new Settings(knex), sealer, 'refresh'),
    /** Makes the nonces of DPoP, which every node has to know again. */
    nonceSecret: await keptKey(new Settings(knex), sealer, 'dpop'),
  };
}

/** What may be lost: Redis, or memory where there is one process. */
export const openState = (redisUrl: string | undefined, log: Pick<Logger, 'info' | 'warn'>): Kv =>
  redisUrl
    ? new RedisKv({
        url: redisUrl,
        onAway: (error) => log.warn({ err: error }, 'Redis is away'),
        onBack: () => log.info('Redis is back'),
      })
    : new MemoryKv();
