import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { localActor } from '../../src/admin/actor.ts';
import { operations } from '../../src/admin/operations/table.ts';
import { may, permissionNames, permissionsOf } from '../../src/admin/roles.ts';
import { type Role, roleNames } from '../../src/domain/role.ts';
import { openHouse } from './house.ts';

let house: Awaited<ReturnType<typeof openHouse>>;
const root = localActor('root');
beforeAll(async () => {
  house = await openHouse([{ role: 'auditor', users: ['tom'], groups: ['Audit'] }]);
});
afterAll(() => house.close());

describe('the table', () => {
  test('owner may everything, and an auditor changes nothing', () => {
    expect(operations.filter(({ permission }) => !may(['owner'], permission))).toEqual([]);
    expect(operations.filter((one) => one.event && may(['auditor'], one.permission))).toEqual([]);
  });

  test('whatever changes something is put on record, and reading is not', () => {
    expect(
      operations.filter((one) => (one.method === 'GET') === (one.event !== undefined)).map(({ id }) => id),
      // It asks with a whole file.
    ).toEqual(['configuration.diff']);
  });

  test('docs/administration.md shows it', () => {
    const written = readFileSync(join(import.meta.dirname, '../../docs/administration.md'), 'utf8');
    for (const permission of permissionNames) {
      const cells = roleNames.map((role) => (may([role], permission) ? ' yes ' : '  '));
      expect(written).toContain(`| \`${permission}\` |${cells.join('|')}|`);
    }
  });

  test('roles.list shows it', async () => {
    const { body } = await house.ask(root, 'roles.list');
    expect(body.items).toEqual(roleNames.map((role) => ({ role, permissions: permissionsOf([role]) })));
  });
});

describe('who may what', () => {
  test.each<[Role, string, number]>([
    ['helpdesk', 'users.list', 200],
    ['helpdesk', 'users.create', 403],
    ['helpdesk', 'audit.list', 403],
    ['helpdesk', 'roles.holders', 403],
    ['auditor', 'audit.list', 200],
    ['auditor', 'keys.rotate', 403],
    ['policy', 'applications.list', 200],
    ['policy', 'applications.create', 403],
    ['security', 'keys.rotate', 200],
  ])('%s and %s: %i', async (role, id, status) => {
    const user = await house.person(`${role}-${id}`, [role]);
    const input = id === 'users.create' ? { username: 'x' } : id === 'keys.rotate' ? { use: 'saml' } : {};
    const answer = await house.ask(await house.actor(user), id, input);
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.body).toMatchObject({ type: 'urn:stile:problem:not-allowed' });
  });

  test('somebody without a role gets nothing, and roles come from the file by name and by group', async () => {
    const nobody = await house.person('nobody');
    expect((await house.ask(await house.actor(nobody), 'users.list')).status).toBe(403);
    const tom = await house.person('tom');
    const grouped = await house.person('grouped', [], ['Audit']);
    expect((await house.actor(tom)).roles).toEqual(['auditor']);
    expect((await house.actor(grouped)).roles).toEqual(['auditor']);
  });

  test('two factors are asked for, and for changes a proof of the last fifteen minutes (RFC 9470)', async () => {
    const actor = await house.actor(await house.person('weak', ['owner']));
    const proved = { ...actor.proved, strong: false };
    const weak = await house.ask({ ...actor, proved }, 'users.list');
    expect(weak).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': expect.stringContaining('"acrValues"') },
    });
    const old = await house.actor(actor.id, 16);
    expect((await house.ask(old, 'users.list')).status).toBe(200);
    const stale = await house.ask(old, 'users.create', { username: 'never' });
    expect(stale).toMatchObject({ status: 401, body: { type: 'urn:stile:problem:insufficient-authentication' } });
    expect(stale.headers['www-authenticate']).toContain('"maxAge":900');
    expect(await house.users.byUsername('local', 'never')).toBeUndefined();
  });
});

