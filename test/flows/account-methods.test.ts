/** What may be done with sign-in methods, and what it takes, at sign-in and on the account pages alike: at a real server. */
import { join } from 'node:path';
import { requestFor, textOf } from '../../src/admin/api/request.ts';
import { operationById } from '../../src/admin/operations/table.ts';
import { askThrough } from '../../src/admin/socket.ts';
import { rows } from '../attack/attacker.ts';
import { Authenticator, type CreationOptions, optionsIn, type RequestOptions } from '../support/authenticator.ts';
import { openMailbox, type TestMailbox } from '../support/mailbox.ts';
import { type Page, Person } from '../support/person.ts';
import {
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

let stile: Stile;
let mailbox: TestMailbox;
let rp: RelyingParty;

const worker = (username: string) => ({
  ...{ username, name: username, password: PASSWORD, groups: ['Bank'] },
  ...{ email: `${username}@northfold.example`, email_verified: true },
});
const house = (first: string) =>
  settings(
    {
      enrolment: { first },
      stores: [{ id: 'local', methods: {} }],
      groups: [{ name: 'Bank', methods: { totp: 'required', webauthn: 'required' } }],
      mail: { url: mailbox.url, from: 'stile@northfold.example' },
      users: [{ ...worker('ren'), methods: { totp: { secret: secretOf('ren') } } }, worker('noa')],
    },
    25,
  );
const sql = <T>(text: string, ...values: unknown[]) => rows<T>(stile.databaseUrl, text, values);
/** Everybody's address is verified; the file says nothing of it. */
const addressed = () =>
  sql(
    `update users set email = username || '@northfold.example', email_key = username || '@northfold.example',
     email_verified = true where username ~ '^(ana|mei)\\d'`,
  );

beforeAll(async () => {
  mailbox = await openMailbox();
  stile = await startStile({ config: house('mailed-link') });
  rp = await RelyingParty.at(stile);
  await addressed();
});
afterAll(async () => {
  expect(stile?.output()).not.toMatch(/"level":(50|60)/);
  await stile?.stop();
  await mailbox?.stop();
});

const METHODS = '/account/methods';
const stepOf = (page: Page) => page.form?.fields.step ?? '';
const by = (value: string) => ({ name: 'method', value });
const later = { name: 'do', value: 'later' };
const at = (path: string) => `${stile.issuer}${path}`;
/** Of all that is written to somebody, the next letter with a code. */
async function codeFor(username: string): Promise<string> {
  for (;;) {
    const { code } = await mailbox.next(`${username}@northfold.example`);
    if (code) return code;
  }
}

interface Has {
  readonly secret?: string;
  readonly key?: Authenticator;
  readonly pass?: string;
  readonly recovery?: string;
  /** Steps at which to stop. */
  readonly stop?: RegExp;
  readonly met?: string[];
}
/** Answers whatever is asked with what the person has, until it is something else, or asked a second time. */
async function walk(person: Person, start: Page, username: string, has: Has = {}): Promise<Page> {
  const met = has.met ?? [];
  for (let page = start; ; ) {
    const step = stepOf(page);
    if (step === '' || met.includes(step) || has.stop?.test(step)) return page;
    met.push(step);
    const secret = has.secret ?? secretOf(username);
    if (step === 'identify') page = await person.submit(page, { username });
    else if (step === 'prove:password') page = await person.submit(page, { password: PASSWORD });
    else if (step === 'prove:totp') page = await person.submit(page, { code: freshCode(secret) });
    else if (step === 'prove:email-code') page = await person.submit(page, { code: await codeFor(username) });
    else if (step === 'prove:access-pass' && has.pass) page = await person.submit(page, { code: has.pass });
    else if (step === 'prove:recovery-code' && has.recovery) page = await person.submit(page, { code: has.recovery });
    else if (step === 'prove:webauthn' && has.key)
      page = await person.submit(page, { response: has.key.get(optionsIn<RequestOptions>(page.html)) });
    else if (step === 'register:webauthn' && has.key)
      page = await person.submit(page, { response: has.key.create(optionsIn<CreationOptions>(page.html)) });
    else if (step === 'register:webauthn') page = await person.submit(page, {}, by('totp'));
    else if (step === 'register:totp') page = await person.submit(page, { code: freshCode(shownOn(page)) });
    else if (step === 'consent') page = await person.submit(page);
    else if (step === 'register:recovery-code' || step === 'anew') page = await person.submit(page, {}, later);
    else return page;
  }
}
const shownOn = ({ html }: Page) =>
  /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(html)?.[1]?.replaceAll(' ', '') as string;

async function home(username: string, has: Has = {}, person = new Person()) {
  const page = await walk(person, await person.go(at(METHODS)), username, has);
  expect(page.url.pathname).toBe(METHODS);
  return { person, page };
}
/** At an application, as far as it goes. */
async function atRp(username: string, has: Has = {}, params: Record<string, string> = {}, person = new Person()) {
  const { url } = await rp.request(params);
  return { person, page: await walk(person, await person.go(url), username, has) };
}
const arrived = ({ url }: Page) => url.href.startsWith('https://rp.example/cb?code=');
function send(person: Person, page: Page, action: string, fields: Record<string, string> = {}) {
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] as string;
  return person.go(at(action), { method: 'POST', body: new URLSearchParams({ csrf, ...fields }) });
}
const idOf = async (username: string, method: string) => {
  const [one] = await sql<{ id: string }>(
    'select c.id from credentials c join users u on u.id = c.user_id where username = $1 and method = $2',
    ...[username, method],
  );
  return one?.id as string;
};
const heldBy = async (username: string) =>
  (
    await sql<{ method: string; lost: boolean }>(
      `select method, lost_at is not null as lost from credentials c join users u on u.id = c.user_id
       where username = $1 and method not in ('password', 'access-pass', 'email-code', 'mailed-link') order by method`,
      username,
    )
  ).map(({ method, lost }) => (lost ? `${method} lost` : method));
