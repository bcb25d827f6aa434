import { secretsSealer } from '../../src/state/sealer.ts';
import { Applications } from '../../src/store/applications.ts';
import { KnownBrowsers } from '../../src/store/browsers.ts';
import { Catalogue } from '../../src/store/catalogue.ts';
import { Consents } from '../../src/store/consents.ts';
import { Credentials } from '../../src/store/credentials.ts';
import type { Db } from '../../src/store/database.ts';
import { Events } from '../../src/store/events.ts';
import { keptKey } from '../../src/store/kept-key.ts';
import { known, migrate } from '../../src/store/migrate.ts';
import { NameIds } from '../../src/store/name-ids.ts';
import { type Batch, type Place, Sealed } from '../../src/store/sealed.ts';
import { Settings } from '../../src/store/settings.ts';
import { SigningKeys } from '../../src/store/signing-keys.ts';
import { Tokens } from '../../src/store/tokens.ts';
import { type NewUser, Users } from '../../src/store/users.ts';

const twenty = <T>(act: (n: number) => Promise<T>) => Promise.all(Array.from({ length: 20 }, (_, n) => act(n)));
const now = Date.UTC(2026, 0, 5, 9, 0, 0, 123);
const limits = { lockAfter: 10, lockSeconds: 900, disableAfter: 50 };

const person = (username: string, more: Partial<NewUser> = {}): NewUser => ({
  store: 'local',
  username,
  name: username,
  emailVerified: false,
  groups: [],
  claims: {},
  ...more,
});

