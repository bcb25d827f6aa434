/** The administration's API as an administrator's own program meets it: tokens, pages of answers, changes, the record. */
import * as client from 'openid-client';
import { Person } from '../support/person.ts';
import { as, MFA, newcomer, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';

const [owner, desk] = [someone(), someone()];
const ordinary = newcomer();
const resources = [{ resource: '{issuer}/admin/api' }];
const secret = 'a client secret for tests';
const machine = (id: string) => ({
  ...{ client_id: id, client_secret: secret, grant_types: ['client_credentials'], resources },
});
const people = {
  ...{ client_secret: secret, redirect_uris: ['https://rp.example/cb'], resources },
  grant_types: ['authorization_code', 'refresh_token'],
};

let stile: Stile;
let api: string;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  stile = await startStile({
    config: settings({
      roles: { owner: { users: [owner] }, helpdesk: { users: [desk] } },
      applications: [
        { id: 'console', name: 'Console', oidc: { ...people, client_id: 'console' } },
        { id: 'robot', name: 'Robot', role: 'auditor', oidc: machine('robot') },
        { id: 'drone', name: 'Drone', oidc: machine('drone') },
      ],
    }),
  });
  api = `${stile.issuer}/admin/api/v1`;
  const rp = await RelyingParty.at(stile, { id: 'console' });
  for (const username of [owner, desk]) {
    const { url, checks } = await rp.request({ scope: 'openid stile:admin', resource: `${stile.issuer}/admin/api` });
    const person = new Person();
    const end = await as(username)(person, await person.go(url));
    const answer = await client.authorizationCodeGrant(rp.config, end.url, checks, {
      resource: `${stile.issuer}/admin/api`,
    });
    tokens[username] = answer.access_token;
  }
});
afterAll(() => stile.stop());

interface Asked {
  readonly method?: string;
  readonly body?: unknown;
  readonly by?: string;
  readonly headers?: Record<string, string>;
}

