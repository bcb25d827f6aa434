import * as rp from 'openid-client';
import {
  ask,
  authorizeUrl,
  Chrome,
  client,
  type House,
  openHouse,
  redeem,
  redirect,
  refusal,
  signedIn,
  walk,
} from './house.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => {
  expect(house.faults).toEqual([]);
  house.close();
});
const refeds = 'https://refeds.org/profile/mfa';
const essential = (value: unknown) => ({ claims: JSON.stringify({ id_token: value }) });
const silent = { prompt: 'none' };

describe('signing in', () => {
  test('ana signs in with a password and her ID token says how, when, and in which session', async () => {
    const chrome = new Chrome();
    const page = await ask(house, chrome, 'wiki');
    expect(page.pathname).toMatch(/^\/signin\//);
    const claims = (await redeem(house, 'wiki', await walk(house, chrome, page, 'ana', 'password'))).claims()!;
    expect(claims).toMatchObject({ sub: 'ana', acr: 'urn:stile:acr:aal1', amr: ['pwd'] });
    expect(claims.sid).toEqual(expect.any(String));
    expect(Math.abs(Number(claims.auth_time) - Date.now() / 1000)).toBeLessThan(5);
  });

  test('a session of ours answers silently, and the library writes no session cookie over it', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const cookie = chrome.jar.get('stile');
    const back = await ask(house, chrome, 'wiki', silent);
    expect(chrome.wrote).toEqual([]);
    expect((await redeem(house, 'wiki', back)).claims()!.sub).toBe('ana');
    expect(chrome.jar.get('stile')).toBe(cookie);
  });

  test('asks for more, gets it, and says so; the session stays and so does its name', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const first = (await redeem(house, 'wiki', await ask(house, chrome, 'wiki'))).claims()!;
    const page = await ask(house, chrome, 'wiki', { acr_values: refeds });
    const second = (await redeem(house, 'wiki', await walk(house, chrome, page, 'ana', 'totp'))).claims()!;
    expect(second).toMatchObject({ acr: refeds, amr: ['mfa', 'otp', 'pwd'], sid: first.sid });
  });

  test('a stronger session satisfies a weaker request without a page, in the words that were asked', async () => {
    const chrome = await signedIn(house, 'ana', 'password', 'totp');
    const back = await ask(house, chrome, 'wiki', { acr_values: 'urn:stile:acr:aal1', ...silent });
    expect((await redeem(house, 'wiki', back)).claims()!.acr).toBe('urn:stile:acr:aal1');
  });

  test('default_acr_values and default_max_age of a client are asked for', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    await ask(house, chrome, 'strict');
    expect(house.door.asked.at(-1)!.wants[0]!.anyOf[0]!.id).toBe('mfa');
    expect(house.door.asked.at(-1)!.after).toBeLessThan(Date.now() - 599_000);
  });

  test('max_age=0 is a fresh sign-in', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    expect((await ask(house, chrome, 'wiki', { max_age: '0' })).pathname).toMatch(/^\/signin\//);
  });

  test('the Check runs again on the way back: a walk that proved too little issues nothing', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const page = await ask(house, chrome, 'wiki', { acr_values: refeds });
    const again = await walk(house, chrome, page, 'ana', 'password');
    expect(again.pathname).toMatch(/^\/signin\//);
    expect(again.pathname).not.toBe(page.pathname);
  });

  test('somebody else may sign in under prompt=login: fresh session, fresh sid, no error', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const before = (await redeem(house, 'wiki', await ask(house, chrome, 'wiki'))).claims()!;
    const page = await ask(house, chrome, 'wiki', { prompt: 'login' });
    const after = (await redeem(house, 'wiki', await walk(house, chrome, page, 'ben', 'password'))).claims()!;
    expect(after.sub).toBe('ben');
    expect(after.sid).not.toBe(before.sid);
    expect(house.told).toEqual([`wiki ana ${before.sid}`]);
  });

  test('coming back before the walk has ended leads to its page, not to an error', async () => {
    const chrome = new Chrome();
    const page = await ask(house, chrome, 'wiki');
    const early = await chrome.go(`${house.issuer}/auth/${page.pathname.split('/')[2]}`);
    expect([early.status, early.to.pathname]).toEqual([303, page.pathname]);
  });

  test('another browser cannot end the walk it was not begun in', async () => {
    const page = await ask(house, new Chrome(), 'wiki');
    const thief = await signedIn(house, 'ben', 'password');
    const answer = await thief.go(`${house.issuer}/auth/${page.pathname.split('/')[2]}`);
    expect(answer.status).toBe(400);
  });

  test('a "no" on the page goes back to the application as access_denied, with state and iss', async () => {
    const chrome = new Chrome();
    const page = await ask(house, chrome, 'wiki');
    const back = (await chrome.go((await chrome.go(`${house.issuer}${page.pathname}?refuse=denied`, {})).to)).to;
    expect(refusal(back)).toBe('access_denied');
    expect([back.searchParams.get('state'), back.searchParams.get('iss')]).toEqual(['st', house.issuer]);
    expect(house.door.walks.size).toBe(0);
  });

  test('an answer about another session than the one the library holds issues nothing', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    house.door.sid = 'replaced meanwhile';
    expect(refusal(await ask(house, chrome, 'wiki', silent))).toBe('login_required');
  });

  test('three applications join a session at once and none is lost', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    await Promise.all(['wiki', 'mail', 'calendar'].map((id) => ask(house, chrome.copy(), id, silent)));
    const session = await house.sessions.load(chrome.jar.get('stile'));
    expect(Object.keys(session!.participants).sort()).toEqual(['calendar-id', 'mail', 'wiki']);
  });

  test('a silent request that is refused leaves no trace in the session', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    await ask(house, chrome, 'wiki', { acr_values: refeds, ...silent });
    expect((await house.sessions.load(chrome.jar.get('stile')))!.participants).toEqual({});
  });
});

