import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyDeclared } from '../../src/admin/apply.ts';
import type { AuditEvent } from '../../src/audit/event.ts';
import type { Config, ConfiguredApplication, ConfiguredUser } from '../../src/config.ts';
import { createPassword } from '../../src/methods/password/password.ts';
import { createTotp } from '../../src/methods/totp/totp.ts';
import { secretsSealer } from '../../src/state/sealer.ts';
import { Applications } from '../../src/store/applications.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { type Db, openDatabase } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { Users } from '../../src/store/users.ts';
import { freshDatabase } from '../support/postgres.ts';
import { subject } from '../support/subject.ts';

const wiki: ConfiguredApplication = {
  id: 'wiki',
  name: 'Wiki',
  protocol: 'oidc',
  thirdParty: false,
  settings: { client_id: 'wiki', client_secret: 's', redirect_uris: ['https://wiki.example.com/callback'] },
};
const ana: ConfiguredUser = {
  store: 'local',
  username: 'ana',
  name: 'Ana Silva',
  email: 'ana@northfold.example',
  emailVerified: true,
  groups: ['Finance'],
  claims: { department: 'Accounting', rooms: [1, 2] },
  password: 'over-the-wall',
  totp: { secret: 'MFXGCLLPOZSXELLUNBSS253BNRWC2MBR', algorithm: 'SHA1', digits: 6 },
};
const mei: ConfiguredUser = {
  store: 'local',
  username: 'mei',
  name: 'Mei Tanaka',
  emailVerified: false,
  groups: [],
  claims: {},
  password: 'over-the-wall',
};
const everything = { applications: [wiki], users: [ana, mei] };

/** One server on this database, started with these declarations as often as asked. */
function server(db: Db) {
  const sealer = secretsSealer(['a-secret-of-more-than-thirty-two-characters']);
  const recorded: AuditEvent[] = [];
  const warned: unknown[] = [];
  const parts = {
    users: new Users(db.knex),
    credentials: new Credentials(db.knex, sealer),
    applications: new Applications(db.knex, sealer),
    recorder: { record: async (event: AuditEvent) => void recorded.push(event) },
    password: createPassword('Northfold'),
    totp: createTotp(),
    knex: db.knex,
    log: { warn: (about: unknown) => void warned.push(about) },
    now: Date.now,
  };
  const start = async (declared: Partial<Pick<Config, 'applications' | 'users'>>): Promise<AuditEvent[]> => {
    recorded.length = 0;
    await applyDeclared({ ...parts, config: { demo: false, applications: [], users: [], ...declared } });
    return [...recorded];
  };
  const methodsOf = async (name: string) => {
    const user = await parts.users.byName('local', name);
    return user && (await parts.credentials.of(user.id)).map(({ method }) => method).sort();
  };
  return { ...parts, start, methodsOf, warned };
}

const stores: [string, () => Promise<{ open: () => Promise<Db>; leave: () => Promise<void> }>][] = [
  [
    'PostgreSQL',
    async () => {
      const { url, drop } = await freshDatabase();
      return { open: () => openDatabase({ url }), leave: drop };
    },
  ],
  [
    'PGlite',
    async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'stile-apply-'));
      return { open: () => openDatabase({ dataDir }), leave: () => rm(dataDir, { recursive: true }) };
    },
  ],
];

