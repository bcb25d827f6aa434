import { Validator } from '@seriousme/openapi-schema-validator';
import { localActor } from '../../src/admin/actor.ts';
import { openapi } from '../../src/admin/api/openapi.ts';
import { Patience } from '../../src/admin/api/patience.ts';
import { type ApiRequest, prefix, textOf } from '../../src/admin/api/request.ts';
import { pathNames, placeOf } from '../../src/admin/operations/operation.ts';
import { operations } from '../../src/admin/operations/table.ts';
import { secretsSealer } from '../../src/state/sealer.ts';
import { openHouse } from './house.ts';

let house: Awaited<ReturnType<typeof openHouse>>;
const root = localActor('root');
let ana: string;
beforeAll(async () => {
  house = await openHouse();
  ana = await house.person('ana');
  const oidc = { redirect_uris: ['https://wiki.example/cb'] };
  await house.ask(root, 'applications.create', { id: 'wiki', name: 'Wiki', oidc });
});
afterAll(async () => {
  // Whatever was sent, nothing was a fault of ours.
  expect(house.faults).toEqual([]);
  await house.close();
});

/** A request by hand. */
async function send(method: string, path: string, more: Partial<ApiRequest> & { json?: unknown } = {}) {
  const { json, ...rest } = more;
  const [bare = '', query] = path.split('?', 2);
  const answer = await house.administration.dispatch(
    {
      ...{ method, path: `${prefix}${bare}`, query: new URLSearchParams(query) },
      headers: json === undefined ? {} : { 'content-type': 'application/json' },
      body: json === undefined ? undefined : JSON.stringify(json),
      ...rest,
    },
    root,
  );
  return { ...answer, body: JSON.parse(await textOf(answer)) };
}

describe('the table of operations', () => {
  test('has an id and an address for each, once', () => {
    expect(new Set(operations.map(({ id }) => id)).size).toBe(operations.length);
    expect(new Set(operations.map(({ method, path }) => `${method} ${path}`)).size).toBe(operations.length);
  });

  test('names only fields in its paths that its input has', () => {
    const missing = operations.flatMap(({ id, path, input }) =>
      pathNames(path).flatMap((name) => (name in input.shape ? [] : [`${id}: ${name}`])),
    );
    expect(missing).toEqual([]);
  });

  test('is a valid OpenAPI 3.1 document, with an operation for each that may be asked from outside', async () => {
    const document = openapi({ issuer: 'https://id.example', version: '1' });
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    const paths = document.paths as Record<string, Record<string, { operationId: string }>>;
    const ids = Object.values(paths).flatMap((one) => Object.values(one).map(({ operationId }) => operationId));
    expect(ids.toSorted()).toEqual(operations.flatMap(({ id, local }) => (local ? [] : [id])).toSorted());
  });
});

/** Whatever is no text, no number and no truth of any field; each with what an ordinary request needs besides. */
const hostile: readonly unknown[] = [
  null,
  {},
  [{}],
  -1,
  1e308,
  '',
  '\u0000',
  '\ud800',
  { '\udc00': 1 },
  JSON.parse('['.repeat(50) + ']'.repeat(50)),
  'x'.repeat(5000),
  { __proto__: { a: 1 } },
];

/** Fields of bodies that take any object: what is in them is judged by the schemas of the file, further down. */
const free = new Set(['claims', 'oidc', 'saml', 'groups', 'email', 'role']);

const fields = operations.flatMap((one) =>
  Object.keys(one.input.shape).map((field) => ({ one, field, place: placeOf(one, field), id: one.id })),
);

