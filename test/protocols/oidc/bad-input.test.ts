import { request } from 'node:http';
import { StoreAway } from '../../../src/domain/store-away.ts';
import { ask, authorizeUrl, Chrome, type House, openHouse, redeem, redirect, refusal, signedIn } from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => {
  expect(house.faults).toEqual([]);
  house.close();
});
const silent = { prompt: 'none' };

describe('a page, and no redirect', () => {
  test.each([
    ['an unknown client', { client_id: 'nobody' }],
    ['a foreign redirect_uri', { redirect_uri: 'https://evil.example/' }],
    ['no redirect_uri', { redirect_uri: '' }],
  ])('for %s', async (_what, change) => {
    const url = await authorizeUrl(house, 'wiki');
    for (const [name, value] of Object.entries(change)) url.searchParams.set(name, value);
    const answer = await new Chrome().go(url);
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await answer.text()).toMatch(/^<h1>400 invalid_/);
  });

  test('for a sign-in that has expired', async () => {
    expect((await new Chrome().go(`${house.issuer}/auth/unknown`)).status).toBe(400);
  });

  test('for an address that is nobody, and a verb nobody knows', async () => {
    expect((await new Chrome().go(`${house.issuer}/me`, undefined, { accept: 'application/json' })).status).toBe(401);
    const deleted = await fetch(`${house.issuer}/token`, { method: 'DELETE' });
    expect(deleted.status).toBe(404);
  });
});

describe('an OAuth error in the standard form', () => {
  test.each([
    ['malformed claims JSON', { claims: '{' }],
    ['claims that are no object', { claims: '[]' }],
    ['a claims request of the wrong kind', { claims: '{"id_token":{"acr":{"values":1}}}' }],
    ['an unknown prompt', { prompt: 'dance' }],
    ['prompt=none with another', { prompt: 'none login' }],
    ['a max_age that is no number', { max_age: 'soon' }],
  ])('for %s', async (_what, more) => {
    const back = await ask(house, await signedIn(house, 'ana', 'password'), 'wiki', more as Record<string, string>);
    expect(back.origin).toBe('http://127.0.0.1:1');
    expect([refusal(back), back.searchParams.get('state')]).toEqual(['invalid_request', 'st']);
  });

  test('for a parameter sent twice, by GET and by POST', async () => {
    const url = await authorizeUrl(house, 'wiki');
    url.searchParams.append('scope', 'email');
    expect(refusal((await new Chrome().go(url)).to)).toBe('invalid_request');
    const posted = await new Chrome().go(`${house.issuer}/auth`, url.searchParams.toString());
    expect(refusal((await new Chrome().go(posted.to)).to)).toBe('invalid_request');
  });

  test('for response types that are off', async () => {
    const back = await ask(house, new Chrome(), 'wiki', { response_type: 'code id_token', nonce: 'n' });
    expect(new URLSearchParams(back.hash.slice(1)).get('error')).toBe('unsupported_response_type');
  });

  test('for a token request that is too large or not a form', async () => {
    const large = await fetch(`${house.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ code: 'x'.repeat(70_000) }),
    });
    expect([large.status, ((await large.json()) as { error: string }).error]).toEqual([400, 'invalid_request']);
    const json = await fetch(`${house.issuer}/token`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect([json.status, ((await json.json()) as { error: string }).error]).toEqual([400, 'invalid_request']);
  });
});

describe('authorization by POST', () => {
  const form = async (more: Record<string, string> = {}) =>
    (await authorizeUrl(house, 'wiki', more)).searchParams.toString();

  test('is sent on by GET, where the session cookie comes along', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const sent = await chrome.go(`${house.issuer}/auth`, await form(silent));
    expect(sent.status).toBe(303);
    const tokens = await redeem(house, 'wiki', (await chrome.go(sent.to)).to);
    expect(tokens.claims()!.sub).toBe('ana');
  });

  test('over 4 KiB waits here, and the address carries an id that survives a reload', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const claims = JSON.stringify({
      userinfo: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`claim_${i}`, null])),
    });
    const sent = await chrome.go(`${house.issuer}/auth`, await form({ claims, ...silent }));
    expect(sent.to.search.length).toBeLessThan(60);
    await chrome.go(sent.to);
    const back = (await chrome.go(sent.to)).to;
    expect((await redeem(house, 'wiki', back)).claims()!.sub).toBe('ana');
  });

  test('that waited too long gets a page that says so', async () => {
    const answer = await new Chrome().go(`${house.issuer}/auth?stile_request=gone`);
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('expired')]);
  });

  test('over 64 KiB, or no form, gets a page', async () => {
    const large = await new Chrome().go(`${house.issuer}/auth`, { state: 'x'.repeat(66_000) });
    expect([large.status, await large.text()]).toEqual([413, expect.stringContaining('too large')]);
    const json = await fetch(`${house.issuer}/auth`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(json.status).toBe(415);
  });
});

describe('form_post', () => {
  test('carries our policy: its own script by hash, the way to the application, and a button without script', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const page = await chrome.go(await authorizeUrl(house, 'wiki', { response_mode: 'form_post', ...silent }));
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("form-action 'self' http://127.0.0.1:1;");
    expect(policy).toMatch(/script-src 'self' 'sha256-[^']+';/);
    expect(policy).not.toContain('unsafe-inline');
    const html = await page.text();
    expect(html).toContain('<noscript>');
    expect(html).toContain(`action="${redirect}"`);
  });
});

describe('a forged Host', () => {
  test('gets into neither discovery nor a redirect', async () => {
    const answer = await new Promise<string>((ok) => {
      const sent = request(
        `${house.issuer}/.well-known/openid-configuration`,
        { headers: { host: 'evil.example' } },
        (res) => {
          let body = '';
          res.on('data', (chunk) => {
            body += chunk;
          });
          res.on('end', () => ok(body));
        },
      );
      sent.end();
    });
    expect(answer).not.toContain('evil.example');
  });
});

describe('while a store is away', () => {
  const away = new StoreAway('Postgres');

  test('the token endpoint says 503 and when to come again, and recovers by itself', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const [first, second] = [await ask(house, chrome, 'wiki'), await ask(house, chrome, 'wiki')];
    house.failing = away;
    const answer = await fetch(`${house.issuer}/token`, {
      method: 'POST',
      headers: { accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'wiki',
        code: first.searchParams.get('code')!,
        redirect_uri: redirect,
        code_verifier: 'v'.repeat(43),
      }),
    });
    expect(answer.status).toBe(401);
    await expect(redeem(house, 'wiki', first)).rejects.toMatchObject({ cause: { status: 503 } });
    house.failing = undefined;
    expect((await redeem(house, 'wiki', second)).claims()!.sub).toBe('ana');
  });

  test('the authorization endpoint shows a 503 page', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    house.door.fails = away;
    const answer = await chrome.go(await authorizeUrl(house, 'wiki'));
    expect([answer.status, answer.headers.get('retry-after'), answer.headers.get('location')]).toEqual([
      503,
      '5',
      null,
    ]);
    expect(await answer.text()).toContain('503');
  });
});

describe('a bug', () => {
  test('is told to us, and to them only that something went wrong', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    house.door.fails = new Error('the secret reason');
    const answer = await chrome.go(await authorizeUrl(house, 'wiki'));
    expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('secret reason')]);
    expect(house.faults.splice(0)).toEqual([house.door.fails]);
  });
});