describe.each(stores)('what the file declares, on %s', (kind, make) => {
  let place: Awaited<ReturnType<(typeof stores)[number][1]>>;
  let db: Db;
  beforeAll(async () => {
    place = await make();
    db = await place.open();
    await migrate(db);
  });
  afterEach(() => db.knex.raw('truncate users, applications cascade'));
  afterAll(async () => {
    await db.close();
    await place.leave();
  });

  test('is there after the first start, and the second start changes nothing', async () => {
    const stile = server(db);
    const [event, ...more] = await stile.start(everything);
    expect(event).toMatchObject({
      type: 'configuration.applied',
      detail: { users: { added: [{}, {}].map(() => expect.any(String)) } },
    });
    expect(more).toEqual([]);
    expect(await stile.users.byName('local', 'ana')).toMatchObject({
      name: 'Ana Silva',
      email: 'ana@northfold.example',
      emailVerified: true,
      groups: ['Finance'],
      claims: { department: 'Accounting', rooms: [1, 2] },
      disabled: false,
    });
    expect(await stile.methodsOf('ana')).toEqual(['password', 'totp']);
    expect(await stile.methodsOf('mei')).toEqual(['password']);
    expect(await stile.applications.all()).toEqual([{ ...wiki, disabled: false }]);
    expect(await stile.start(everything)).toEqual([]);
    expect(await stile.methodsOf('ana')).toEqual(['password', 'totp']);
  });

  test('whom somebody disabled by hand it neither lets in nor records again, and says so at each start', async () => {
    const stile = server(db);
    await stile.start(everything);
    const { id } = (await stile.users.byName('local', 'ana'))!;
    await stile.users.change(id, 'tom', (now) => ({ ...now, disabled: true }));
    stile.warned.length = 0;
    expect(await stile.start(everything)).toEqual([]);
    expect(stile.warned).toEqual([{ username: 'ana' }]);
    // The rest of her is still the file's, and recorded once.
    const moved = { ...everything, users: [{ ...ana, name: 'Ana Souza' }, mei] };
    expect(await stile.start(moved)).toMatchObject([{ detail: { users: { changed: [id], disabled: [] } } }]);
    expect(await stile.start(moved)).toEqual([]);
    expect(await stile.users.byName('local', 'ana')).toMatchObject({ name: 'Ana Souza', disabled: true });
    // Whom the file left out, it lets in again.
    await stile.users.change(id, 'tom', (now) => ({ ...now, disabled: false }));
    await stile.start({ ...everything, users: [mei] });
    await stile.start(moved);
    expect(await stile.users.byName('local', 'ana')).toMatchObject({ disabled: false });
  });

  test("keeps ana's fields as the file has them", async () => {
    const stile = server(db);
    await stile.start(everything);
    const moved = { ...ana, name: 'Ana Souza', groups: ['Board'], claims: {}, email: 'souza@northfold.example' };
    expect(await stile.start({ ...everything, users: [moved, mei] })).toHaveLength(1);
    expect(await stile.users.byName('local', 'ana')).toMatchObject({
      name: 'Ana Souza',
      groups: ['Board'],
      claims: {},
    });
    const { email: _, ...mailless } = moved;
    await stile.start({ ...everything, users: [mailless, mei] });
    expect(await stile.users.byName('local', 'ana')).not.toHaveProperty('email');
  });

  test('what ana changed or removed stays so, whatever the file says of a new person', async () => {
    const stile = server(db);
    await stile.start(everything);
    const user = (await stile.users.byName('local', 'ana'))!;
    for (const one of await stile.credentials.of(user.id)) await stile.credentials.remove(user.id, one.id);
    const chosen = await stile.password.choose(user, 'a walk along the old canal');
    if (chosen.ok) await stile.credentials.add(user.id, chosen.credential, Date.now());
    await stile.start({ ...everything, users: [{ ...ana, name: 'Ana Souza' }, mei] });
    const kept = await stile.credentials.of(user.id);
    expect(kept.map(({ method }) => method)).toEqual(['password']);
    expect(chosen.ok && kept[0]?.secret).toBe(chosen.ok && chosen.credential.secret);
  });

  test('disables what is declared no longer, without forgetting it, and enables it when it returns', async () => {
    const stile = server(db);
    await stile.start(everything);
    const before = await stile.users.byName('local', 'mei');
    const [event] = await stile.start({ users: [ana] });
    expect(event?.detail).toMatchObject({ users: { disabled: [before?.id] }, applications: { disabled: ['wiki'] } });
    expect(await stile.users.byName('local', 'mei')).toEqual({ ...before, disabled: true });
    expect(await stile.applications.all()).toEqual([{ ...wiki, disabled: true }]);
    expect(await stile.start({ users: [ana] })).toEqual([]);
    expect(await stile.start(everything)).toHaveLength(1);
    expect(await stile.users.byName('local', 'mei')).toEqual(before);
    expect(await stile.methodsOf('mei')).toEqual(['password']);
    expect(await stile.applications.all()).toEqual([{ ...wiki, disabled: false }]);
  });

  test('leaves tom alone, who arrived another way, even when the file declares him too', async () => {
    const stile = server(db);
    const tom = (await stile.users.insert({ ...mei, username: 'tom', name: 'Tom Becker', source: 'scim' }))!;
    await stile.start({ users: [{ ...mei, username: 'Tom', name: 'An impostor' }] });
    expect(await stile.users.byId(tom.id)).toEqual(tom);
    expect(await stile.methodsOf('tom')).toEqual([]);
    expect(stile.warned).toContainEqual({ username: 'Tom' });
    await stile.start({});
    expect(await stile.users.byId(tom.id)).toEqual(tom);
  });

  test("a user name that is somebody's email address is another person's", async () => {
    const stile = server(db);
    await stile.start({ users: [ana] });
    await stile.start({ users: [ana, { ...mei, username: 'ana@northfold.example' }] });
    expect((await stile.users.byName('local', 'ana'))?.name).toBe('Ana Silva');
    expect((await stile.users.byName('local', 'ana@northfold.example'))?.name).toBe('Mei Tanaka');
  });

  test('warns of a password nobody could choose, and takes it', async () => {
    const stile = server(db);
    await stile.start({ users: [mei] });
    expect(stile.warned).toEqual([{ username: 'mei', rule: 'too-short' }]);
    const user = (await stile.users.byName('local', 'mei'))!;
    const who = subject({ user, credentials: await stile.credentials.of(user.id) });
    expect((await stile.password.verify(who, '', { password: 'over-the-wall' })).kind).toBe('proved');
  });

  test('a person is seeded whole or not at all', async () => {
    const stile = server(db);
    const broken = { ...stile.totp, adopt: () => ({ ...stile.totp.adopt({ secret: 'A' }), method: null as never }) };
    const parts = { ...stile, totp: broken, config: { demo: false, applications: [], users: [ana] } };
    await expect(applyDeclared(parts)).rejects.toThrow();
    expect(await stile.users.byName('local', 'ana')).toBeUndefined();
    await stile.start({ users: [ana] });
    expect(await stile.methodsOf('ana')).toEqual(['password', 'totp']);
  });

  test('two nodes starting at once declare everything once', async () => {
    const other = kind === 'PGlite' ? db : await place.open();
    const many = Array.from({ length: 40 }, (_, i) => ({ ...mei, username: `mei${i}` }));
    const declared = { applications: [wiki], users: [ana, ...many] };
    const events = await Promise.all([server(db).start(declared), server(other).start(declared)]);
    const added = events.flat().flatMap((event) => (event.detail as { users: { added: string[] } }).users.added);
    expect(new Set(added).size).toBe(41);
    expect(added).toHaveLength(41);
    expect(await server(db).methodsOf('ana')).toEqual(['password', 'totp']);
    expect(await server(db).methodsOf('mei39')).toEqual(['password']);
    if (other !== db) await other.close();
  });
});