const factsOf = async (username: string) =>
  (
    await sql<{ two_step: boolean; preferred_method: string | null }>(
      'select two_step, preferred_method from users where username = $1',
      username,
    )
  )[0];
async function passFor(username: string) {
  const input = requestFor(operationById('users.access-passes.issue'), { user: `local:${username}` });
  const answer = await askThrough(join(stile.dataDir, 'data', 'stile.sock'), input);
  return (JSON.parse(await textOf(answer as NonNullable<typeof answer>)) as { pass: string }).pass;
}

describe('what registering takes', () => {
  /** What is asked for before the first page that registers, at sign-in and on the account pages. */
  async function gates(username: string) {
    const stop = /^register:|access-pass|mailed-link/;
    const signIn: string[] = [];
    const { page } = await atRp(username, { stop, met: signIn }, { acr_values: MFA });
    const { person, page: methods } = await home(username);
    const account = await walk(person, await send(person, methods, `${METHODS}/add`, { method: 'totp' }), username, {
      stop,
    });
    return [stepOf(page), stepOf(account)].map((step) => step.replace(/^register:.*/, 'register'));
  }
  const over = (username: string) =>
    sql("update users set enrolment_asked_at = now() - interval '15 days' where username = $1", username);

  test('with mailed-link: the mailbox opens it, in the window; then a pass alone, and it does', async () => {
    const mei = newcomer();
    expect(await gates(mei)).toEqual(['prove:mailed-link', 'prove:mailed-link']);
    await over(mei);
    expect(await gates(mei)).toEqual(['prove:access-pass', 'prove:access-pass']);
    const { person, page } = await home(mei);
    const asked = await send(person, page, `${METHODS}/add`, { method: 'totp' });
    // The mailbox cannot be picked any more.
    expect(stepOf(await person.submit(asked, {}, by('mailed-link')))).toBe('prove:access-pass');
    const has = { pass: await passFor(mei), stop: /anew/ };
    const added = await walk(person, await person.go(asked.url), mei, has);
    expect([added.url.pathname, added.url.search]).toEqual([METHODS, '?said=added']);
    expect(await heldBy(mei)).toEqual(['totp']);
  });

  test('guarded people prove two factors of their own: neither the window nor the mailbox is asked about', async () => {
    const ana = someone();
    await over(ana);
    const { person, page } = await home(ana);
    const asked = await send(person, page, `${METHODS}/add`, { method: 'webauthn' });
    expect(stepOf(asked)).toBe('prove:totp');
    for (const mere of ['mailed-link', 'email-code'])
      expect(stepOf(await person.submit(asked, {}, by(mere)))).toBe('prove:totp');
    expect(stepOf(await walk(person, asked, ana, { stop: /^register/ }))).toBe('register:webauthn');
  });
});

