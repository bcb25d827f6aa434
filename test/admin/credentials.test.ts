/** What the service desk may do about the ways somebody signs in, and what follows for whoever is signed in by them. */
import { type Actor, localActor } from '../../src/admin/actor.ts';
import { openapi } from '../../src/admin/api/openapi.ts';
import type { Session } from '../../src/domain/session.ts';
import { openHouse } from './house.ts';

let house: Awaited<ReturnType<typeof openHouse>>;
let desk: Actor;
let owner: string;
const start = Date.UTC(2026, 10, 24, 9);
const pipeline: Actor = { kind: 'client', id: 'pipeline', roles: ['owner'] };

beforeAll(async () => {
  house = await openHouse();
  owner = await house.person('olga', ['owner']);
  desk = await house.actor(await house.person('dora', ['helpdesk']));
});
afterAll(async () => {
  expect(house.faults).toEqual([]);
  await house.close();
});

const add = async (
  user: string,
  method: string,
  label: string,
  { at = start, ...data }: { at?: number; codes?: number } = {},
) => (await house.credentials.add(user, { method, label, secret: 'x', data, counter: -1 }, at)).id;
const list = async (user: string) =>
  (await house.ask(desk, 'users.credentials.list', { user })).body.items as Record<string, unknown>[];
const lose = (user: string, credential: string, by = desk) =>
  house.ask(by, 'users.credentials.lose', { user, credential });
const remove = (user: string, credential: string, by = desk) =>
  house.ask(by, 'users.credentials.remove', { user, credential });
const events = async (type: string, user: string) =>
  house.knex('events').where({ type, user_id: user }).orderBy('id').select();

/** Somebody with an authenticator app, ten recovery codes, and three sessions, one by each and one by neither. */
async function somebody(username: string, preferred?: string) {
  const id = await house.person(username);
  const [phone, codes] = [
    await add(id, 'totp', 'Pixel 9'),
    await add(id, 'recovery-code', 'Paper', { at: start + 1, codes: 10 }),
  ];
  if (preferred) await house.users.setPreferred(id, preferred);
  const session = (sid: string, more: Partial<Session>): Session => ({
    ...{ sid: `${username} ${sid}`, user: id, evidence: [], standIns: [], startedAt: start, expiresAt: start + 1 },
    ...{ stay: false, agent: '', address: '', participants: {}, notes: {} },
    ...more,
  });
  house.sessions.push(
    session('proved', { evidence: [{ class: 'totp', method: 'totp', at: start, credential: phone }] }),
    session('stood in', { standIns: [{ kind: 'trusted_device', method: 'totp', at: start, credential: phone }] }),
    session('other', { evidence: [{ class: 'recovery-code', method: 'recovery-code', at: start, credential: codes }] }),
  );
  const left = () => house.sessions.flatMap(({ user, sid }) => (user === id ? [sid] : []));
  return { id, phone, codes, left };
}

test('how many recovery codes are used and left is shown, and never a secret', async () => {
  const { id, codes } = await somebody('rita');
  for (const once of ['3', '7']) await house.credentials.succeed(codes, undefined, { once, now: start });
  const listed = await list(id);
  expect(listed).toMatchObject([
    { method: 'totp', lost: false },
    { method: 'recovery-code', spent: 2, left: 8 },
  ]);
  expect(listed[0]).not.toHaveProperty('left');
  expect(JSON.stringify(listed)).not.toContain('"x"');
});

