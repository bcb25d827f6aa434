import { setTimeout as wait } from 'node:timers/promises';
import { type Page, Person } from '../support/person.ts';
import {
  as,
  freshCode,
  MFA,
  newcomer,
  nobody,
  PASSWORD,
  RelyingParty,
  secretOf,
  settings,
  someone,
} from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { form, leaks, raw, rows } from './attacker.ts';

let stile: Stile;
let rp: RelyingParty;

beforeAll(async () => {
  stile = await startStile({ config: settings() });
  rp = await RelyingParty.at(stile);
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  await stile.stop();
});

const step = (page: Page) => page.form?.fields.step;
const cookie = (person: Person) => person.cookies.get('stile') ?? '';
/** A browser that holds nothing but this session cookie. */
function holding(value: string): Person {
  const person = new Person();
  person.cookies.set('stile', value);
  return person;
}
const silent = async (person: Person, more: Record<string, string> = {}) => {
  const answer = await rp.signIn(person, { prompt: 'none', ...more }, nobody);
  return answer.error ?? answer.claims.acr;
};
const aal1 = 'urn:stile:acr:aal1';

describe('a session cookie', () => {
  test('that was cut, forged, doubled or blown up opens nothing, and is never a 500', async () => {
    const person = new Person();
    await rp.signIn(person, {}, as(someone()));
    const good = cookie(person);
    const [sid = '', secret = ''] = good.split('.');
    expect(await silent(holding(good))).toBe(aal1);
    const last = secret.at(-1) === 'A' ? 'B' : 'A';
    for (const bad of [
      sid,
      `${sid}.`,
      `.${secret}`,
      `${sid}.${secret.slice(0, -1)}`,
      `${sid}.${secret.slice(0, 10)}`,
      `${sid}.${secret}.${secret}`,
      `${sid}.${last}${secret.slice(1)}`,
      `${sid}x.${secret}`,
      `${secret}.${sid}`,
      'x'.repeat(1000),
      `${'x'.repeat(500)}.${'y'.repeat(500)}`,
      '',
      '.',
      '__proto__.x',
      `${sid}.${secret}%00`,
      '%00',
      '"',
      'a b',
      `../${sid}.${secret}`,
      'é.ü',
    ].map((one) => Buffer.from(one).toString('latin1'))) {
      const person = holding(bad);
      const answer = await person.fetch((await rp.request({ prompt: 'none' })).url);
      expect([bad, answer.headers.get('location')]).toEqual([bad, expect.stringContaining('error=login_required')]);
      const account = await holding(bad).go(`${stile.issuer}/account`);
      expect([bad, account.status, step(account)]).toEqual([bad, 200, 'identify']);
    }
  });

  test('spelled so that one reader sees it and another does not is no way in, and no 500', async () => {
    const person = new Person();
    await rp.signIn(person, {}, as(someone()));
    const good = cookie(person);
    const other = new Person();
    await rp.signIn(other, {}, as(someone()));
    const { pathname, search } = (await rp.request({ prompt: 'none' })).url;
    for (const header of [
      `stile =${good}`,
      `stile="${good}"`,
      `stile= ${good}`,
      `stile=;stile=${good}`,
      `stile=${good};stile=${cookie(other)}`,
      `Stile=${good}`,
      `stile=x; stile=${good}`,
      `a; =; ;;stile=${good}`,
      `stile=${good}\t`,
    ]) {
      for (const path of [`${pathname}${search}`, '/account', '/session/end']) {
        const answer = await raw(stile.issuer, path, { headers: { cookie: header } });
        expect([header, path, answer.status < 500]).toEqual([header, path, true]);
        expect(answer.body).not.toMatch(leaks);
      }
    }
  });

  test('that somebody planted is never adopted: signing in makes a new one, and the planted one stays worthless', async () => {
    const planted = `${'A'.repeat(24)}.${'B'.repeat(24)}`;
    const person = holding(planted);
    await rp.signIn(person, {}, as(someone()));
    expect(cookie(person)).not.toContain('A'.repeat(24));
    expect(await silent(holding(planted))).toBe('login_required');
  });

  test("of the attacker's own session, planted before ana signs in, shows him nothing of hers", async () => {
    const attacker = new Person();
    await rp.signIn(attacker, {}, as(newcomer()));
    const planted = cookie(attacker);
    const ana = holding(planted);
    await rp.signIn(ana, { prompt: 'login', acr_values: MFA }, as(someone()));
    expect(cookie(ana).split('.')[0]).not.toBe(planted.split('.')[0]);
    expect(await silent(holding(planted))).toBe('login_required');
  });
});