describe('two-step sign-in by email (I1)', () => {
  test('mei switches it on, is asked for the code from her mailbox at the next sign-in, and switches it off again', async () => {
    const mei = newcomer();
    const { person, page } = await home(mei);
    // From now on these pages ask for it themselves.
    const asked = await send(person, page, '/account/two-step', { on: 'yes' });
    expect(stepOf(asked)).toBe('prove:email-code');
    const on = await walk(person, asked, mei);
    expect([on.url.search, (await factsOf(mei))?.two_step]).toEqual(['?said=two-step-on', true]);

    const met: string[] = [];
    const { person: elsewhere, page: end } = await atRp(mei, { met });
    expect(met).toEqual(['identify', 'prove:password', 'prove:email-code']);
    expect(arrived(end)).toBe(true);

    const own = await elsewhere.go(at(METHODS));
    const off = await send(elsewhere, own, '/account/two-step', { on: 'no' });
    expect([off.url.search, (await factsOf(mei))?.two_step]).toEqual(['?said=two-step-off', false]);
  });

  test('is not to be had where no address is verified and nothing is registered', async () => {
    const mei = newcomer();
    await sql('update users set email_verified = false where username = $1', mei);
    const { person, page } = await home(mei);
    expect(page.html).not.toContain('action="/account/two-step"');
    expect((await send(person, page, '/account/two-step', { on: 'yes' })).status).toBe(400);
    expect((await factsOf(mei))?.two_step).toBe(false);
  });

  test('an app registered shuts out the code by email, until its owner prefers the code again, by both factors', async () => {
    const mei = newcomer();
    const { person, page } = await home(mei);
    const on = await walk(person, await send(person, page, '/account/two-step', { on: 'yes' }), mei);
    // The code just now came from the mailbox, which is what a link would have shown.
    const registering = await send(person, on, `${METHODS}/add`, { method: 'totp' });
    expect(stepOf(registering)).toBe('register:totp');
    const secret = shownOn(registering);
    const added = await walk(person, registering, mei);
    expect([added.url.search, (await factsOf(mei))?.preferred_method]).toEqual(['?said=added', 'totp']);

    const { person: thief, page: totp } = await atRp(mei, { stop: /totp|email/ });
    expect(stepOf(totp)).toBe('prove:totp');
    expect(stepOf(await thief.submit(totp, {}, by('email-code')))).toBe('prove:totp');

    const code = await idOf(mei, 'email-code');
    const choosing = await send(person, added, `${METHODS}/${code}/prefer`);
    const chosen = await walk(person, choosing, mei, { secret });
    if (!chosen.url.search.includes('preferred')) await send(person, chosen, `${METHODS}/${code}/prefer`);
    expect((await factsOf(mei))?.preferred_method).toBe('email-code');
    expect(arrived((await atRp(mei, { secret, stop: /totp/ })).page)).toBe(true);
  });
});