describe('every field of every operation', () => {
  test.each(fields.filter(({ place }) => place === 'body'))(
    '$id: $field refuses what it is not, by its name',
    async ({ one, field }) => {
      const path = one.path
        .replace('{user}', 'local:ana')
        .replace('{application}', 'wiki')
        .replace('{role}', 'auditor')
        .replace('{use}', 'saml');
      for (const value of hostile) {
        const answer = await send(one.method, path, {
          json: { [field]: value },
          headers: { 'content-type': 'application/json', 'if-match': '"other"' },
        });
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
        if (answer.status !== 400 || free.has(field)) continue;
        const errors = answer.body.errors as { field: string; in: string; detail: string }[];
        expect(errors.length).toBeGreaterThan(0);
        for (const error of errors)
          expect(error).toEqual({ in: 'body', field: expect.any(String), detail: expect.any(String) });
      }
    },
  );

  test.each(fields.filter(({ place }) => place === 'query'))(
    '$id: $field in the query is one value of its kind, once',
    async ({ one, field }) => {
      const path = one.path.replace('{user}', 'local:ana').replace('{role}', 'auditor').replace('{use}', 'saml');
      for (const query of [`${field}=`, `${field}=%00`, `${field}=1&${field}=2`, `${field}=${'x'.repeat(5000)}`]) {
        const answer = await send(one.method, `${path}?${query}`);
        expect(answer).toMatchObject({ status: 400, body: { type: 'urn:stile:problem:invalid-input' } });
        expect(JSON.stringify(answer.body.errors)).toContain('"in":"');
      }
    },
  );

  test.each(fields.filter(({ place }) => place === 'path'))(
    '$id: $field in the path is a refusal when there is no such thing',
    async ({ one, field }) => {
      for (const value of ['nobody', 'local:', ':', '%00', '%', '..', 'x'.repeat(5000), '%2e%2e%2f', "'--"]) {
        const path = one.path.replace(`{${field}}`, value).replace('{user}', 'local:ana');
        const answer = await send(one.method, path, { headers: { 'if-match': '*' } });
        expect([400, 404]).toContain(answer.status);
      }
    },
  );

  test.each(
    operations
      .filter(({ method }) => method !== 'GET' && method !== 'DELETE')
      .map(({ id, method, path }) => ({ id, method, path })),
  )(
    '$id refuses bodies that are no JSON object, are of another type, or have a field nobody knows',
    async ({ method, path }) => {
      const headers = { 'content-type': 'application/json', 'if-match': '*' };
      const at = path
        .replace('{user}', 'local:ana')
        .replace('{application}', 'wiki')
        .replace('{role}', 'auditor')
        .replace('{use}', 'saml');
      const deep = `{"nobody_knows":${'['.repeat(1e5)}${']'.repeat(1e5)}}`;
      for (const body of ['{', '[]', 'null', '"x"', '{"nobody_knows":1}', '{"\\udc00":1}', deep])
        expect((await send(method, at, { headers, body })).status).toBe(400);
      const form = { 'content-type': 'application/x-www-form-urlencoded', 'if-match': '*' };
      expect((await send(method, at, { headers: form, body: 'a=b' })).status).toBe(415);
    },
  );
});

describe('an application is judged by the rules of the file', () => {
  const create = (more: object) => house.ask(root, 'applications.create', { id: 'new', name: 'New', ...more });
  test.each([
    [{ oidc: { redirect_uris: ['javascript:alert(1)'] } }, 'oidc.redirect_uris[0]'],
    [{ oidc: { redirect_uris: [] } }, 'oidc.redirect_uris'],
    [
      { oidc: { redirect_uris: ['https://a.example/cb'], default_acr_values: ['nothing'] } },
      'oidc.default_acr_values[0]',
    ],
    [
      { oidc: { redirect_uris: ['https://a.example/cb'], client_secret_file: '/etc/shadow' } },
      'oidc.client_secret_file',
    ],
    [{ saml: { metadata_file: '/etc/passwd' } }, 'saml.metadata_file'],
    [{ saml: { metadata_url: 'https://sp.example/md', signing_cert_file: '/etc/passwd' } }, 'saml.signing_cert_file'],
    [{ saml: { metadata: '<html/>' } }, 'saml.metadata'],
    [{ saml: { metadata: '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>' } }, 'saml.metadata'],
    [{ role: 'auditor', oidc: { redirect_uris: ['https://a.example/cb'] } }, 'role'],
    [{}, 'oidc'],
  ])('%j: %s', async (more, field) => {
    const answer = await create(more);
    expect(answer.status).toBe(400);
    expect((answer.body.errors as { field: string }[]).map((error) => error.field)).toContain(field);
  });

  test('one client_id is one application', async () => {
    const oidc = { client_id: 'wiki', redirect_uris: ['https://a.example/cb'] };
    expect(await create({ oidc })).toMatchObject({ status: 409 });
    expect(await create({ id: 'wiki', oidc: { redirect_uris: oidc.redirect_uris } })).toMatchObject({ status: 409 });
  });

  test('a change is a merge: what is not sent stays, null goes, and the secret is neither shown nor lost', async () => {
    const change = (oidc: object) => house.ask(root, 'applications.change', { application: 'wiki', oidc });
    await change({ default_max_age: 60 });
    const { body } = await change({ default_max_age: null, scope: 'openid' });
    expect(body.oidc).toMatchObject({ redirect_uris: ['https://wiki.example/cb'], scope: 'openid' });
    expect(body.oidc).not.toHaveProperty('default_max_age');
    expect(body.oidc).not.toHaveProperty('client_secret');
    expect((await house.ask(root, 'applications.rotate-secret', { application: 'wiki' })).status).toBe(200);
    expect(JSON.stringify(await house.last())).not.toContain('secret"');
  });
});