describe('when something is proved the secret rotates', () => {
  test('the old one answers ten seconds more with the evidence as it was, then nothing', async () => {
    const person = new Person();
    const ana = someone();
    await rp.signIn(person, {}, as(ana));
    const old = cookie(person);
    await rp.signIn(person, { acr_values: MFA }, as(ana));
    expect(cookie(person)).not.toBe(old);
    expect(cookie(person).split('.')[0]).toBe(old.split('.')[0]);
    expect(await silent(holding(old))).toBe(aal1);
    expect(await silent(holding(old), { acr_values: MFA })).toBe('interaction_required');
    expect(await silent(person, { acr_values: MFA })).toBe(MFA);
    await wait(10_200);
    expect(await silent(holding(old))).toBe('login_required');
    expect(await silent(person, { acr_values: MFA })).toBe(MFA);
  }, 30_000);

  test('the old one cannot be made into the new one by proving something with it', async () => {
    const person = new Person();
    const ana = someone();
    await rp.signIn(person, {}, as(ana));
    const thief = holding(cookie(person));
    await rp.signIn(person, { acr_values: MFA }, as(ana));
    // He has the cookie of a moment ago and the password; she has just used her phone.
    const { url } = await rp.request({ prompt: 'login' });
    await as(ana)(thief, await thief.go(url));
    expect(await silent(thief, { acr_values: MFA })).not.toBe(MFA);
    expect(await silent(person, { acr_values: MFA })).toBe(MFA);
  });

  test('a change of user and both ways of signing out end the old one at once', async () => {
    const ana = someone();
    const changed = new Person();
    await rp.signIn(changed, {}, as(ana));
    const before = cookie(changed);
    await rp.signIn(changed, { prompt: 'login' }, as(newcomer()));
    expect(await silent(holding(before))).toBe('login_required');

    const left = new Person();
    await rp.signIn(left, {}, as(ana));
    const one = cookie(left);
    await rp.signIn(left, { acr_values: MFA }, as(ana));
    const two = cookie(left);
    const account = await left.go(`${stile.issuer}/account`);
    await left.go(`${stile.issuer}/account/sign-out`, form({ csrf: account.form?.fields.csrf as string }));
    for (const old of [one, two]) expect(await silent(holding(old))).toBe('login_required');

    const asked = new Person();
    await rp.signIn(asked, {}, as(ana));
    const last = cookie(asked);
    const page = await asked.go(`${stile.issuer}/session/end?client_id=rp`);
    await asked.submit(page);
    expect(await silent(holding(last))).toBe('login_required');
  });
});