describe('reported lost', () => {
  const lose = async (person: Person, page: Page, username: string, method: string) => {
    const own = `${METHODS}/${await idOf(username, method)}`;
    const asked = await send(person, page, `${own}/lost`);
    const proved = await walk(person, asked, username, { stop: /totp|webauthn|email/ });
    // A first factor is all that is asked for.
    expect(stepOf(proved)).toBe('');
    return proved.url.pathname === own && !proved.url.search ? send(person, proved, `${own}/lost`) : proved;
  };

  test('an app is revoked at once with the sessions and refresh tokens it opened, and a thief with the password does not get his own in', async () => {
    const ana = someone();
    const elsewhere = new Person();
    const { tokens } = await rp.signIn(
      elsewhere,
      { acr_values: MFA, scope: 'openid offline_access', prompt: 'consent' },
      (who, page) => walk(who, page, ana),
    );
    const { person, page } = await home(ana);
    const preferred = (await factsOf(ana))?.preferred_method;
    expect(preferred).toBe('totp');
    const said = await lose(person, page, ana, 'totp');
    expect([said.url.search, await heldBy(ana)]).toEqual(['?said=lost', ['totp lost']]);
    expect((await rp.signIn(elsewhere, { prompt: 'none' }, nobody)).error).toBe('login_required');
    expect((await rp.signIn(person, { prompt: 'none' }, nobody)).claims.sub).toBeTruthy();
    expect(await refreshed(tokens.refresh_token)).toBe('invalid_grant');

    // Whoever has the password alone.
    const { person: thief, page: inside } = await home(ana);
    const adding = await send(thief, inside, `${METHODS}/add`, { method: 'totp' });
    expect(stepOf(adding)).toBe('prove:access-pass');
    for (const mere of ['mailed-link', 'email-code', 'totp', 'password'])
      expect(stepOf(await thief.submit(adding, {}, by(mere)))).toBe('prove:access-pass');
    await send(thief, inside, `${METHODS}/${await idOf(ana, 'email-code')}/prefer`);
    await send(thief, inside, `${METHODS}/${await idOf(ana, 'totp')}/remove`);
    await send(thief, inside, '/account/two-step', { on: 'yes' });
    expect([await heldBy(ana), (await factsOf(ana))?.two_step]).toEqual([['totp lost'], false]);
    expect((await factsOf(ana))?.preferred_method).toBe(preferred);
    const { page: stopped } = await atRp(ana, {}, { acr_values: MFA });
    expect(stepOf(stopped)).toBe('prove:access-pass');

    const has = { pass: await passFor(ana), stop: /recovery/ };
    const { person: back, page: asked } = await home(ana);
    const added = await walk(back, await send(back, asked, `${METHODS}/add`, { method: 'totp' }), ana, has);
    expect(stepOf(added)).toBe('register:recovery-code');
    expect(await heldBy(ana)).toEqual(['totp']);
  });

  test('opens no weaker way: with two-step sign-in on, a code by email does not take the place of the lost app', async () => {
    const ana = someone();
    await sql("update users set two_step = true, preferred_method = 'totp' where username = $1", ana);
    const { person, page } = await home(ana);
    const said = await lose(person, page, ana, 'totp');
    // It had opened this session too.
    expect([said.url.pathname, (await factsOf(ana))?.preferred_method]).toEqual([
      `${METHODS}/${await idOf(ana, 'totp')}/lost`,
      'totp',
    ]);
    expect(said.html).toContain('you are signed out here');
    expect((await rp.signIn(person, { prompt: 'none' }, nobody)).error).toBe('login_required');
    const { person: thief, page: asked } = await atRp(ana, { stop: /email|pass$/ });
    expect(stepOf(asked)).toBe('prove:access-pass');
    expect(stepOf(await thief.submit(asked, {}, by('email-code')))).toBe('prove:access-pass');
  });

  test('a passkey does not sign in any more; a recovery code and a password register anew, and the lost one goes', async () => {
    const mei = newcomer();
    const key = new Authenticator(stile.issuer);
    const { person, page } = await home(mei);
    const asked = await send(person, page, `${METHODS}/add`, { method: 'webauthn' });
    const passing = await person.submit(asked, {}, by('access-pass'));
    const offered = await walk(person, passing, mei, { key, pass: await passFor(mei), stop: /recovery/ });
    const [, recovery = ''] = /<li><code>([2-9A-Y-]{14})<\/code>/.exec(offered.html) ?? [];
    const added = await person.submit(offered, { kept: 'yes' });
    expect(await heldBy(mei)).toEqual(['recovery-code', 'webauthn']);

    const byKey = async () => {
      const who = new Person();
      const start = await who.go((await rp.request()).url);
      const response = key.get(optionsIn<RequestOptions>(start.html));
      const { username: _none, ...rest } = start.form?.fields ?? {};
      const body = new URLSearchParams({ ...rest, method: 'webauthn', response });
      return { who, end: await who.go(start.form?.action as URL, { method: 'POST', body }) };
    };
    const before = await byKey();
    expect(arrived(before.end)).toBe(true);
    await lose(person, added, mei, 'webauthn');
    expect(await heldBy(mei)).toEqual(['recovery-code', 'webauthn lost']);
    expect((await rp.signIn(before.who, { prompt: 'none' }, nobody)).error).toBe('login_required');
    expect(stepOf((await byKey()).end)).toBe('identify');

    const { person: back, page: inside } = await home(mei);
    const proving = await send(back, inside, `${METHODS}/add`, { method: 'totp' });
    expect(stepOf(proving)).toBe('prove:recovery-code');
    await walk(back, proving, mei, { recovery });
    expect(await heldBy(mei)).toEqual(['recovery-code', 'totp']);
  });
});