describe('Idempotency-Key', () => {
  const create = (username: string, idempotencyKey: string, who = root) =>
    house.ask(who, 'users.create', { username }, { idempotencyKey });

  test('the same request has the same answer, and is done once', async () => {
    const first = await create('once', 'k1');
    const second = await create('once', 'k1');
    expect(first.status).toBe(201);
    expect(second).toMatchObject({ status: 201, body: first.body, headers: { 'idempotency-replayed': 'true' } });
  });

  test("another request with the same key is refused, and keys are their sender's own", async () => {
    expect(await create('other', 'k1')).toMatchObject({ status: 422, body: { type: 'urn:stile:problem:key-reused' } });
    const owner = await house.actor(await house.person('keyholder', ['owner']));
    expect((await create('other', 'k1', owner)).status).toBe(201);
  });

  test('of twenty at once one is done', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        house.ask(root, 'users.registration-link', { user: ana }, { idempotencyKey: 'k2' }),
      ),
    );
    const links = new Set(answers.filter(({ status }) => status === 200).map(({ body }) => body.link));
    expect(links.size).toBe(1);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
  });

  test('is forgotten after a day, and at once when nothing came of it', async () => {
    await house.ask(root, 'users.unlock', { user: 'local:later' }, { idempotencyKey: 'k3' });
    await house.person('later');
    expect((await house.ask(root, 'users.unlock', { user: 'local:later' }, { idempotencyKey: 'k3' })).status).toBe(200);
    house.pass(24 * 60 + 1);
    expect((await create('new-day', 'k1')).status).toBe(201);
  });

  test('is refused, and nothing done again, when its answer was sealed by a secret taken away since', async () => {
    expect((await create('removed', 'k4')).status).toBe(201);
    const foreign = secretsSealer(['the secret of last year, long enough']);
    const row = house.knex('api_answers').orderBy('begun_at', 'desc').limit(1).select('key_hash');
    for (const { key_hash } of await row)
      await house
        .knex('api_answers')
        .where({ key_hash })
        .update({ answer: foreign.seal('{}', `answer:${key_hash}`) });
    const again = await create('removed', 'k4');
    expect(again).toMatchObject({ status: 409, body: { type: 'urn:stile:problem:conflict' } });
    expect(again.body.detail).toContain('was done already');
  });

  test('its answers are sealed where they lie', async () => {
    const { body } = await house.ask(
      root,
      'users.registration-link',
      { user: ana },
      { idempotencyKey: 'a-key-of-mine' },
    );
    const kept = JSON.stringify(await house.knex('api_answers').select('*'));
    expect(kept).not.toContain('a-key-of-mine');
    expect(kept).not.toContain(String(body.link).split('=')[1]);
  });
});

test.each(['audit.list', 'audit.export'])('%s takes a person by name as well as by id', async (id) => {
  await house.ask(root, 'users.change', { user: ana, email: 'ana@northfold.example' });
  const of = async (user: string) => {
    const { body, lines } = await house.ask(root, id, { user });
    return (body.items ?? lines) as object[];
  };
  expect((await of(ana)).length).toBeGreaterThan(0);
  expect(await of('local:ana')).toEqual(await of(ana));
  expect(await house.ask(root, id, { user: 'local:nobody' })).toMatchObject({ status: 404 });
  expect(await house.ask(root, 'audit.list', { user: 'of-somebody-forgotten' })).toMatchObject({ body: { items: [] } });
});