describe('tokens of a session that ended', () => {
  test('are dead at userinfo, at refresh and at introspection; a code on its way is too', async () => {
    const person = new Person();
    const { tokens } = await rp.signIn(person, {}, as(someone()));
    const userinfo = () => fetch(`${stile.issuer}/me`, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect((await userinfo()).status).toBe(200);
    const { url, checks } = await rp.request();
    const end = await person.go(url);
    const account = await person.go(`${stile.issuer}/account`);
    await person.go(`${stile.issuer}/account/sign-out`, form({ csrf: account.form?.fields.csrf as string }));
    expect((await userinfo()).status).toBe(401);
    const bad = [400, 'invalid_grant'];
    const authorized = async (path: string, fields: Record<string, string>) => {
      const authorization = `Basic ${Buffer.from('rp:a+client+secret+for+tests').toString('base64')}`;
      const sent = form(fields);
      const answer = await raw(stile.issuer, path, { ...sent, headers: { ...sent.headers, authorization } });
      return [answer.status, JSON.parse(answer.body).error ?? JSON.parse(answer.body).active];
    };
    const refresh_token = tokens.refresh_token as string;
    expect(await authorized('/token', { grant_type: 'refresh_token', refresh_token })).toEqual(bad);
    expect(await authorized('/token/introspection', { token: tokens.access_token })).toEqual([200, false]);
    const code = end.url.searchParams.get('code') as string;
    const { pkceCodeVerifier: code_verifier = '' } = checks as { pkceCodeVerifier?: string };
    const redirect_uri = 'https://rp.example/cb';
    expect(await authorized('/token', { grant_type: 'authorization_code', code, code_verifier, redirect_uri })).toEqual(
      bad,
    );
  });
});

describe('a stolen password', () => {
  test('cannot add an authenticator beside the one ana has, nor take hers away, nor change the password', async () => {
    const thief = new Person();
    const ana = someone();
    await rp.signIn(thief, {}, as(ana));
    const page = await thief.go(`${stile.issuer}/account/methods`);
    const csrf = page.form?.fields.csrf as string;
    const [own] = await rows<{ id: string }>(
      stile.databaseUrl,
      `select c.id from credentials c join users u on u.id = user_id where username = $1 and method = 'totp'`,
      [ana],
    );
    const post = (path: string, fields: Record<string, string>) =>
      thief.go(`${stile.issuer}/account/${path}`, form({ csrf, ...fields }));
    expect(step(await post('methods/add', { method: 'totp' }))).toBe('prove:totp');
    for (const act of ['remove', 'prefer']) {
      expect([act, step(await post(`methods/${own?.id}/${act}`, {}))]).toEqual([act, 'prove:totp']);
    }
    expect(step(await post('password', { password: 'a long enough new password' }))).toBe('prove:totp');
    expect(step(await post('two-step', { on: 'yes' }))).toBe('prove:totp');
    expect(step(await thief.go(`${stile.issuer}/account/password`))).toBe('prove:totp');
  });

  test('gets nothing from an "add" that was left open from before mei had her authenticator', async () => {
    const [thief, own] = [new Person(), new Person()];
    const mei = newcomer();
    await rp.signIn(thief, {}, as(mei));
    const page = await thief.go(`${stile.issuer}/account/methods`);
    const register = await thief.go(
      `${stile.issuer}/account/methods/add`,
      form({ csrf: page.form?.fields.csrf as string, method: 'totp' }),
    );
    expect(step(register)).toBe('register:totp');
    const secret = /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(register.html)?.[1]?.replaceAll(' ', '') as string;
    await rp.signIn(own, { acr_values: MFA }, as(mei));
    const after = await thief.submit(register, { code: freshCode(secret) });
    expect(step(after)).toBe('prove:totp');
    const credentials = await rows(
      stile.databaseUrl,
      `select 1 from credentials c join users u on u.id = user_id where username = $1 and method = 'totp'`,
      [mei],
    );
    expect(credentials).toHaveLength(1);
  });

  test("does not end or see other people's sessions, credentials or consents", async () => {
    const [thief, victim] = [new Person(), new Person()];
    const ana = someone();
    await rp.signIn(victim, {}, as(ana));
    await rp.signIn(thief, {}, as(someone()));
    const page = await thief.go(`${stile.issuer}/account`);
    const csrf = page.form?.fields.csrf as string;
    const sid = cookie(victim).split('.')[0] as string;
    const [own] = await rows<{ id: string }>(
      stile.databaseUrl,
      `select c.id from credentials c join users u on u.id = user_id where username = $1 and method = 'totp'`,
      [ana],
    );
    await thief.go(`${stile.issuer}/account/sessions/end`, form({ csrf, sid }));
    for (const act of ['rename', 'prefer', 'remove', 'lost']) {
      const sent = await thief.go(
        `${stile.issuer}/account/methods/${own?.id}/${act}`,
        form({ csrf, label: 'Pixel of a thief' }),
      );
      expect([act, sent.status]).toEqual([act, 404]);
    }
    expect(await silent(victim)).toBe(aal1);
    const code = freshCode(secretOf(ana));
    const asked = await victim.go((await rp.request({ acr_values: MFA })).url);
    expect((await victim.submit(asked, { code })).url.searchParams.has('code')).toBe(true);
  });

  test('cannot lead a walk of the account pages elsewhere', async () => {
    const host = new URL(stile.issuer).host;
    for (const path of [
      '//evil.example/account',
      'http://evil.example/account',
      '/\\evil.example/account',
      '/account/..//evil.example',
    ]) {
      const answer = await raw(stile.issuer, path, { headers: { host } });
      const person = new Person();
      if (answer.status !== 303) continue;
      for (const line of answer.headers['set-cookie'] ?? []) {
        const [pair = ''] = line.split(';');
        person.cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
      }
      let page = await person.go(new URL(answer.headers.location as string, stile.issuer));
      page = await person.submit(page, { username: someone() });
      const posted = await person.fetch(page.url, form({ ...page.form?.fields, password: PASSWORD }));
      const shown = await person.fetch(new URL(posted.headers.get('location') as string, stile.issuer));
      expect([path, shown.headers.get('location')]).toEqual([path, expect.stringMatching(/^\/account\?walk=/)]);
    }
  });
});