/** What the token endpoint says to it. */
async function refreshed(token = ''): Promise<string> {
  const response = await fetch(at('/token'), {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`rp:${encodeURIComponent('a client secret for tests')}`)}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token }),
  });
  return ((await response.json()) as { error?: string }).error ?? 'taken';
}

describe('what a policy needs', () => {
  test('the last is kept, by the name of the policy; of two tabs that remove the last two, one is refused', async () => {
    const { person, page } = await home('ren', { stop: /register/ });
    const app = `${METHODS}/${await idOf('ren', 'totp')}`;
    const shown = await person.go(at(app));
    expect(shown.html).toContain('Required methods');
    expect(shown.html).not.toContain(`action="${app}/remove"`);
    expect((await send(person, page, `${app}/remove`)).url.pathname).toBe(app);
    expect(await heldBy('ren')).toEqual(['totp']);

    const key = new Authenticator(stile.issuer);
    const two = await walk(person, await send(person, page, `${METHODS}/add`, { method: 'webauthn' }), 'ren', { key });
    expect(await heldBy('ren')).toEqual(['totp', 'webauthn']);
    const passkey = `${METHODS}/${await idOf('ren', 'webauthn')}`;
    const tabs = await Promise.all([app, passkey].map((one) => send(person, two, `${one}/remove`)));
    expect(await heldBy('ren')).toHaveLength(1);
    expect(tabs.filter(({ url }) => url.search === '?said=removed')).toHaveLength(1);
  });

  test('whoever holds none is walked through setting one up, and ends where he was going (M14)', async () => {
    const met: string[] = [];
    const has = { met, pass: await passFor('noa') };
    const { person, page } = await atRp('noa', { stop: /mailed-link/, met });
    const end = await walk(person, await person.submit(page, {}, by('access-pass')), 'noa', has);
    expect(met).toEqual(expect.arrayContaining(['identify', 'prove:password', 'prove:access-pass', 'register:totp']));
    expect(arrived(end)).toBe(true);
    expect(await heldBy('noa')).toEqual(['totp']);
  });
});

describe('the name of a method', () => {
  test('has 64 characters, no controls, is shown as text, and is given by its owner alone', async () => {
    const [ana, tom] = [someone(), someone()];
    const { person, page } = await home(ana);
    const own = `${METHODS}/${await idOf(ana, 'totp')}`;
    const named = async () =>
      (await sql<{ label: string }>('select label from credentials where id = $1', own.split('/').at(-1)))[0]?.label;
    expect((await send(person, page, `${own}/rename`, { label: 'a\u0000b' })).status).toBe(400);
    for (const label of ['x'.repeat(65), 'a\u0007b', 'a\nb', 'a\u202Eb', ' ', '']) {
      const refused = await send(person, page, `${own}/rename`, { label });
      expect([label, refused.status]).toEqual([label, 422]);
    }
    expect(await named()).not.toContain('x');
    const longest = '\u{1F511}'.repeat(64);
    expect((await send(person, page, `${own}/rename`, { label: longest })).url.search).toBe('?said=renamed');
    expect(await named()).toBe(longest);

    const mark = '"><img src=x onerror=alert(1)>';
    const renamed = await send(person, page, `${own}/rename`, { label: mark });
    const listed = await person.go(at(METHODS));
    const wrong = await send(person, page, `${own}/rename`, { label: `${mark}${'x'.repeat(64)}` });
    for (const { html } of [renamed, listed, wrong]) {
      expect(html).toContain('&lt;img src=x');
      expect(html).not.toContain('<img src=x');
    }

    const { person: thief, page: his } = await home(tom);
    for (const verb of ['rename', 'prefer', 'remove', 'lost'])
      expect((await send(thief, his, `${own}/${verb}`, { label: 'mine' })).status).toBe(404);
    expect((await thief.go(at(own))).status).toBe(404);
    expect([await named(), await heldBy(ana)]).toEqual([mark, ['totp']]);
  });
});