describe('silently', () => {
  test.each([
    ['sign-in-needed', 'login_required'],
    ['interaction-needed', 'interaction_required'],
    ['consent-needed', 'consent_required'],
    ['selection-needed', 'account_selection_required'],
    ['requirements-unmet', 'unmet_authentication_requirements'],
    ['denied', 'access_denied'],
    ['unavailable', 'temporarily_unavailable'],
  ] as const)('%s is told as %s', async (code, error) => {
    house.door.refuses = code;
    const chrome = await signedIn(house, 'ana', 'password');
    expect(refusal(await ask(house, chrome, 'wiki', silent))).toBe(error);
  });

  test('an essential acr nobody knows is unmet_authentication_requirements, page or no page', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const request = essential({ acr: { essential: true, value: 'nobody:knows' } });
    expect(refusal(await ask(house, chrome, 'wiki', request))).toBe('unmet_authentication_requirements');
  });

  test('id_token_hint of ana lets nobody else through', async () => {
    const ana = await signedIn(house, 'ana', 'password');
    const hint = (await redeem(house, 'wiki', await ask(house, ana, 'wiki'))).id_token!;
    expect(refusal(await ask(house, ana, 'wiki', { id_token_hint: hint, ...silent }))).toBeNull();
    const ben = await signedIn(house, 'ben', 'password');
    expect(refusal(await ask(house, ben, 'wiki', { id_token_hint: hint, ...silent }))).toBe('login_required');
    expect(house.door.asked.at(-1)!.subject).toBe('ana');
  });

  test('a forged id_token_hint is invalid_request', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    expect(refusal(await ask(house, chrome, 'wiki', { id_token_hint: 'e30.e30.x', ...silent }))).toBe(
      'invalid_request',
    );
  });
});