describe('lost, as the service desk was told', () => {
  test('it counts no longer, what it opened ends, tokens end, and the record says by whom', async () => {
    const { id, phone, left } = await somebody('lena', 'totp');
    const { status, body } = await lose(id, phone);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: phone, method: 'totp', lost: true });
    expect((await list(id)).map(({ lost }) => lost)).toEqual([true, false]);
    expect(left()).toEqual(['lena other']);
    expect(house.ended.at(-1)).toEqual([id, 'credential lost']);
    expect(house.untokened.at(-1)).toBe(id);
    expect(await house.last()).toMatchObject({
      ...{ type: 'credential.lost', user: id },
      detail: { by: { kind: 'user', id: desk.id }, method: 'totp', credential: phone, label: 'Pixel 9' },
    });
    // A thief who has a report made must not find a weaker way open than before.
    expect((await house.users.byId(id))?.preferred).toBe('totp');
    expect(await house.credentials.succeed(phone, undefined, { now: start })).toBe(false);
  });

  test('what was preferred gives way to the best that is left, and the record says to what', async () => {
    const { id, phone } = await somebody('lia', 'totp');
    await add(id, 'webauthn', 'Laptop');
    await lose(id, phone);
    expect((await house.users.byId(id))?.preferred).toBe('webauthn');
    expect((await house.last())?.detail).toMatchObject({ preferred: 'webauthn' });
  });

  test('said twice it is on record once, and what was opened meanwhile ends all the same', async () => {
    const { id, phone, left } = await somebody('lou');
    const [session] = house.sessions.filter(({ user }) => user === id);
    expect(await lose(id, phone)).toMatchObject({ status: 200 });
    house.sessions.push(session as Session);
    expect(await lose(id, phone)).toMatchObject({ status: 200, body: { lost: true } });
    expect(left()).toEqual(['lou other']);
    expect(await events('credential.lost', id)).toHaveLength(1);
  });

  test('twenty say so at once: on record once', async () => {
    const { id, phone } = await somebody('lars');
    const answers = await Promise.all(Array.from({ length: 20 }, () => lose(id, phone)));
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(await events('credential.lost', id)).toHaveLength(1);
  });
});

test('taken away: sessions it proved or stood in end, what is preferred is held, and the record keeps its name', async () => {
  const { id, phone, left } = await somebody('nina', 'totp');
  expect(await remove(id, phone)).toMatchObject({ status: 200 });
  expect(left()).toEqual(['nina other']);
  expect(house.ended.at(-1)).toEqual([id, 'credential removed']);
  expect((await house.ask(desk, 'users.show', { user: id })).body).not.toHaveProperty('preferred');
  expect(await house.last()).toMatchObject({
    ...{ type: 'credential.removed', user: id },
    detail: { method: 'totp', credential: phone, label: 'Pixel 9', preferred: null },
  });
  expect(await remove(id, phone)).toMatchObject({ status: 404 });
  expect(await events('credential.removed', id)).toHaveLength(1);
});

describe('a window that is over', () => {
  const reopen = (user: string, by = desk) => house.ask(by, 'users.enrolment.reopen', { user });

  test('opens again with the next time they are asked; once', async () => {
    const id = await house.person('wim');
    await house.users.askedToEnrol(id, start - 1000);
    const shown = await house.ask(desk, 'users.show', { user: id });
    expect(shown.body).toMatchObject({ enrolment_asked_at: new Date(start - 1000).toISOString() });
    const { status, body } = await reopen(id);
    expect([status, body.username]).toEqual([200, 'wim']);
    expect(body).not.toHaveProperty('enrolment_asked_at');
    expect(await house.last()).toMatchObject({
      ...{ type: 'enrolment.reopened', user: id },
      detail: { by: { id: desk.id }, before: { enrolment_asked_at: new Date(start - 1000).toISOString() } },
    });
    expect(await reopen(id)).toMatchObject({ status: 200 });
    expect(await events('enrolment.reopened', id)).toHaveLength(1);
    await house.users.askedToEnrol(id, start);
    expect((await house.users.byId(id))?.enrolmentAskedAt).toBe(start);
  });
});