test.each([['mei signed in after her'], ['she signed in anew herself']])(
  "a page of ana's left open over a sign-out changes nothing after %s",
  async (after) => {
    const ana = someone();
    const next = after.startsWith('mei') ? newcomer() : ana;
    const { person, page: left } = await home(ana);
    await send(person, left, '/account/sign-out');
    const { page: now } = await home(next, {}, person);
    const own = `${METHODS}/${await idOf(ana, 'totp')}`;
    for (const [action, fields] of [
      ['/account/two-step', { on: 'yes' }],
      [`${own}/rename`, { label: 'stolen' }],
      [`${own}/lost`, {}],
      ['/account/password', { password: 'a quiet lane between two walls' }],
      ['/account/sign-out', {}],
    ] as const) {
      const refused = await send(person, left, action, fields);
      expect([action, refused.status, refused.heading]).toEqual([action, 403, 'This page was left open too long']);
    }
    expect([(await factsOf(ana))?.two_step, (await factsOf(next))?.two_step]).toEqual([false, false]);
    expect(await heldBy(ana)).toEqual(['totp']);
    // Whoever is signed in now goes on.
    expect((await send(person, now, `${METHODS}/add`, { method: 'totp' })).status).toBe(200);
    expect((await send(person, now, '/account/sign-out')).url.pathname).toBe('/signed-out');
  },
);

describe('ten minutes later', () => {
  test('what was proved before is not fresh: nothing is switched, added or taken away by a session left open', async () => {
    const [mei, ida] = [newcomer(), newcomer()];
    const { person, page } = await home(mei);
    await sql('update users set two_step = true where username = $1', ida);
    const { person: other, page: hers } = await home(ida);
    await stile.halt();
    const clock = new URL('../support/clock.mjs', import.meta.url).href;
    await stile.again({
      config: house('password'),
      env: { NODE_OPTIONS: `--import=${clock}`, CLOCK_AHEAD: String(10 * 60_000) },
    });
    await addressed();
    for (const [action, fields] of [
      ['/account/two-step', { on: 'yes' }],
      [`${METHODS}/add`, { method: 'totp' }],
      ['/account/password', { password: 'a quiet lane between two walls' }],
    ] as const)
      expect(stepOf(await send(person, page, action, fields))).toBe('prove:password');
    expect([(await factsOf(mei))?.two_step, await heldBy(mei)]).toEqual([false, []]);
    // What switches two-step sign-in off is both of its steps.
    const both = await send(other, hers, '/account/two-step', { on: 'no' });
    const half = await walk(other, both, ida, { stop: /email/ });
    expect([stepOf(both), stepOf(half)]).toEqual(['prove:password', 'prove:email-code']);
    await send(other, hers, '/account/two-step', { on: 'no' });
    expect((await factsOf(ida))?.two_step).toBe(true);
    const back = await walk(other, half, ida);
    await send(other, back, '/account/two-step', { on: 'no' });
    expect((await factsOf(ida))?.two_step).toBe(false);
    // Proved anew it is, and with `first: password` that is all.
    const proved = await walk(person, await send(person, page, `${METHODS}/add`, { method: 'totp' }), mei, {
      stop: /register/,
    });
    expect(stepOf(proved)).toBe('register:totp');
    const { page: signIn } = await atRp(newcomer(), { stop: /register/ }, { acr_values: MFA });
    expect(stepOf(signIn)).toMatch(/^register:/);
  });
});