describe('pairwise subjects', () => {
  test('calendar knows ana by another name, the same every time, in an ES256 token and at userinfo', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const tokens = await redeem(house, 'calendar', await ask(house, chrome, 'calendar'));
    const { sub } = tokens.claims()!;
    expect(sub).not.toBe('ana');
    expect(JSON.parse(Buffer.from(tokens.id_token!.split('.')[0]!, 'base64url').toString()).alg).toBe('ES256');
    expect(await rp.fetchUserInfo(await client(house, 'calendar'), tokens.access_token, sub)).toMatchObject({ sub });
  });

  test('its hint is resolved to the session, and after a walk compared again', async () => {
    const ana = await signedIn(house, 'ana', 'password');
    const hint = { id_token_hint: (await redeem(house, 'calendar', await ask(house, ana, 'calendar'))).id_token! };
    expect(refusal(await ask(house, ana, 'calendar', { ...hint, ...silent }))).toBeNull();
    const nobody = new Chrome();
    expect(refusal(await ask(house, nobody, 'calendar', { ...hint, ...silent }))).toBe('login_required');
    const page = await ask(house, nobody, 'calendar', hint);
    expect(refusal(await walk(house, nobody, page, 'ben', 'password'))).toBe('login_required');
    const right = await walk(house, nobody, await ask(house, nobody, 'calendar', hint), 'ana', 'password');
    expect((await redeem(house, 'calendar', right)).claims()!.sub).toEqual(expect.any(String));
  });
});

describe('what is shared', () => {
  test('userinfo releases what the scopes say and declared claims, never a forged acr or sub', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const tokens = await redeem(house, 'wiki', await ask(house, chrome, 'wiki'));
    expect(await rp.fetchUserInfo(await client(house, 'wiki'), tokens.access_token, 'ana')).toEqual({
      sub: 'ana',
      name: 'Ana',
      preferred_username: 'ana',
      department: 'Sales',
      email: 'ana@example.com',
      email_verified: true,
      groups: ['staff'],
    });
  });

  test('without a scope its claims stay here, unless the claims parameter names them', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const request = { scope: 'openid', claims: JSON.stringify({ userinfo: { email: null } }) };
    const tokens = await redeem(house, 'wiki', await ask(house, chrome, 'wiki', request));
    const told = await rp.fetchUserInfo(await client(house, 'wiki'), tokens.access_token, 'ana');
    expect(told).toEqual({ sub: 'ana', email: 'ana@example.com' });
  });

  test('a third party has to be agreed to, once', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    expect(refusal(await ask(house, chrome, 'shop', silent))).toBe('consent_required');
    const page = await ask(house, chrome, 'shop');
    expect(house.door.asked.at(-1)!.shares!.items).toEqual(['openid', 'profile', 'email', 'groups']);
    const said = await chrome.go(`${house.issuer}${page.pathname}?user=ana&agree`, {});
    expect((await redeem(house, 'shop', (await chrome.go(said.to)).to)).claims()!.sub).toBe('ana');
    expect(refusal(await ask(house, chrome, 'shop', silent))).toBeNull();
  });
});

describe('public clients', () => {
  test('must use PKCE with S256', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const url = await authorizeUrl(house, 'spa');
    url.searchParams.delete('code_challenge');
    url.searchParams.delete('code_challenge_method');
    expect(refusal((await chrome.go(url)).to)).toBe('invalid_request');
    const plain = await authorizeUrl(house, 'spa', { code_challenge_method: 'plain' });
    expect(refusal((await chrome.go(plain)).to)).toBe('invalid_request');
    const claims = (await redeem(house, 'spa', await ask(house, chrome, 'spa'))).claims()!;
    expect(claims).toMatchObject({ sub: 'ana', acr: 'urn:stile:acr:aal1', sid: expect.any(String) });
  });

  test('are called from their declared origins and from no other', async () => {
    const chrome = await signedIn(house, 'ana', 'password');
    const attempt = async (origin: string) => {
      const code = (await ask(house, chrome, 'spa')).searchParams.get('code')!;
      const body = {
        grant_type: 'authorization_code',
        client_id: 'spa',
        code,
        redirect_uri: redirect,
        code_verifier: 'v'.repeat(43),
      };
      return fetch(`${house.issuer}/token`, { method: 'POST', headers: { origin }, body: new URLSearchParams(body) });
    };
    const ours = await attempt('https://spa.example');
    expect([ours.status, ours.headers.get('access-control-allow-origin')]).toEqual([200, 'https://spa.example']);
    const theirs = await attempt('https://evil.example');
    expect([theirs.status, theirs.headers.get('access-control-allow-origin')]).toEqual([400, null]);
  });
});
