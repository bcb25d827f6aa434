import { request } from 'node:http';
import { Person } from '../support/person.ts';
import { as, CALLBACK, nobody, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { applications, form, leaks, raw } from './attacker.ts';

let stile: Stile;
let rp: RelyingParty;

beforeAll(async () => {
  stile = await startStile({ config: settings({ applications }) });
  rp = await RelyingParty.at(stile);
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  await stile.stop();
});

const url = async (params: Record<string, string> = {}) => (await rp.request(params)).url;

describe('a request that cannot be trusted gets a page of ours and no redirect', () => {
  test.each([
    ['an unknown client', { client_id: 'nobody' }],
    ['a client id with a NUL', { client_id: 'rp\0' }],
    ['an unknown redirect_uri', { redirect_uri: 'https://evil.example/cb' }],
    ['a redirect_uri below the registered one', { redirect_uri: `${CALLBACK}/../evil` }],
    ['a redirect_uri with a query', { redirect_uri: `${CALLBACK}?next=evil` }],
    ['a redirect_uri with user information', { redirect_uri: 'https://rp.example@evil.example/cb' }],
    ['a redirect_uri in other letters', { redirect_uri: 'https://RP.example/cb' }],
    ['a redirect_uri of javascript', { redirect_uri: 'javascript:alert(1)' }],
    ["another client's redirect_uri", { redirect_uri: 'https://rp.example/other' }],
  ])('%s', async (_what, change) => {
    const at = await url();
    for (const [name, value] of Object.entries(change)) at.searchParams.set(name, value);
    const answer = await new Person().fetch(at);
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(await answer.text()).not.toMatch(leaks);
  });

  test('no redirect_uri at all, or two of them', async () => {
    const none = await url();
    none.searchParams.delete('redirect_uri');
    const two = await url();
    two.searchParams.append('redirect_uri', 'https://evil.example/');
    for (const at of [none, two]) {
      const answer = await new Person().fetch(at);
      expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
    }
  });
});

const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const many = (count: number, one: (i: number) => string) => Array.from({ length: count }, (_, i) => one(i));

describe('claims of any shape end in an OAuth error or a sign-in, quickly', () => {
  test.each([
    ['no JSON', '{'],
    ['an array', '[]'],
    ['a number', '1'],
    ['null', 'null'],
    ['a text for id_token', '{"id_token":"x"}'],
    ['a list for id_token', '{"id_token":[]}'],
    ['null for id_token', '{"id_token":null}'],
    ['null for userinfo', '{"userinfo":null,"id_token":{"acr":null}}'],
    ['an acr that is a list', '{"id_token":{"acr":[]}}'],
    ['acr values that are no list', '{"id_token":{"acr":{"values":"x"}}}'],
    ['acr values of every kind', '{"id_token":{"acr":{"values":[1,null,{},[]]}}}'],
    ['amr values of every kind', '{"id_token":{"amr":{"essential":true,"values":[1,null,{},[]]}}}'],
    ['a sub that is a number', '{"id_token":{"sub":{"value":1}}}'],
    ['a sub that nobody has', '{"id_token":{"sub":{"value":"nobody"}}}'],
    ['a sub with a NUL', '{"id_token":{"sub":{"value":"\\u0000"}}}'],
    ['an amr with a NUL', '{"id_token":{"amr":{"essential":true,"values":["pwd","\\u0000"]}}}'],
    ['a claim with a NUL in its name', '{"userinfo":{"a\\u0000b":null}}'],
    ['half of a surrogate pair', '{"id_token":{"sub":{"value":"\\ud800"}},"userinfo":{"\\udfff":null}}'],
    ['the prototype', '{"__proto__":{"a":1},"id_token":{"__proto__":{"essential":true},"constructor":null}}'],
    ['a thousand levels', `{"id_token":{"acr":${deep(1000)}}}`],
  ])('%s', async (_what, claims) => {
    const person = new Person();
    const ana = someone();
    await rp.signIn(person, {}, as(ana));
    const started = performance.now();
    const page = await person.go(await url({ claims }));
    expect(performance.now() - started).toBeLessThan(2000);
    expect(page.status).toBeLessThan(500);
    expect(page.html).not.toMatch(leaks);
  });

  test.each([
    ['six thousand levels', `{"id_token":{"acr":${deep(6000)}}}`],
    ['five thousand acr values, all known', JSON.stringify({ id_token: { acr: { values: many(5000, () => 'phr') } } })],
    [
      'two thousand amr options',
      JSON.stringify({ id_token: { amr: { essential: true, values: many(2000, (i) => `a${i}`) } } }),
    ],
    [
      'an amr option of ten thousand',
      JSON.stringify({ id_token: { amr: { essential: true, values: [many(8000, () => 'pwd')] } } }),
    ],
    [
      'three thousand claims',
      JSON.stringify({ userinfo: Object.fromEntries(many(3000, (i) => `c${i}`).map((name) => [name, null])) }),
    ],
  ])('by POST: %s', async (_what, claims) => {
    const person = new Person();
    await rp.signIn(person, {}, as(someone()));
    const at = await url({ claims });
    const started = performance.now();
    const page = await person.go(`${stile.issuer}/auth`, { method: 'POST', body: at.searchParams });
    expect(performance.now() - started).toBeLessThan(2000);
    expect(page.status).toBeLessThan(500);
    expect(page.html).not.toMatch(leaks);
  });

  test('what a stranger names never becomes a 500 for a third party either, consent and audit included', async () => {
    const guest = await RelyingParty.at(stile, {
      id: 'guest',
      secret: 'the secret of a third party',
      redirectUri: 'https://rp.example/guest',
    });
    const asked: Record<string, string>[] = [
      { scope: 'openid profile \0 x' },
      { scope: 'openid', claims: '{"userinfo":{"a\\u0000b":null}}' },
      { scope: 'openid', claims: '{"userinfo":{"\\ud800":null}}' },
      {
        scope: 'openid',
        ui_locales: many(2000, () => 'de-'.repeat(3))
          .join(' ')
          .slice(0, 9000),
      },
      { scope: 'openid', login_hint: '\0\u202e<script>' },
      { scope: 'openid', state: '\0' },
      { scope: 'openid', nonce: '\0' },
    ];
    for (const [i, more] of asked.entries()) {
      const person = new Person();
      const { url: at } = await guest.request(more);
      const page = await as(someone())(person, await person.go(at));
      expect([i, page.status < 500, page.html]).toEqual([i, true, expect.not.stringMatching(leaks)]);
    }
  });
});

describe('repeated parameters mean two things to two readers, and are refused', () => {
  test('at the authorization endpoint, whichever it is', async () => {
    for (const name of ['scope', 'state', 'nonce', 'acr_values', 'max_age', 'prompt', 'claims', 'code_challenge']) {
      const at = await url({ acr_values: 'x', max_age: '1000', claims: '{}', prompt: 'none' });
      at.searchParams.append(name, at.searchParams.get(name) as string);
      const page = await new Person().go(at);
      expect([name, page.url.searchParams.get('error')]).toEqual([name, 'invalid_request']);
    }
    const at = await url();
    at.searchParams.append('client_id', 'rp');
    expect((await new Person().fetch(at)).status).toBe(400);
  });

  test.each([
    ['/token', 'grant_type=client_credentials&grant_type=client_credentials&client_id=rp&client_secret=x'],
    ['/token', 'grant_type=authorization_code&code=a&code=b&client_id=rp&client_secret=x'],
    ['/token', 'client_id=rp&client_id=spa&grant_type=authorization_code&code=a'],
    ['/token/introspection', 'token=a&token=b&client_id=rp&client_secret=x'],
    ['/token/revocation', 'token=a&token=b&client_id=rp&client_secret=x'],
    ['/session/end/confirm', 'xsrf=a&xsrf=b'],
  ])('at %s (%s)', async (path, body) => {
    const answer = await raw(stile.issuer, path, { ...form({}), body });
    expect([400, 401]).toContain(answer.status);
    expect(answer.body).not.toMatch(leaks);
  });

  test('in the form of a sign-in, and in the parameter that names a waiting request', async () => {
    const person = new Person();
    const page = await person.go(await url());
    const { csrf = '' } = page.form?.fields ?? {};
    const twice = await person.fetch(page.url, {
      ...form([
        ['csrf', csrf],
        ['username', 'ana'],
        ['username', 'bob'],
      ]),
    });
    expect(twice.status).toBe(400);
    expect((await person.fetch(`${stile.issuer}/auth?stile_request=a&stile_request=b`)).status).toBe(400);
  });
});

describe('too much of anything', () => {
  test('a body over the limit is refused at every endpoint that reads one', async () => {
    const person = new Person();
    const page = await person.go(await url());
    const body = `username=${'x'.repeat(200_000)}`;
    for (const path of [
      page.url.pathname,
      '/auth',
      '/token',
      '/token/introspection',
      '/token/revocation',
      '/session/end',
      '/session/end/confirm',
    ]) {
      const answer = await raw(stile.issuer, path, {
        ...form({}),
        body,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          cookie: [...person.cookies].map((c) => c.join('=')).join('; '),
        },
      });
      expect([path, [400, 401, 413].includes(answer.status)]).toEqual([path, true]);
      expect(answer.body).not.toMatch(leaks);
    }
  });

  test('a body that never says how long it is, and a form of ten thousand fields', async () => {
    const person = new Person();
    const page = await person.go(await url());
    const fields = many(10_000, (i) => `f${i}=1`).join('&');
    expect((await person.fetch(page.url, { ...form({}), body: fields.slice(0, 60_000) })).status).toBe(413);
    const cookie = [...person.cookies].map((pair) => pair.join('=')).join('; ');
    expect(await statusOfEndless(page.url, { ...form({}).headers, cookie })).toBe(413);
  });

  test('headers and addresses beyond 16 KiB are 431, and the server goes on', async () => {
    const long = 'x'.repeat(20_000);
    expect((await raw(stile.issuer, `/auth?state=${long}`)).status).toBe(431);
    expect((await raw(stile.issuer, '/auth', { headers: { cookie: long } })).status).toBe(431);
    expect((await raw(stile.issuer, '/healthz')).status).toBe(200);
  });

  test('what is no form is 415', async () => {
    const person = new Person();
    const page = await person.go(await url());
    for (const type of ['application/json', 'multipart/form-data; boundary=x', 'text/plain', '']) {
      const answer = await raw(stile.issuer, page.url.pathname, {
        method: 'POST',
        headers: { 'content-type': type },
        body: '{}',
      });
      expect([type, answer.status]).toEqual([type, 415]);
    }
  });
});

