/** The administration on a database of its own: everything but tokens and pages. */

import type { Actor } from '../../src/admin/actor.ts';
import { requestFor, textOf } from '../../src/admin/api/request.ts';
import type { Live } from '../../src/admin/operations/parts.ts';
import { operationById } from '../../src/admin/operations/table.ts';
import { groupRecorder } from '../../src/audit/recorder.ts';
import { openAdministration } from '../../src/composition/administration.ts';
import { webauthnOf, webauthnSchema } from '../../src/config/webauthn.ts';
import type { Config } from '../../src/config.ts';
import type { Role } from '../../src/domain/role.ts';
import type { Session } from '../../src/domain/session.ts';
import { createAccessPass } from '../../src/methods/access-pass/access-pass.ts';
import { createRecoveryCode } from '../../src/methods/recovery-code/recovery-code.ts';
import { createTotp } from '../../src/methods/totp/totp.ts';
import { secretsSealer } from '../../src/state/sealer.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { openDatabase } from '../../src/store/database.ts';
import { Events, type StoredEvent } from '../../src/store/events.ts';
import { migrate } from '../../src/store/migrate.ts';
import { Users } from '../../src/store/users.ts';
import { freshDatabase } from '../support/postgres.ts';

/** The file is tried with a server that has one: test/command/configuration.test.ts. */
const unconfigured = {
  read: () => {
    throw new Error('no file here');
  },
  difference: async () => ({ users: [], applications: [] }),
  apply: async () => {
    throw new Error('no file here');
  },
};
export const issuer = 'https://id.northfold.example';
const minute = 60_000;
/** What is known of it here is that it guards. */
const passkey = { id: 'webauthn', guards: true, register: createTotp({ window: 1 }).register };
/** Nobody registers one: it is chosen. */
const password = { id: 'password', guards: false };

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** Of an export. */
  readonly lines: readonly Record<string, unknown>[];
}

export async function openHouse(roles: Config['roles'] = []) {
  const { url, drop } = await freshDatabase();
  const db = await openDatabase({ url });
  await migrate(db);
  const sealer = secretsSealer(['a-secret-of-more-than-thirty-two-characters']);
  const ended: [user: string, reason: string][] = [];
  /** Who is signed in. */
  const sessions: Session[] = [];
  const untokened: string[] = [];
  const told: Record<string, unknown>[] = [];
  let now = Date.UTC(2026, 10, 24, 9);
  const live: Live = {
    sessions: {
      ofUser: async () => [],
      bySid: async () => undefined,
      end: async () => undefined,
      async endAll(user, reason, { which = () => true } = {}) {
        ended.push([user, reason]);
        for (const one of sessions.filter((each) => each.user === user && which(each)))
          sessions.splice(sessions.indexOf(one), 1);
      },
    },
    methods: new Map([passkey, createTotp({ window: 1 }), createRecoveryCode(), password].map((one) => [one.id, one])),
    endTokens: async (user) => void untokened.push(user),
    refresh: async () => true,
  };
  const events = new Events(db.knex);
  const config = {
    issuer,
    roles,
    administration: { fresh: 900 },
    stores: [{ id: 'local', methods: {} }],
    groups: [{ name: 'Sealed', methods: { 'access-pass': { state: 'off' as const } } }],
    methods: {
      begin: [],
      webauthn: webauthnOf(webauthnSchema.parse({}), { get: () => undefined, problems: [] }, issuer),
      accessPass: { longest: 30 * 86_400, length: 12 },
    },
    registration: { scopes: ['openid', 'email'], most: 10 },
    assurance: {
      names: { 'https://refeds.org/profile/mfa': 'mfa', phr: 'phr', 'urn:stile:acr:aal1': 'aal1' },
      emailCode: 'none' as const,
      recoveryCode: 'factor' as const,
    },
  };
  const faults: unknown[] = [];
  const ring = { shown: () => ({ keys: [], rotatesFrom: now }), rotate: async () => ({ kind: 'rotated' as const }) };
  const parts = {
    ...{ knex: db.knex, sealer, recorder: groupRecorder(events), now: () => now },
    configuration: unconfigured,
    accessPass: createAccessPass(),
    notices: {
      tell: (user: { id: string }, kind: string, data: object) => void told.push({ user: user.id, kind, ...data }),
    },
    backup: () => Promise.reject(new Error('no backups here')),
    keys: { oidc: async () => ring, saml: async () => ring },
    onFault: (error: unknown) => void faults.push(error),
  };
  const administration = openAdministration(config, { ...parts, live });
  const unserved = openAdministration(config, parts);
  const users = new Users(db.knex);

  /** A person who proved two factors a minute ago, with the roles they hold now. */
  const person = async (username: string, given: readonly Role[] = [], groups: string[] = []) => {
    const user = await users.insert({
      ...{ store: 'local', username, name: username, emailVerified: false, groups, claims: {} },
    });
    if (!user) throw new Error(`${username} is there already`);
    for (const role of given) await administration.grants.add(role, { user: user.id }, 'test', now);
    return user.id;
  };
  const actor = async (id: string, minutes = 1): Promise<Actor> => {
    const user = await users.byId(id);
    if (!user) throw new Error('nobody');
    return {
      ...{ kind: 'user', id, roles: await administration.rolesOf(user), client: 'console', address: '192.0.2.7' },
      proved: { acr: 'phr', amr: ['mfa'], authTime: Math.floor((now - minutes * minute) / 1000), strong: true },
      challenge: (how) => ({ 'www-authenticate': `Bearer ${JSON.stringify(how)}` }),
    };
  };
  const by =
    (dispatch: typeof administration.dispatch) =>
    async (
      who: Actor,
      id: string,
      input: Record<string, unknown> = {},
      more: Parameters<typeof requestFor>[2] = {},
    ): Promise<Answered> => {
      const answer = await dispatch(requestFor(operationById(id), input, more), who);
      const text = await textOf(answer);
      if (answer.headers['content-type'] !== 'application/jsonl')
        return { ...answer, body: JSON.parse(text), lines: [] };
      const lines = text.trim().split('\n');
      return { ...answer, body: {}, lines: lines.map((line) => JSON.parse(line)) };
    };
  return {
    ...{ administration, users, told, ended, sessions, untokened, faults, person, actor, knex: db.knex },
    credentials: new Credentials(db.knex, sealer),
    ask: by(administration.dispatch),
    askUnserved: by(unserved.dispatch),
    last: async (): Promise<StoredEvent | undefined> => (await events.search({ limit: 1 }))[0],
    pass: (minutes: number) => {
      now += minutes * minute;
    },
    async close() {
      await db.close();
      await drop();
    },
  };
}