async function call(path: string, { method = 'GET', body, by = tokens[owner], headers = {} }: Asked = {}) {
  const response = await fetch(path.startsWith('http') ? path : `${api}${path}`, {
    method,
    headers: {
      ...(by ? { authorization: `Bearer ${by}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (response.headers.get('content-type')?.endsWith('json') ? JSON.parse(text) : {}) as Record<string, unknown>,
  };
}

const machineToken = async (id: string) => {
  const rp = await RelyingParty.at(stile, { id });
  const asked = { resource: `${stile.issuer}/admin/api`, scope: 'stile:admin' };
  return (await client.clientCredentialsGrant(rp.config, asked)).access_token;
};

describe('who gets in', () => {
  test('nobody without a token, and a cookie is none', async () => {
    const person = new Person();
    await as(owner)(person, await person.go(`${stile.issuer}/account`));
    const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    for (const headers of [{}, { cookie }] as Record<string, string>[]) {
      const answer = await call('/users', { by: '', headers });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer /);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(answer.body.type).toBe('urn:stile:problem:unauthenticated');
    }
  });

  test('no token for another purpose', async () => {
    const rp = await RelyingParty.at(stile);
    const { tokens: other } = await rp.signIn(new Person(), { acr_values: MFA });
    for (const by of [other.access_token, other.id_token as string, 'x'])
      expect((await call('/users', { by })).status).toBe(401);
  });

  test('an application by its own role, and none without', async () => {
    const by = await machineToken('robot');
    expect((await call('/audit', { by })).status).toBe(200);
    expect(await call('/users/local:bob/unlock', { by, method: 'POST' })).toMatchObject({ status: 403 });
    await expect(machineToken('drone')).rejects.toMatchObject({ error: 'invalid_target' });
  });

  test('no other site: nothing of CORS is answered', async () => {
    const asked = { origin: 'https://evil.example', 'access-control-request-method': 'GET' };
    const preflight = await call('/users', { method: 'OPTIONS', by: '', headers: asked });
    expect(preflight.status).toBe(401);
    const answer = await call('/users', { headers: { origin: 'https://evil.example' } });
    for (const { headers } of [preflight, answer])
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test('helpdesk as far as helpdesk may, and a role that is taken back is gone with the next request', async () => {
    const by = tokens[desk];
    expect((await call(`/users/local:${ordinary}/unlock`, { by, method: 'POST' })).status).toBe(200);
    expect((await call(`/users/local:${owner}/unlock`, { by, method: 'POST' })).status).toBe(403);
    expect((await call('/audit', { by })).status).toBe(403);
  });
});

describe('reading', () => {
  test('people come in pages, each once', async () => {
    const seen: string[] = [];
    let next: string | undefined = '/users?limit=30';
    while (next) {
      const answer = await call(next);
      expect(answer.status).toBe(200);
      seen.push(...(answer.body.items as { username: string }[]).map(({ username }) => username));
      const link: string | undefined = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
      next = link && new URL(link, `${api}/users`).href;
    }
    expect(seen.length).toBeGreaterThan(60);
    expect(seen).toEqual([...new Set(seen)].toSorted());
  });

  test('no answer holds a secret', async () => {
    for (const path of ['/applications', '/applications/console', `/users/local:${owner}/credentials`, '/audit']) {
      const { status, text } = await call(path);
      expect(status).toBe(200);
      expect(text).not.toMatch(/a client secret for tests|argon2|secret"/);
    }
  });

  test('the record is exported as lines', async () => {
    const { headers, text } = await call('/audit/export?type=sign-in');
    expect(headers.get('content-type')).toBe('application/jsonl');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.length).toBeGreaterThan(0);
    expect(new Set(lines.map(({ type }) => type))).toEqual(new Set(['sign-in']));
  });

  test('the OpenAPI document names every operation, to whoever asks', async () => {
    const { status, body } = await call('/openapi.json', { by: '' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ openapi: '3.1.0', servers: [{ url: api }] });
  });
});

describe('changing', () => {
  test('an application made here signs people in at once, a rotated secret works and the old one does not', async () => {
    const made = await call('/applications', {
      method: 'POST',
      body: { id: 'wiki', name: 'Wiki', oidc: { redirect_uris: ['https://rp.example/cb'] } },
    });
    expect(made).toMatchObject({ status: 201, body: { id: 'wiki', source: 'api', client_secret: expect.any(String) } });
    const first = made.body.client_secret as string;
    const signIn = async (secret: string) =>
      (await RelyingParty.at(stile, { id: 'wiki', secret })).signIn(new Person());
    expect((await signIn(first)).claims.sub).toEqual(expect.any(String));
    const { body } = await call('/applications/wiki/rotate-secret', { method: 'POST' });
    await expect(signIn(first)).rejects.toMatchObject({ error: 'invalid_client' });
    expect((await signIn(body.client_secret as string)).claims.sub).toEqual(expect.any(String));
    await call('/applications/wiki', { method: 'DELETE', headers: { 'if-match': '*' } });
    expect((await call('/applications/wiki')).status).toBe(404);
  });

  test('somebody who is disabled is out at once: sessions and tokens', async () => {
    const username = newcomer();
    const person = new Person();
    const rp = await RelyingParty.at(stile);
    const { tokens: theirs } = await rp.signIn(person, { scope: 'openid offline_access' }, as(username));
    const sessions = await call(`/users/local:${username}/sessions`);
    expect(sessions.body.items).toMatchObject([{ applications: ['rp'], proved: [{ method: 'password' }] }]);
    // The file declares them, and still: who has to be kept out is kept out.
    expect((await call(`/users/local:${username}/disable`, { method: 'POST' })).body).toMatchObject({ disabled: true });
    expect((await call(`/users/local:${username}/sessions`)).body.items).toEqual([]);
    await expect(client.refreshTokenGrant(rp.config, theirs.refresh_token as string)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    await stile.halt();
    await stile.again();
    expect((await call(`/users/local:${username}`)).body).toMatchObject({ disabled: true });
  });

  test('what the file declares only the file changes', async () => {
    const change = { method: 'PATCH', body: { name: 'Other' }, headers: { 'if-match': '*' } };
    for (const path of ['/applications/console', '/users/local:bob'])
      expect(await call(path, change)).toMatchObject({
        status: 409,
        body: { type: 'urn:stile:problem:declared-in-file' },
      });
  });

  test('every change is on record with who, by which role, how proved, what and in which request', async () => {
    const made = await call('/users', { method: 'POST', body: { username: 'nora', name: 'Nora' } });
    const { id } = made.body as { id: string };
    const shown = await call(`/users/${id}`);
    const etag = shown.headers.get('etag') as string;
    const changed = await call(`/users/${id}`, {
      method: 'PATCH',
      body: { name: 'Nora B' },
      headers: { 'if-match': etag },
    });
    expect(changed).toMatchObject({ status: 200, body: { name: 'Nora B' } });
    // The name that the log has for it.
    expect(changed.headers.get('x-request-id')).toMatch(/^[\da-f]{16}$/);
    const { body } = await call(`/audit?user=${id}&type=user.changed`);
    expect(body.items).toMatchObject([
      {
        type: 'user.changed',
        user: id,
        detail: {
          by: {
            kind: 'user',
            roles: ['owner'],
            client: 'console',
            acr: expect.any(String),
            auth_time: expect.any(Number),
          },
          request: changed.headers.get('x-request-id'),
          before: { name: 'Nora' },
          after: { name: 'Nora B' },
        },
      },
    ]);
    const stale = await call(`/users/${id}`, { method: 'PATCH', body: { name: 'N' }, headers: { 'if-match': etag } });
    expect(stale).toMatchObject({ status: 412 });
  });
});
