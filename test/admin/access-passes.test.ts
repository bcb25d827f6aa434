/** Who gives access passes to whom, on what terms, and that nobody is shown one twice. */
import type { Actor } from '../../src/admin/actor.ts';
import { openHouse } from './house.ts';

let house: Awaited<ReturnType<typeof openHouse>>;
let owner: string;
let desk: Actor;
let ana: string;
const hour = 3_600_000;
const start = Date.UTC(2026, 10, 24, 9);
const at = (ms: number) => new Date(ms).toISOString();

beforeAll(async () => {
  house = await openHouse();
  owner = await house.person('olga', ['owner']);
  desk = await house.actor(await house.person('dora', ['helpdesk']));
  ana = await house.person('ana');
});
afterAll(async () => {
  expect(house.faults).toEqual([]);
  await house.close();
});

const issue = (input: object = {}, by = desk, more = {}) =>
  house.ask(by, 'users.access-passes.issue', { user: 'local:ana', ...input }, more);
const list = async (user = 'local:ana') =>
  (await house.ask(desk, 'users.access-passes.list', { user })).body.items as Record<string, unknown>[];
const withdraw = (pass: string, user = 'local:ana') => house.ask(desk, 'users.access-passes.withdraw', { user, pass });
afterEach(async () => {
  for (const { id } of await list()) await withdraw(String(id));
});

test('the service desk gives ana one: it is in that answer alone, she is told, and the record says by whom', async () => {
  const { status, body } = await issue();
  expect(status).toBe(201);
  const pass = String(body.pass);
  expect(pass).toMatch(/^[2-9A-Y]{4}-[2-9A-Y]{4}-[2-9A-Y]{4}$/);
  const terms = { starts_at: at(start), ends_at: at(start + 8 * hour), one_time: true, first_factor: false };
  expect(body).toMatchObject({ ...terms, state: 'open', issued_by: `user:${desk.id}` });
  const event = await house.last();
  expect(event).toMatchObject({
    ...{ type: 'access-pass.issued', user: ana },
    detail: { by: { kind: 'user', id: desk.id }, id: body.id, ...terms },
  });
  const told = { startsAt: start, endsAt: start + 8 * hour, oneTime: true, firstFactor: false, by: 'dora' };
  expect(house.told.at(-1)).toEqual({ user: ana, kind: 'access-pass-issued', ...told });
  const listed = await list();
  expect(listed).toMatchObject([{ id: body.id, state: 'open' }]);
  for (const text of [event, house.told, listed, await house.credentials.of(ana)].map((one) => JSON.stringify(one)))
    for (const form of [pass, pass.replaceAll('-', '')]) expect(text).not.toContain(form);
});

test('the same request sent again shows the same pass, and what is kept for that is sealed', async () => {
  const more = { idempotencyKey: 'one-pass-please' };
  const [one, again] = [await issue({}, desk, more), await issue({}, desk, more)];
  expect(again.body).toEqual(one.body);
  expect(await list()).toHaveLength(1);
  const kept = await house.knex('api_answers').select();
  expect(JSON.stringify(kept)).not.toContain(String(one.body.pass));
});

describe('nobody gives one', () => {
  test('to themselves', async () => {
    const answer = await issue({ user: `local:dora` });
    expect(answer).toMatchObject({ status: 403, body: { type: 'urn:stile:problem:own-account' } });
  });

  test('to whoever may do more than they: the service desk to an owner', async () => {
    const answer = await issue({ user: owner });
    expect(answer).toMatchObject({ status: 403, body: { type: 'urn:stile:problem:higher-role' } });
  });

  test('without the role for it, or with a proof that is not fresh or not strong', async () => {
    const auditor = await house.actor(await house.person('aldo', ['auditor']));
    expect(await issue({}, auditor)).toMatchObject({ status: 403 });
    const stale = await house.actor(desk.id, 20);
    const weak: Actor = { ...desk, proved: { ...desk.proved, strong: false } };
    for (const by of [stale, weak])
      expect(await issue({}, by)).toMatchObject({
        ...{ status: 401, body: { type: 'urn:stile:problem:insufficient-authentication' } },
      });
  });

  test('to whoever is disabled, or has passes switched off', async () => {
    await house.person('sam', [], ['Sealed']);
    expect(await issue({ user: 'local:sam' })).toMatchObject({ status: 409 });
    const gone = await house.person('gina');
    await house.users.change(gone, 'test', (user) => ({ ...user, disabled: true }));
    expect(await issue({ user: 'local:gina' })).toMatchObject({ status: 409 });
  });

  test('to somebody who has ten that work', async () => {
    for (let i = 0; i < 10; i++) expect((await issue({ from: at(start + hour) })).status).toBe(201);
    expect(await issue()).toMatchObject({ status: 409 });
  });
});