describe('refused, and nothing changes', () => {
  let phones: Record<'ana' | 'tom' | 'olga' | 'dora', string>;
  let password: string;
  const operations = ['users.credentials.lose', 'users.credentials.remove', 'users.enrolment.reopen'] as const;
  beforeAll(async () => {
    const [ana, tom] = [await house.person('ana'), await house.person('tom')];
    phones = {
      ...{ ana: await add(ana, 'totp', 'A'), tom: await add(tom, 'totp', 'T') },
      ...{ olga: await add(owner, 'totp', 'O'), dora: await add(desk.id, 'totp', 'D') },
    };
    password = await add(ana, 'password', 'Password');
    for (const id of [ana, tom, owner, desk.id]) await house.users.askedToEnrol(id, start);
  });
  let counted: unknown;
  const count = async () => [
    await house.knex('events').count(),
    await house.knex('credentials').whereNotNull('lost_at').count(),
    await house.knex('users').whereNotNull('enrolment_asked_at').count(),
    [...house.ended],
  ];
  beforeEach(async () => {
    counted = await count();
  });
  afterEach(async () => expect(await count()).toEqual(counted));

  const ask = (by: Actor, id: string, user: 'ana' | 'tom' | 'olga' | 'dora') =>
    house.ask(by, id, { user: `local:${user}`, ...(id.includes('credentials') ? { credential: phones[user] } : {}) });

  test.each(operations)('%s: the service desk, of an owner, nor anybody of themselves', async (id) => {
    expect(await ask(desk, id, 'olga')).toMatchObject({ status: 403, body: { type: 'urn:stile:problem:higher-role' } });
    for (const [by, user] of [[desk, 'dora'] as const, [await house.actor(owner), 'olga'] as const])
      expect(await ask(by, id, user)).toMatchObject({ status: 403, body: { type: 'urn:stile:problem:own-account' } });
  });

  test.each(operations)('%s: an auditor, or without a fresh or a strong proof', async (id) => {
    const auditor = await house.actor(await house.person(`auditor ${id}`, ['auditor']));
    expect(await ask(auditor, id, 'ana')).toMatchObject({ status: 403 });
    const weak: Actor = { ...desk, proved: { ...desk.proved, strong: false } };
    for (const by of [await house.actor(desk.id, 20), weak])
      expect(await ask(by, id, 'ana')).toMatchObject({ status: 401 });
  });

  test.each([
    ['one nobody has', 'local:ana', () => 'nothing', 404],
    ["another's by her name", 'local:ana', () => phones.tom, 404],
    ["an owner's by her name", 'local:ana', () => phones.olga, 404],
    ["somebody's who is not there", 'local:nobody', () => phones.ana, 404],
    ['a password, which is reset', 'local:ana', () => password, 409],
  ])('lost: %s', async (_what, user, credential, status) => {
    expect(await lose(user, credential())).toMatchObject({ status });
  });

  test('lost, where no server runs: nobody could be signed out', async () => {
    const answer = await house.askUnserved(localActor('root'), 'users.credentials.lose', {
      ...{ user: 'local:ana', credential: phones.ana },
    });
    expect(answer).toMatchObject({ status: 503, body: { type: 'urn:stile:problem:needs-server' } });
  });

  test('an access pass from an application, whatever its role; nobody stands behind it', async () => {
    const answer = await house.ask(pipeline, 'users.access-passes.issue', { user: 'local:ana' });
    expect(answer).toMatchObject({ status: 403, body: { type: 'urn:stile:problem:people-only' } });
    expect(answer.body.title).toMatch(/person/);
  });
});

test('an application may report a loss, and take a pass back', async () => {
  const { id, phone } = await somebody('pia');
  expect(await lose(id, phone, pipeline)).toMatchObject({ status: 200 });
  const pass = await house.ask(localActor('root'), 'users.access-passes.issue', { user: id });
  expect(pass.status).toBe(201);
  expect(await house.ask(pipeline, 'users.access-passes.withdraw', { user: id, pass: pass.body.id })).toMatchObject({
    status: 200,
  });
});

test('the OpenAPI document says which operation is for people alone', () => {
  const { paths } = JSON.parse(JSON.stringify(openapi({ issuer: 'https://id.example', version: '1' })));
  expect(paths['/users/{user}/access-passes'].post.description).toMatch(/people-only/);
  expect(paths['/users/{user}/access-passes'].get.description).not.toMatch(/people-only/);
});