describe('nobody reaches above their own roles', () => {
  test('helpdesk unlocks and resets people, never holders of a higher role, nor themselves', async () => {
    const helpdesk = await house.person('desk', ['helpdesk']);
    const [ordinary, owner, peer] = await Promise.all([
      house.person('ordinary'),
      house.person('boss', ['owner']),
      house.person('peer', ['helpdesk']),
    ]);
    const by = await house.actor(helpdesk);
    for (const id of ['users.unlock', 'users.registration-link', 'users.sessions.end-all']) {
      expect((await house.ask(by, id, { user: ordinary })).status).toBe(200);
      expect((await house.ask(by, id, { user: peer })).status).toBe(200);
      expect(await house.ask(by, id, { user: owner })).toMatchObject({
        status: 403,
        body: { type: 'urn:stile:problem:higher-role' },
      });
    }
    const own = await house.ask(by, 'users.registration-link', { user: helpdesk });
    expect(own.body).toMatchObject({ type: 'urn:stile:problem:own-account' });
  });

  test('nobody grants a role that may more than they, nor one to themselves, nor takes a higher one', async () => {
    const security = await house.actor(await house.person('sec', ['security']));
    const mei = await house.person('mei');
    const boss = await house.person('boss-2', ['owner']);
    expect((await house.ask(security, 'roles.grant', { role: 'helpdesk', user: mei })).status).toBe(201);
    for (const role of ['owner', 'policy'])
      expect(await house.ask(security, 'roles.grant', { role, user: mei })).toMatchObject({ status: 403 });
    expect(await house.ask(security, 'roles.grant', { role: 'auditor', user: security.id })).toMatchObject({
      body: { type: 'urn:stile:problem:own-account' },
    });
    expect(await house.ask(security, 'roles.revoke', { role: 'owner', user: boss })).toMatchObject({ status: 403 });
    expect(await house.ask(security, 'roles.revoke', { role: 'security', user: security.id })).toMatchObject({
      body: { type: 'urn:stile:problem:own-account' },
    });
  });

  test('nor by way of a group that has a role, or of an application with one', async () => {
    await house.ask(root, 'roles.grant', { role: 'owner', group: 'Board' });
    const security = await house.actor(await house.person('sec-2', ['security']));
    const mei = await house.person('mei-2');
    const change = (input: object) => house.ask(security, 'users.change', { user: mei, ...input });
    expect(await change({ groups: ['Board'] })).toMatchObject({ body: { type: 'urn:stile:problem:higher-role' } });
    expect(await change({ groups: ['Finance'] })).toMatchObject({ status: 200 });
    const made = await house.ask(security, 'users.create', { username: 'mole', groups: ['Board'] });
    expect(made).toMatchObject({ body: { type: 'urn:stile:problem:higher-role' } });
    const robot = { id: 'robot', name: 'Robot', role: 'owner', oidc: { grant_types: ['client_credentials'] } };
    expect(await house.ask(security, 'applications.create', robot)).toMatchObject({ status: 403 });
    expect(await house.ask(root, 'applications.create', robot)).toMatchObject({ status: 201 });
    expect(await house.ask(security, 'applications.rotate-secret', { application: 'robot' })).toMatchObject({
      body: { type: 'urn:stile:problem:higher-role' },
    });
    expect(await house.administration.mayAdminister({ application: 'robot' })).toBe(true);
    const { body } = await house.ask(root, 'roles.holders');
    expect(body.items).toContainEqual({ role: 'owner', application: 'robot', source: 'api' });
    expect(body.items).toContainEqual({ role: 'auditor', user: 'local:tom', source: 'file' });
    await house.ask(root, 'roles.revoke', { role: 'owner', group: 'Board' });
  });

  test('an administrator moves nobody into or out of their own roles by moving themselves', async () => {
    await house.ask(root, 'roles.grant', { role: 'helpdesk', group: 'Desk' });
    const owner = await house.actor(await house.person('mover', ['owner']));
    expect(await house.ask(owner, 'users.change', { user: owner.id, groups: ['Desk'] })).toMatchObject({
      body: { type: 'urn:stile:problem:own-account' },
    });
    expect(await house.ask(owner, 'users.disable', { user: owner.id })).toMatchObject({
      body: { type: 'urn:stile:problem:own-account' },
    });
  });
});

describe('one owner remains', () => {
  test('of two who take each other out at the same time one stays', async () => {
    const own = await openHouse();
    const [ana, mei] = [await own.person('ana', ['owner']), await own.person('mei', ['owner'])];
    const [one, other] = [await own.actor(ana), await own.actor(mei)];
    const answers = await Promise.all([
      own.ask(one, 'roles.revoke', { role: 'owner', user: mei }),
      own.ask(other, 'roles.revoke', { role: 'owner', user: ana }),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const left = (await own.administration.grants.all()).flatMap(({ holder }) =>
      'user' in holder ? [holder.user] : [],
    );
    expect(left).toHaveLength(1);
    for (const id of ['users.disable', 'users.delete'])
      expect(await own.ask(root, id, { user: left[0] })).toMatchObject({
        status: 409,
        body: { type: 'urn:stile:problem:last-owner' },
      });
    expect(await own.ask(root, 'users.show', { user: left[0] })).toMatchObject({ body: { disabled: false } });
    await own.close();
  });

  test('what the file gives only the file takes', async () => {
    expect(await house.ask(root, 'roles.revoke', { role: 'auditor', user: 'local:tom' })).toMatchObject({
      status: 409,
      body: { type: 'urn:stile:problem:declared-in-file' },
    });
  });
});

describe('the first owner', () => {
  test('is made on the server itself only, with a link, and put on record', async () => {
    const owner = await house.actor(await house.person('remote', ['owner']));
    expect(await house.ask(owner, 'owners.create', { username: 'eve' })).toMatchObject({
      status: 403,
      body: { type: 'urn:stile:problem:local-only' },
    });
    const made = await house.askUnserved(root, 'owners.create', { username: 'ines' });
    expect(made).toMatchObject({ status: 201, body: { username: 'ines', made: true } });
    expect(made.body.link).toMatch(/^https:\/\/id\.northfold\.example\/registration\?token=[\w-]{43}$/);
    const last = await house.last();
    expect(last).toMatchObject({ type: 'role.granted', detail: { by: { kind: 'local', id: 'root' }, role: 'owner' } });
    expect(JSON.stringify(last)).not.toContain(String(made.body.link).split('=')[1]);
  });
});
