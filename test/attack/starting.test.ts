import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Person } from '../support/person.ts';
import { freshDatabase } from '../support/postgres.ts';
import { freshRedis } from '../support/redis.ts';
import { as, nobody, PASSWORD, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startFailing, startStile, TEST_SECRET } from '../support/stile.ts';
import { applications, form, raw, rows } from './attacker.ts';

const nowhere = 'postgres://nobody@127.0.0.1:1/none';

describe('a start that cannot be right stops at once, with every reason', () => {
  test('all mistakes of a file and of the environment are listed together', async () => {
    const config = {
      applications: [
        { id: 'rp', name: 'RP', oidc: { client_id: 'rp', client_secrets: 'x', redirect_uris: ['not a url'] } },
      ],
      users: [{ username: 'ana', pasword: 'x', methods: { totp: { secret: 'not base32!' } } }],
      limits: { lock_after: 0 },
      sesion: {},
      enrolment: { first: 'anything' },
    };
    const { code, output } = await startFailing({ config, env: { PORT: 'many', REDIS_URL: 'http://x' } });
    expect(code).toBe(1);
    for (const named of [
      'client_secrets',
      'redirect_uris',
      'pasword',
      'totp',
      'lock_after',
      'sesion',
      'enrolment',
      'PORT',
      'REDIS_URL',
      'mailed-link',
    ])
      expect(output).toContain(named);
    expect(output).not.toMatch(/^\s+at .*\(/m);
  });

  test('a file that is no YAML says where', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stile-'));
    const file = join(folder, 'stile.yaml');
    for (const text of ['users: [\n  - {', 'users: *nobody', 'a: 1\na: 2', '- just\n- a list', '\0', 'users: "text"']) {
      writeFileSync(file, text);
      const { code, output } = await startFailing({ env: { STILE_CONFIG: file } });
      expect([text, code]).toEqual([text, 1]);
      expect(output).toContain('stile.yaml');
      expect(output).not.toMatch(/^\s+at .*\(/m);
    }
    writeFileSync(
      file,
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
        .split('')
        .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`)}]`)
        .join('\n')}\n`,
    );
    expect((await startFailing({ env: { STILE_CONFIG: file } })).code).toBe(1);
    expect((await startFailing({ env: { STILE_CONFIG: join(folder, 'none.yaml') } })).output).toContain(
      'cannot be read',
    );
    rmSync(folder, { recursive: true });
  }, 60_000);

  test('DATABASE_URL without a secret, with a short one, and a database that is not there', async () => {
    const config = { users: [] };
    const without = await startFailing({ config, env: { DATABASE_URL: nowhere } });
    expect([without.code, without.output]).toEqual([1, expect.stringContaining('STILE_SECRET')]);
    const short = await startFailing({ config, env: { DATABASE_URL: nowhere, STILE_SECRET: 'short' } });
    expect([short.code, short.output]).toEqual([1, expect.stringContaining('STILE_SECRET')]);
    expect(short.output).not.toContain('short\n');
    const away = await startFailing({ config, env: { DATABASE_URL: nowhere, STILE_SECRET: TEST_SECRET } });
    expect(away.code).toBe(1);
    expect(away.output).toMatch(/database/i);
    expect(away.output).not.toMatch(/^\s+at .*\(/m);
  });

  test('the demo and its public passwords keep to this machine: no database, no other address', async () => {
    for (const env of [
      { DATABASE_URL: nowhere, STILE_SECRET: TEST_SECRET },
      { ISSUER: 'https://id.example.com' },
      { ISSUER: 'http://192.0.2.1:3000' },
      { ISSUER: 'http://localhost.evil.example' },
    ] as Record<string, string>[]) {
      const { code, output } = await startFailing({ env });
      expect([env, code]).toEqual([env, 1]);
      expect(output).toContain(Object.keys(env)[0]);
    }
  });

  test('a port that is taken', async () => {
    const stile = await startStile({ config: settings() });
    try {
      const { code, output } = await startFailing({ config: { users: [] }, port: Number(new URL(stile.issuer).port) });
      expect([code, output]).toEqual([1, expect.stringContaining('PORT')]);
      expect(output).not.toMatch(/^\s+at .*\(/m);
    } finally {
      await stile.stop();
    }
  });

  test('a folder another process works in', async () => {
    const stile = await startStile({ config: settings(), embedded: true });
    try {
      const { code, output } = await startFailing({ config: settings(), dataDir: stile.dataDir });
      expect(code).toBe(1);
      expect(output).toContain(join(stile.dataDir, 'data'));
      expect(output).not.toMatch(/^\s+at .*\(/m);
      expect((await raw(stile.issuer, '/readyz')).status).toBe(200);
      await stile.halt('SIGKILL');
      await stile.again();
      expect((await raw(stile.issuer, '/readyz')).status).toBe(200);
    } finally {
      await stile.stop();
    }
  }, 60_000);
});

describe('the end', () => {
  test('SIGTERM lets an answer under way arrive, takes no new ones, and exits with 0', async () => {
    const stile = await startStile({ config: settings({ limits: { address_failures: 1 } }) });
    try {
      const rp = await RelyingParty.at(stile);
      const person = new Person();
      const page = await person.submit(await person.go((await rp.request()).url), { username: 'nobody' });
      await person.fetch(page.url, form({ ...page.form?.fields, password: 'wrong' }));
      const slow = person.fetch(page.url, form({ ...page.form?.fields, password: 'wrong again' }));
      await new Promise((resolve) => setTimeout(resolve, 150));
      const code = stile.halt();
      await new Promise((resolve) => setTimeout(resolve, 50));
      const late = await new Promise((resolve) => {
        const socket = connect(Number(new URL(stile.issuer).port), '127.0.0.1', () => resolve('taken'));
        socket.on('error', () => resolve('refused'));
      });
      expect(late).toBe('refused');
      expect((await slow).status).toBe(303);
      expect(await code).toBe(0);
    } finally {
      await stile.stop();
    }
  });
});

describe('the file', () => {
  test('applied by two nodes at once to one empty database is applied once', async () => {
    const database = await freshDatabase();
    const redis = await freshRedis();
    const env = { DATABASE_URL: database.url, REDIS_URL: redis.url };
    const nodes = await Promise.all([1, 2, 3].map(() => startStile({ config: settings({ applications }), env })));
    try {
      const [twice] = await rows<{ users: number; credentials: number }>(
        database.url,
        'select (select count(*)::integer from users) as users, (select count(*)::integer from credentials) as credentials',
      );
      const { users } = settings();
      expect(twice?.users).toBe(users.length);
      expect(twice?.credentials).toBe(users.length + users.filter((user) => 'methods' in user).length);
      const keys = await Promise.all(nodes.map((node) => raw(node.issuer, '/jwks')));
      expect(new Set(keys.map(({ body }) => body)).size).toBe(1);
      expect(JSON.parse(keys[0]?.body ?? '').keys).toHaveLength(4);
    } finally {
      await Promise.all(nodes.map((node) => node.stop()));
      await database.drop();
    }
  }, 60_000);

  describe('applied again', () => {
    let stile: Stile;
    beforeAll(async () => {
      stile = await startStile({ config: settings({ applications }) });
    });
    afterAll(() => stile.stop());

    test('leaves alone what a person changed: a password stays changed, an authenticator stays removed', async () => {
      const rp = await RelyingParty.at(stile);
      const person = new Person();
      const ana = someone();
      await rp.signIn(person, { acr_values: 'https://refeds.org/profile/mfa' }, as(ana));
      const page = await person.go(`${stile.issuer}/account/password`);
      const csrf = page.form?.fields.csrf as string;
      const changed = 'seventeen bicycles on a barge';
      const saved = await person.go(`${stile.issuer}/account/password`, form({ csrf, password: changed }));
      expect(saved.url.search).toBe('?said=password-changed');
      const [own] = await rows<{ id: string }>(
        stile.databaseUrl,
        `select c.id from credentials c join users u on u.id = user_id where username = $1 and method = 'totp'`,
        [ana],
      );
      const removed = await person.go(`${stile.issuer}/account/methods/${own?.id}/remove`, form({ csrf }));
      expect(removed.url.search).toBe('?said=removed');
      await stile.halt();
      await stile.again();
      const walk = new Person();
      const asked = await walk.submit(await walk.go((await rp.request()).url), { username: ana });
      const old = await walk.submit(asked, { password: PASSWORD });
      expect(old.form?.fields.step).toBe('prove:password');
      expect((await walk.submit(old, { password: changed })).url.searchParams.has('code')).toBe(true);
      const left = await rows(
        stile.databaseUrl,
        'select 1 from credentials c join users u on u.id = user_id where username = $1',
        [ana],
      );
      expect(left).toHaveLength(1);
    }, 60_000);

    test('what it drops is disabled at once, sessions and tokens included, and works again when it comes back', async () => {
      const ana = someone();
      const person = new Person();
      const rp = await RelyingParty.at(stile);
      const { tokens, claims } = await rp.signIn(person, {}, as(ana));
      const userinfo = () =>
        fetch(`${stile.issuer}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
      expect((await userinfo()).status).toBe(200);
      const all = settings({ applications });
      await stile.halt();
      await stile.again({
        config: {
          ...all,
          users: all.users.filter((user) => (user as { username: string }).username !== ana),
          applications: all.applications.filter((one) => (one as { id: string }).id !== 'spa'),
        },
      });
      expect((await userinfo()).status).toBe(401);
      const silent = await rp.signIn(person, { prompt: 'none' }, nobody);
      expect(silent.error).toMatch(/^(access_denied|login_required)$/);
      const fresh = new Person();
      const end = await as(ana)(fresh, await fresh.go((await rp.request()).url));
      expect(end.url.searchParams.get('error')).toBe('access_denied');
      expect((await person.go(`${stile.issuer}/account`)).url.pathname).toMatch(/^\/signin\//);
      expect((await raw(stile.issuer, '/auth?client_id=spa')).status).toBe(400);
      await stile.halt();
      await stile.again({ config: all });
      const again = await rp.signIn(new Person(), {}, as(ana));
      expect(again.claims.sub).toBe(claims.sub);
      expect(
        (await raw(stile.issuer, '/auth?client_id=spa&response_type=code&redirect_uri=https://rp.example/spa')).status,
      ).toBe(303);
    }, 60_000);
  });
});