describe('its terms', () => {
  test.each([
    ['minutes', { minutes: 30 }, start, start + hour / 2],
    ['an end', { until: at(start + 2 * hour) }, start, start + 2 * hour],
    ['a beginning', { from: at(start + hour), minutes: 60 }, start + hour, start + 2 * hour],
    ['a beginning that was', { from: at(start - hour), until: at(start + hour) }, start, start + hour],
    ['the longest', { until: at(start + 720 * hour) }, start, start + 720 * hour],
  ])('%s', async (_what, input, startsAt, endsAt) => {
    expect((await issue(input)).body).toMatchObject({ starts_at: at(startsAt), ends_at: at(endsAt) });
  });

  test.each([
    ['both minutes and an end', { minutes: 5, until: at(start + hour) }, 'minutes'],
    ['an end before it begins', { from: at(start + 2 * hour), until: at(start + hour) }, 'until'],
    ['an end that was', { until: at(start - hour) }, 'until'],
    ['longer than the file allows', { until: at(start + 721 * hour) }, 'until'],
    ['more minutes than the file allows', { minutes: 720 * 60 + 1 }, 'minutes'],
    ['a beginning from which it would last too long', { from: at(start + 719 * hour), minutes: 120 }, 'minutes'],
    ['no time', { until: 'tomorrow' }, 'until'],
    ['no minutes', { minutes: 0 }, 'minutes'],
    ['too few signs', { length: 11 }, 'length'],
    ['too many signs', { length: 49 }, 'length'],
  ])('not %s', async (_what, input, field) => {
    const { status, body } = await issue(input);
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ field }]);
  });

  test('many uses, the first factor, more signs', async () => {
    const { body } = await issue({ many: true, first_factor: true, length: 16 });
    expect(body).toMatchObject({ one_time: false, first_factor: true });
    expect(String(body.pass).replaceAll('-', '')).toHaveLength(16);
  });
});

describe('taken back', () => {
  test('it is gone, what it opened ends, and the record says so', async () => {
    const { body } = await issue();
    expect(await withdraw(String(body.id))).toMatchObject({ status: 200 });
    expect(await list()).toEqual([]);
    expect(house.ended.at(-1)).toEqual([ana, 'credential removed']);
    expect(await house.last()).toMatchObject({ type: 'access-pass.withdrawn', user: ana, detail: { id: body.id } });
  });

  test("only hers by her name, and nothing that is not a pass: another's, a password", async () => {
    const { body } = await issue();
    expect(await withdraw(String(body.id), 'local:olga')).toMatchObject({ status: 403 });
    await house.person('tom');
    expect(await withdraw(String(body.id), 'local:tom')).toMatchObject({ status: 404 });
    const password = { method: 'password', label: 'Password', secret: 'x', data: {}, counter: -1 };
    const { id } = await house.credentials.add(ana, password, start);
    expect(await withdraw(id)).toMatchObject({ status: 404 });
    expect(await list()).toHaveLength(1);
  });
});

test('says which waits, is open, was used or is over; one that is over is forgotten a day later, and nothing else', async () => {
  const [waiting, open, used, over] = [
    await issue({ from: at(start + 24 * hour) }),
    await issue({ minutes: 600 }),
    await issue({ minutes: 600 }),
    await issue({ minutes: 10 }),
  ].map(({ body }) => String(body.id)) as [string, string, string, string];
  await house.credentials.succeed(used, undefined, { counter: 1, now: start });
  house.pass(14);
  const states = Object.fromEntries((await list()).map(({ id, state }) => [id, state]));
  expect(states).toEqual({ [waiting]: 'waiting', [open]: 'open', [used]: 'used', [over]: 'over' });
  expect(await house.credentials.purge(start + 24 * hour)).toBe(0);
  expect(await house.credentials.purge(start + 25 * hour)).toBe(1);
  expect((await list()).map(({ id }) => id).toSorted()).toEqual([waiting, open, used].toSorted());
});