/** What the durable store promises on either database. `open` gives two nodes' doors to one empty database. */
export function storeContract(name: string, open: () => Promise<readonly [Db, Db]>): void {
  describe(`store on ${name}`, () => {
    const sealer = secretsSealer(['correct horse battery staple']);
    let nodes: readonly [Db, Db];
    let ran: string[][];
    let users: Users;
    let credentials: Credentials;
    let elsewhere: Credentials;

    beforeAll(async () => {
      nodes = await open();
      ran = await Promise.all(nodes.map((node) => migrate(node)));
      users = new Users(nodes[0].knex);
      credentials = new Credentials(nodes[0].knex, sealer);
      elsewhere = new Credentials(nodes[1].knex, sealer);
    });
    afterAll(() => Promise.all(nodes.map((node) => node.close())));

    const somebody = async (username: string, more: Partial<NewUser> = {}) =>
      (await users.insert(person(username, more)))!;
    /** Somebody with an authenticator app, whose codes have been right in these browsers. */
    const totpOf = async (username: string, ...browsers: string[]) => {
      const user = await somebody(username);
      for (const one of browsers) await new KnownBrowsers(nodes[0].knex).remember(user.id, one, ['totp'], now);
      const seed = { method: 'totp', label: 'Authenticator app', secret: 'GEZDGNBV', data: { digits: 6 }, counter: -1 };
      return { user, totp: await credentials.add(user.id, seed, now) };
    };

    test('migrates once when two nodes start at once, and not again', async () => {
      expect(ran.map((names) => names.length).toSorted()).toEqual([0, known.length]);
      expect(await migrate(nodes[0])).toEqual([]);
      expect(await nodes[1].ping()).toBe(true);
    });

    describe('users', () => {
      test('keeps everything that is declared', async () => {
        const declared = { email: 'ana@example.org', emailVerified: true, groups: ['staff'], claims: { dept: 'R&D' } };
        const ana = await somebody('ana', declared);
        expect(ana).toEqual({ ...person('ana', declared), id: ana.id, twoStep: false, disabled: false });
        expect(await users.byId(ana.id)).toEqual(ana);
        expect(await users.byId('nobody')).toBeUndefined();
      });

      test('finds Ayşe by name in any letter case, and nobody of another store', async () => {
        const ayse = await somebody('Ayşe');
        expect((await users.byName('local', 'AYŞE'))?.id).toBe(ayse.id);
        expect(await users.byName('other', 'Ayşe')).toBeUndefined();
      });

      test('finds ben by an email address only while he alone has it', async () => {
        const ben = await somebody('ben', { email: 'Shared@example.org' });
        expect((await users.byName('local', 'shared@EXAMPLE.org'))?.id).toBe(ben.id);
        await somebody('bea', { email: 'shared@example.org' });
        expect(await users.byName('local', 'shared@example.org')).toBeUndefined();
      });

      test("takes a user name that is another's email address as the user name", async () => {
        await somebody('cleo', { email: 'odd@example.org' });
        const odd = await somebody('odd@example.org');
        expect((await users.byName('local', 'odd@example.org'))?.id).toBe(odd.id);
      });

      test('inserts dan once of twenty at once', async () => {
        const inserted = await twenty(() => users.insert(person('dan')));
        expect(inserted.filter(Boolean)).toHaveLength(1);
        expect(await users.insert(person('DAN'))).toBeUndefined();
      });

      test('writes declared fields again, keeps the two-step switch, and leaves people of another source alone', async () => {
        const eva = await somebody('eva', { source: 'file' });
        await users.setTwoStep(eva.id, true);
        expect(await users.updateDeclared(eva.id, person('eva', { source: 'file', name: 'Eva E.' }))).toBe(true);
        expect(await users.byId(eva.id)).toMatchObject({ name: 'Eva E.', twoStep: true });
        expect(await users.updateDeclared(eva.id, person('eva', { name: 'Mallory' }))).toBe(false);
        expect((await users.byId(eva.id))?.name).toBe('Eva E.');
      });

      test('disables whom the file no longer names, nobody else, and enables them when it names them again', async () => {
        const kept = await somebody('kept', { source: 'old file' });
        const gone = await somebody('gone', { source: 'old file' });
        const other = await somebody('other');
        expect(await users.disableMissing('old file', [kept.id], now)).toEqual([gone.id]);
        expect(await users.disableMissing('old file', [kept.id], now)).toEqual([]);
        const found = await users.byIds([kept.id, gone.id, other.id]);
        expect(found.filter(({ disabled }) => disabled).map(({ id }) => id)).toEqual([gone.id]);
        await users.updateDeclared(gone.id, person('gone', { source: 'old file' }));
        expect((await users.byId(gone.id))?.disabled).toBe(false);
      });
    });

    describe('credentials', () => {
      test('seals the secret at rest and gives back what was added', async () => {
        const { user, totp } = await totpOf('fay');
        expect(await credentials.of(user.id)).toEqual([totp]);
        expect(totp).toMatchObject({ secret: 'GEZDGNBV', data: { digits: 6 }, counter: -1, createdAt: now });
        const row = await nodes[0].knex('credentials').where({ id: totp.id }).first();
        expect(JSON.stringify(row)).not.toContain('GEZDGNBV');
      });

      test('of two tabs on two nodes that remove the last two at once, one is refused, and a third learns that it is gone', async () => {
        for (let round = 0; round < 5; round++) {
          const { user, totp } = await totpOf(`tabs${round}`);
          const key = { method: 'webauthn', label: 'Key', secret: 'x', data: {}, counter: -1 };
          const passkey = await credentials.add(user.id, key, now);
          const enough = (left: readonly string[]) => left.length > 0;
          const went = await Promise.all([
            credentials.removeWhile(user.id, totp.id, enough),
            elsewhere.removeWhile(user.id, passkey.id, enough),
          ]);
          expect(went.toSorted()).toEqual(['needed', 'removed']);
          const [left, ...more] = await credentials.of(user.id);
          expect(more).toEqual([]);
          const other = left?.id === totp.id ? passkey : totp;
          expect(await credentials.removeWhile(user.id, other.id, enough)).toBe('gone');
          // Nor is anybody else's taken, whoever says that enough is left.
          const { user: stranger } = await totpOf(`tabs-stranger${round}`);
          expect(await credentials.removeWhile(stranger.id, left?.id as string, () => true)).toBe('gone');
          expect(await credentials.of(user.id)).toHaveLength(1);
        }
      });

      test('what was reported lost proves nothing, once, for its owner alone, stays on the list, and goes with forgetLost', async () => {
        const { user, totp } = await totpOf('lost');
        const { user: stranger } = await totpOf('lost-stranger');
        expect(await credentials.lose(stranger.id, totp.id, now)).toBe(false);
        expect(await Promise.all([credentials, elsewhere].map((one) => one.lose(user.id, totp.id, now)))).toContain(
          false,
        );
        expect(await credentials.of(user.id)).toMatchObject([{ id: totp.id, lost: true }]);
        expect(await credentials.succeed(totp.id, undefined, { counter: 7, now })).toBe(false);
        expect(await elsewhere.forgetLost(stranger.id)).toEqual([]);
        expect(await elsewhere.forgetLost(user.id)).toEqual([{ id: totp.id, method: 'totp', label: totp.label }]);
        expect(await credentials.of(user.id)).toEqual([]);
      });

      test("removes gil's credential for gil alone", async () => {
        const { user, totp } = await totpOf('gil');
        const stranger = await somebody('gil2');
        expect(await credentials.remove(stranger.id, totp.id)).toBe(false);
        expect(await credentials.remove(user.id, totp.id)).toBe(true);
        expect(await credentials.of(user.id)).toEqual([]);
      });

      test.each([
        ['strangers', undefined],
        ['a known browser', 'known'],
      ])(
        'lets ten of twenty guesses at once through from %s, then locks for a quarter of an hour',
        async (who, browser) => {
          const { user, totp } = await totpOf(`race of ${who}`, 'known');
          const tries = await twenty((n) => (n % 2 ? credentials : elsewhere).attempt(totp.id, browser, limits, now));
          expect(tries.filter(({ kind }) => kind === 'go')).toHaveLength(10);
          expect(tries.filter(({ kind }) => kind === 'locked')).toHaveLength(10);
          const until = now + 900_000;
          expect(await credentials.attempt(totp.id, browser, limits, until - 1)).toEqual({ kind: 'locked', until });
          expect((await credentials.of(user.id, browser))[0]).toMatchObject({ failures: 10, lockedUntil: until });
          expect(await credentials.attempt(totp.id, browser, limits, until)).toEqual({ kind: 'go' });
        },
      );

      test.each([
        ['strangers', undefined],
        ['a known browser', 'known'],
      ])('disables after fifty wrong in a row from %s, until it is unlocked', async (who, browser) => {
        const { user, totp } = await totpOf(`fifty of ${who}`, 'known');
        for (let hour = 0; hour < 5; hour++) {
          const tries = await twenty(() => credentials.attempt(totp.id, browser, limits, now + hour * 3_600_000));
          expect(tries.filter(({ kind }) => kind === 'go')).toHaveLength(10);
        }
        const later = now + 1000 * 3_600_000;
        expect(await credentials.attempt(totp.id, browser, limits, later)).toEqual({ kind: 'disabled' });
        expect((await credentials.of(user.id, browser))[0]?.disabled).toBe(true);
        expect(await credentials.unlock(user.id, later)).toBe(1);
        expect(await credentials.unlock(user.id, later)).toBe(0);
        expect((await credentials.of(user.id, browser))[0]).toMatchObject({ disabled: false, failures: 0 });
        expect(await credentials.attempt(totp.id, browser, limits, later)).toEqual({ kind: 'go' });
      });

      test("counts failures in hal's own browser apart from strangers'", async () => {
        const { user, totp } = await totpOf('hal', 'home');
        await twenty(() => credentials.attempt(totp.id, undefined, limits, now));
        expect(await credentials.attempt(totp.id, 'home', limits, now)).toEqual({ kind: 'go' });
        expect(await credentials.succeed(totp.id, 'home', { now })).toBe(true);
        expect((await credentials.of(user.id, 'home'))[0]).toMatchObject({
          failures: 0,
          lastUsedAt: now,
          familiar: true,
        });
        expect((await credentials.of(user.id))[0]).toMatchObject({ failures: 10 });
      });

      test('forgives failures and lock on success, and keeps the better secret sealed', async () => {
        const { user, totp } = await totpOf('ida');
        for (let n = 0; n < 10; n++) await credentials.attempt(totp.id, undefined, limits, now);
        expect(await credentials.succeed(totp.id, undefined, { secret: 'REHASHED', now })).toBe(true);
        const [after] = await credentials.of(user.id);
        expect(after).toEqual({ ...totp, secret: 'REHASHED', lastUsedAt: now });
      });

      test.each([
        ['a stranger', undefined],
        ['a known browser', 'known'],
      ])('accepts one code once of twenty at once from %s, and never an older one', async (who, browser) => {
        const { user, totp } = await totpOf(`code of ${who}`);
        const generous = { ...limits, lockAfter: 100, disableAfter: 100 };
        await twenty(() => credentials.attempt(totp.id, browser, generous, now));
        const use = { counter: 58_000_000, now };
        const won = await twenty((n) => (n % 2 ? credentials : elsewhere).succeed(totp.id, browser, use));
        expect(won.filter(Boolean)).toHaveLength(1);
        expect(await credentials.succeed(totp.id, browser, { counter: 57_999_999, now })).toBe(false);
        expect((await credentials.of(user.id))[0]?.counter).toBe(58_000_000);
      });

      test('takes a reservation back when a fault of ours came between, and the lock with it', async () => {
        const { user, totp } = await totpOf('jon', 'home');
        for (const browser of [undefined, 'home']) {
          for (let n = 0; n < 10; n++) await credentials.attempt(totp.id, browser, limits, now);
          await credentials.release(totp.id, browser);
          expect((await credentials.of(user.id, browser))[0]?.failures).toBe(9);
          expect(await credentials.attempt(totp.id, browser, limits, now)).toEqual({ kind: 'go' });
          expect((await credentials.attempt(totp.id, browser, limits, now)).kind).toBe('locked');
        }
      });

      test('refuses attempts on a credential that was removed meanwhile', async () => {
        expect(await credentials.attempt('gone', undefined, limits, now)).toEqual({ kind: 'disabled' });
        expect(await credentials.attempt('gone', 'home', limits, now)).toEqual({ kind: 'disabled' });
        expect(await credentials.succeed('gone', undefined, { now })).toBe(false);
      });

      test('knows in which browsers kim proved which methods', async () => {
        const browsers = new KnownBrowsers(nodes[0].knex);
        const { user: kim, totp } = await totpOf('kim');
        await credentials.add(kim.id, { ...totp, method: 'password' }, now);
        const familiar = async (browser: string) =>
          (await credentials.of(kim.id, browser)).filter((one) => one.familiar).map(({ method }) => method);
        await twenty(() => browsers.remember(kim.id, 'laptop', ['password', 'password'], now));
        expect(await familiar('laptop')).toEqual(['password']);
        await browsers.remember(kim.id, 'laptop', ['totp'], now);
        expect((await familiar('laptop')).toSorted()).toEqual(['password', 'totp']);
        expect(await familiar('phone')).toEqual([]);
      });
    });

    describe('applications', () => {
      const wiki = {
        id: 'wiki',
        name: 'Wiki',
        protocol: 'oidc' as const,
        thirdParty: false,
        settings: { client_secret: 'tell nobody', redirect_uris: ['https://wiki.example/cb'] },
      };

      test('declares idempotently, on two nodes at once too, and other nodes follow', async () => {
        const [here, there] = nodes.map((node) => new Applications(node.knex, sealer)) as [Applications, Applications];
        let changes = 0;
        const catalogue = new Catalogue(there);
        catalogue.watch(() => changes++);
        await catalogue.refresh();
        expect(catalogue.byId('wiki')).toBeUndefined();
        await Promise.all([here.declare([wiki], 'file'), there.declare([wiki], 'file')]);
        const revision = await here.revision();
        await here.declare([wiki], 'file');
        expect(await here.revision()).toBe(revision);
        expect(await catalogue.refresh()).toBe(true);
        expect(await catalogue.refresh()).toBe(false);
        expect(catalogue.byId('wiki')).toEqual({ ...wiki, disabled: false });
        expect(changes).toBe(2);
        const row = await nodes[0].knex('applications').where({ id: 'wiki' }).first();
        expect(JSON.stringify(row)).not.toContain('tell nobody');
      });

      test('sees a changed secret, leaves what came another way alone, disables what is declared no longer', async () => {
        const applications = new Applications(nodes[0].knex, sealer);
        const declare = (settings: Record<string, unknown>, source: string) =>
          applications.declare([{ ...wiki, id: 'board', settings }], source);
        await declare({ client_secret: 'one' }, 'api');
        expect(await declare({ client_secret: 'two' }, 'file')).toEqual(['board']);
        const board = async () => (await applications.all()).find(({ id }) => id === 'board');
        expect((await board())?.settings).toEqual({ client_secret: 'one' });
        expect(await declare({ client_secret: 'two' }, 'api')).toEqual([]);
        expect(await board()).toMatchObject({ settings: { client_secret: 'two' }, disabled: false });
        expect(await applications.disableMissing('api', [], now)).toEqual(['board']);
        expect((await board())?.disabled).toBe(true);
        await declare({ client_secret: 'two' }, 'api');
        expect((await board())?.disabled).toBe(false);
      });

      test('remembers what lea agreed to, until she withdraws it', async () => {
        const consents = new Consents(nodes[0].knex);
        await new Applications(nodes[0].knex, sealer).declare([{ ...wiki, id: 'shop', thirdParty: true }], 'shop file');
        const lea = await somebody('lea');
        await consents.agree(lea.id, 'shop', ['profile', 'email'], now);
        await consents.agree(lea.id, 'shop', ['email', 'offline_access'], now + 1000);
        const items = ['email', 'offline_access', 'profile'];
        expect(await consents.agreed(lea.id, 'shop')).toEqual(items);
        expect(await consents.ofUser(lea.id)).toEqual([{ application: 'shop', items, at: now + 1000 }]);
        expect(await consents.withdraw(lea.id, 'shop')).toBe(true);
        expect(await consents.withdraw(lea.id, 'shop')).toBe(false);
        expect(await consents.agreed(lea.id, 'shop')).toEqual([]);
      });

      test("remembers what she agreed to of a federation's service provider, which nobody declared", async () => {
        const consents = new Consents(nodes[0].knex);
        const { id } = await somebody('lena');
        await consents.agree(id, 'https://library.example/saml', ['email'], now);
        expect(await consents.agreed(id, 'https://library.example/saml')).toEqual(['email']);
      });
    });

    describe('name identifiers', () => {
      const [payroll, library] = ['https://payroll.example/saml', 'https://library.example/saml'];

      test('makes one of twenty at once, and all twenty get it', async () => {
        const [here, there] = nodes.map((node) => new NameIds(node.knex)) as [NameIds, NameIds];
        const { id } = await somebody('oda');
        expect(await here.find(id, payroll)).toBeUndefined();
        const names = await twenty((n) => (n % 2 ? here : there).keep(id, payroll, now));
        expect(new Set(names).size).toBe(1);
        expect(await there.find(id, payroll)).toBe(names[0]);
      });

      test('gives every person another at every service provider, and tells nothing by it', async () => {
        const names = new NameIds(nodes[0].knex);
        const [oli, ola] = [await somebody('oli'), await somebody('ola')];
        const made = [
          await names.keep(oli.id, payroll, now),
          await names.keep(oli.id, library, now),
          await names.keep(ola.id, payroll, now),
        ];
        expect(new Set(made).size).toBe(3);
        for (const name of made) expect(name).toMatch(/^[0-9a-f]{40}$/);
      });
    });

    describe('tokens', () => {
      test('consumes a refresh token for one of twenty at once, and still shows it to tell a replay', async () => {
        const [here, there] = nodes.map((node) => new Tokens(node.knex, sealer)) as [Tokens, Tokens];
        await here.upsert('RefreshToken', 'rt-1', { scope: 'openid' }, { grantId: 'g-1', expiresAt: now + 1000 });
        const consumed = await twenty((n) => (n % 2 ? here : there).consume('RefreshToken', 'rt-1', now));
        expect(consumed.filter(Boolean)).toHaveLength(1);
        const found = { payload: { scope: 'openid' }, consumedAt: now, expiresAt: now + 1000 };
        expect(await there.find('RefreshToken', 'rt-1')).toEqual(found);
        await here.upsert('RefreshToken', 'rt-1', { scope: 'openid' }, { grantId: 'g-1', expiresAt: now + 1000 });
        expect(await here.consume('RefreshToken', 'rt-1', now)).toBe(false);
      });

      test('keeps neither an id nor a payload anybody could read', async () => {
        const tokens = new Tokens(nodes[0].knex, sealer);
        await tokens.upsert('Grant', 'secret-id', { sub: 'secret-sub' }, { grantId: 'secret-grant' });
        expect(JSON.stringify(await nodes[0].knex('tokens').select('*'))).not.toMatch(/secret-/);
      });

      test('destroys one, those of a grant, those of a person, and purges the expired', async () => {
        const tokens = new Tokens(nodes[0].knex, sealer);
        const put = (id: string, facts: object) => tokens.upsert('RefreshToken', id, { id }, facts);
        await Promise.all([put('one', {}), put('granted', { grantId: 'g' }), put('of mia', { user: 'mia' })]);
        await Promise.all([put('old', { expiresAt: now - 1 }), put('young', { expiresAt: now + 1 }), put('kept', {})]);
        await tokens.destroy('RefreshToken', 'one');
        await tokens.destroyByGrant('g');
        await tokens.destroyByUser('mia');
        expect(await tokens.purge(now)).toBe(1);
        const ids = ['one', 'granted', 'of mia', 'old', 'young', 'kept'];
        const left = await Promise.all(ids.map((id) => tokens.find('RefreshToken', id)));
        expect(left.map((token) => token?.payload.id)).toEqual([
          undefined,
          undefined,
          undefined,
          undefined,
          'young',
          'kept',
        ]);
        expect(await tokens.find('Grant', 'kept')).toBeUndefined();
      });
    });

    test("records events together, and finds nia's newest first or one by its reference", async () => {
      const events = new Events(nodes[0].knex);
      const full = {
        type: 'sign-in',
        at: now,
        user: 'nia',
        application: 'wiki',
        sid: 's',
        walk: 'w',
        address: '192.0.2.1',
        reference: 'K7QX2M9P',
        detail: { trace: [{ policy: 'p', matched: true }] },
      };
      await events.insertMany([full, { type: 'session.ended', at: now, user: 'nia' }]);
      await events.insertMany([{ type: 'fault', at: now - 1000 }]);
      await events.insertMany([]);
      expect(await events.ofUser('nia', 10)).toEqual([{ type: 'session.ended', at: now, user: 'nia' }, full]);
      expect(await events.ofUser('nia', 1)).toHaveLength(1);
      expect(await events.byReference('K7QX2M9P')).toEqual([full]);
    });

    const keysBy = (by: string) => [
      { id: `${by}-rsa`, alg: 'RS256', jwk: { kty: 'RSA', d: 'very private' }, createdAt: now },
      { id: `${by}-ec`, alg: 'ES256', jwk: { kty: 'EC', d: 'very private' }, createdAt: now },
    ];
    const keysOfNodes = () => nodes.map((node) => new SigningKeys(node.knex, sealer)) as [SigningKeys, SigningKeys];

    test('agrees on one set of first keys of each use when two nodes make theirs at once', async () => {
      const [here, there] = keysOfNodes();
      for (const use of ['sig', 'saml'] as const) {
        const made = [keysBy(`here-${use}`), keysBy(`there-${use}`)] as const;
        const added = await Promise.all([here.addAfter(use, [], made[0]), there.addAfter(use, [], made[1])]);
        expect(added.filter(Boolean)).toHaveLength(1);
        const winners = made[added[0] ? 0 : 1];
        expect(await here.of(use)).toEqual(winners);
        expect(await there.of(use)).toEqual(winners);
        expect(await here.idsOf(use)).toEqual(winners.map(({ id }) => id));
      }
      expect(JSON.stringify(await nodes[0].knex('signing_keys').select('*'))).not.toContain('very private');
    });

    test('adds keys behind the others for one of several at once, and only in front of what was seen', async () => {
      const [here, there] = keysOfNodes();
      const seen = await here.idsOf('saml');
      const added = await Promise.all([
        here.addAfter('saml', seen, keysBy('here')),
        there.addAfter('saml', seen, keysBy('there')),
      ]);
      expect(added.filter(Boolean)).toHaveLength(1);
      const winner = added[0] ? 'here' : 'there';
      expect(await there.idsOf('saml')).toEqual([...seen, `${winner}-rsa`, `${winner}-ec`]);
      const tokens = await here.idsOf('sig');
      await there.remove('sig', seen);
      expect(await here.idsOf('saml')).toHaveLength(4);
      await there.remove('saml', seen);
      expect(await here.idsOf('saml')).toEqual([`${winner}-rsa`, `${winner}-ec`]);
      expect(await here.idsOf('sig')).toEqual(tokens);
    });

    test('replaces all keys of a use by others for one of several at once, and only those that were seen', async () => {
      const [here, there] = keysOfNodes();
      const seen = await here.idsOf('saml');
      const others = await here.idsOf('sig');
      const replaced = await Promise.all([
        here.replace('saml', seen, keysBy('new-here')),
        there.replace('saml', seen, keysBy('new-there')),
        there.replace('saml', seen.slice(1), keysBy('blind')),
      ]);
      expect(replaced.filter(Boolean)).toHaveLength(1);
      expect(await here.of('saml')).toEqual(keysBy(replaced[0] ? 'new-here' : 'new-there'));
      expect(await here.idsOf('sig')).toEqual(others);
    });

    describe('what is sealed by an older secret', () => {
      const both = secretsSealer(['the secret that comes after it', 'correct horse battery staple']);
      const [anew, old] = both.ids as [string, string];
      const rowsBy = async (sealed: Sealed, secret: string) =>
        (await sealed.counts()).filter((one) => one.secret === secret).reduce((sum, { rows }) => sum + rows, 0);

      test('is counted, needed by a start, sealed anew in batches, and never over what is written meanwhile', async () => {
        const knex = nodes[0].knex;
        const sealed = new Sealed(knex, both);
        await new Tokens(knex, sealer).upsert('RefreshToken', 'kept', { jti: 'kept' }, {});
        await keptKey(new Settings(knex), sealer, 'subjects');
        const { totp } = await totpOf('resealed');
        const before = await rowsBy(sealed, old);
        expect(before).toBeGreaterThan(5);
        await expect(new Sealed(knex, secretsSealer(['quite another secret'])).requireAll()).rejects.toThrow(
          new RegExp(`^STILE_SECRET lacks a secret .* in credentials by the secret ${old}`),
        );
        await sealed.requireAll();

        // Somebody writes while every row is being looked at.
        const racing = { ...both, open: both.open, seal: both.seal };
        let written = false;
        const slow = new Sealed(knex, {
          ...racing,
          open(value, context) {
            if (context === `credential:${totp.id}` && !written) {
              written = true;
              writing = new Credentials(nodes[1].knex, sealer).succeed(totp.id, undefined, { secret: 'NEWER', now });
            }
            return both.open(value, context);
          },
        });
        let writing: Promise<boolean> = Promise.resolve(false);
        let changed = 0;
        for (let at: Place | undefined = [0]; at; ) {
          const batch: Batch = await slow.reseal(2, at);
          changed += batch.changed;
          expect(batch.left).toBe(0);
          at = batch.next;
        }
        expect(await writing).toBe(true);
        // All but the one that was written meanwhile, which is found at the next look if it was too late for this one.
        expect(changed).toBeGreaterThanOrEqual(before - 1);
        for (let at: Place | undefined = [0]; at; ) at = (await sealed.reseal(100, at)).next;
        expect(await rowsBy(sealed, old)).toBe(0);
        expect(await rowsBy(sealed, anew)).toBe(before);

        const only = secretsSealer(['the secret that comes after it']);
        await new Sealed(knex, only).requireAll();
        const [credential] = await new Credentials(knex, only).of(totp.user);
        expect(credential?.secret).toBe('NEWER');
        expect((await new Tokens(knex, only).find('RefreshToken', 'kept'))?.payload).toEqual({ jti: 'kept' });
        expect((await new SigningKeys(knex, only).of('sig')).length).toBeGreaterThan(0);
      });
    });

    test('compares and sets a setting for one of twenty at once, absent ones too', async () => {
      const settings = new Settings(nodes[0].knex);
      const first = await twenty((n) => settings.compareAndSet('leader', undefined, String(n)));
      expect(first.filter(Boolean)).toHaveLength(1);
      const holder = String(first.indexOf(true));
      const second = await twenty((n) => settings.compareAndSet('leader', holder, `next ${n}`));
      expect(second.filter(Boolean)).toHaveLength(1);
      await settings.set('leader', 'nobody');
      expect(await settings.get('leader')).toBe('nobody');
      expect(await settings.get('none')).toBeUndefined();
    });
  });
}