describe('silence', () => {
  test.each([
    ['nobody is signed in', {}, 'login_required'],
    ['together with login', { prompt: 'none login' }, 'invalid_request'],
    ['together with consent', { prompt: 'none consent' }, 'invalid_request'],
    ['an unknown prompt', { prompt: 'dance' }, 'invalid_request'],
  ])('%s', async (_what, more, error) => {
    const page = await nobody(new Person(), await new Person().go(await url({ prompt: 'none', ...more })));
    expect(page.url.searchParams.get('error')).toBe(error);
    expect(page.url.searchParams.get('iss')).toBe(stile.issuer);
  });

  test('never shows a page to somebody signed in of whom more is asked', async () => {
    const person = new Person();
    await rp.signIn(person, {}, as(someone()));
    for (const [more, error] of [
      [{ acr_values: 'https://refeds.org/profile/mfa' }, 'interaction_required'],
      [{ max_age: '0' }, 'login_required'],
      [{ acr_values: 'phrh' }, 'unmet_authentication_requirements'],
      [{ claims: '{"id_token":{"sub":{"value":"somebody-else"}}}' }, 'login_required'],
    ] as const) {
      const answer = await rp.signIn(person, { prompt: 'none', ...more }, nobody);
      expect([more, answer.error]).toEqual([more, error]);
    }
  });
});

/** Sends a body without end, and says what it is told. */
function statusOfEndless(url: URL, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, agent: false }, (res) => {
      clearInterval(more);
      resolve(res.statusCode ?? 0);
      sent.destroy();
    });
    const more = setInterval(() => sent.write('x'.repeat(16_384)), 5);
    sent.on('error', reject);
  });
}