describe('If-Match', () => {
  test('a change of one resource says what it read, and of two who read the same one succeeds', async () => {
    const { headers } = await house.ask(root, 'users.show', { user: ana });
    expect(await send('PATCH', `/users/${ana}`, { json: { name: 'Ana' } })).toMatchObject({
      status: 428,
      body: { type: 'urn:stile:problem:precondition-required' },
    });
    const ifMatch = headers.etag as string;
    const answers = await Promise.all(
      ['One', 'Two'].map((name) => house.ask(root, 'users.change', { user: ana, name }, { ifMatch })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412]);
  });

  test('the ETag of what was changed is that of what is read next', async () => {
    const shown = await house.ask(root, 'users.show', { user: ana });
    const claims = { rooms: [1, 2], zone: 'b', a: { z: 1, y: 2 } };
    const ifMatch = shown.headers.etag as string;
    const changed = await house.ask(root, 'users.change', { user: ana, claims }, { ifMatch });
    expect(changed.status).toBe(200);
    expect((await house.ask(root, 'users.show', { user: ana })).headers.etag).toBe(changed.headers.etag);
  });
});

describe('people', () => {
  test('another address is not verified because the one before was', async () => {
    const change = (input: object) => house.ask(root, 'users.change', { user: ana, ...input });
    await change({ email: 'ana@northfold.example', email_verified: true });
    expect((await change({ name: 'Ana' })).body).toMatchObject({ email_verified: true });
    expect((await change({ email: 'ana@other.example' })).body).toMatchObject({ email_verified: false });
    expect((await change({ email: null })).body).not.toHaveProperty('email');
  });

  test('who is disabled or deleted loses sessions, tokens and links; nothing is done where no server runs', async () => {
    const tom = await house.person('tom');
    expect(await house.askUnserved(root, 'users.disable', { user: tom })).toMatchObject({ status: 503 });
    expect(await house.ask(root, 'users.show', { user: tom })).toMatchObject({ body: { disabled: false } });
    await house.ask(root, 'users.disable', { user: tom });
    expect(house.ended).toContainEqual([tom, 'user disabled']);
    expect(house.untokened).toContain(tom);
    await house.ask(root, 'users.delete', { user: tom });
    expect(house.ended).toContainEqual([tom, 'user deleted']);
    expect((await house.ask(root, 'users.show', { user: tom })).status).toBe(404);
    expect(await house.last()).toMatchObject({ type: 'user.deleted', user: tom });
  });

  test('what changes nothing is not on record', async () => {
    const before = await house.last();
    await house.ask(root, 'users.change', { user: ana, name: 'Ana' });
    expect(await house.last()).toEqual(before);
  });

  test('lists have cursors of ours only', async () => {
    for (const cursor of ['x', 'W10', 'WzEsMl0', 'bnVsbA'])
      expect(await house.ask(root, 'users.list', { cursor })).toMatchObject({ status: 400 });
  });
});

test('an initial access token is shown once, for what the file allows', async () => {
  const made = await house.ask(root, 'applications.allow', { uses: 2, scopes: ['openid'] });
  expect(made).toMatchObject({
    status: 201,
    body: { uses: 2, scopes: ['openid'], initial_access_token: expect.stringMatching(/^[\w-]{43}$/) },
  });
  expect(JSON.stringify(await house.last())).not.toContain(String(made.body.initial_access_token));
  expect(await house.ask(root, 'applications.allow', { scopes: ['openid', 'groups'] })).toMatchObject({
    status: 400,
    body: { errors: [{ field: 'scopes[1]' }] },
  });
});

test('addresses nobody knows are 404, other methods 405 with those there are', async () => {
  for (const path of ['/', '/nothing', '/users/a/b/c', '//users', '/users/'])
    expect((await send('GET', path)).status).toBe(404);
  expect(await send('PUT', '/users')).toMatchObject({ status: 405, headers: { allow: 'GET, POST' } });
});

test('whoever gathers a hundred refusals in a minute waits for its end', () => {
  let now = 0;
  const patience = new Patience(() => now);
  for (let i = 0; i < 99; i++) patience.refused('from 192.0.2.7');
  expect(patience.spent('from 192.0.2.7')).toBeUndefined();
  patience.refused('from 192.0.2.7');
  expect(patience.spent('from 192.0.2.7')).toBe(60);
  expect(patience.spent('from 192.0.2.8')).toBeUndefined();
  now = 60_000;
  expect(patience.spent('from 192.0.2.7')).toBeUndefined();
});
