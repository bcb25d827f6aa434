/** Every way a session ends: the applications are told, tokens die, and the browser is nobody again (mission row C5). */
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { Listener } from '../support/listener.ts';
import { type Page, Person } from '../support/person.ts';
import { as, MFA, nobody, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';

let stile: Stile;
let payroll: RelyingParty;
let wiki: RelyingParty;
let ears: Listener;

const wikiClient = () => ({
  client_id: 'wiki',
  client_secret: 'a client secret for tests',
  redirect_uris: ['https://rp.example/cb'],
  backchannel_logout_uri: `${ears.url}/wiki`,
  backchannel_logout_session_required: true,
  post_logout_redirect_uris: ['https://rp.example/bye'],
});

beforeAll(async () => {
  ears = await Listener.start();
  stile = await startStile({ config: settings({ applications: [{ id: 'wiki', name: 'Wiki', oidc: wikiClient() }] }) });
  payroll = await RelyingParty.at(stile);
  wiki = await RelyingParty.at(stile, { id: 'wiki' });
});
afterAll(async () => {
  await stile.stop();
  await ears.stop();
});
beforeEach(() => ears.posts.splice(0));

async function atBoth(username = someone()) {
  const person = new Person();
  const first = await payroll.signIn(person, {}, as(username));
  const second = await wiki.signIn(person, { prompt: 'none' }, nobody);
  return { username, person, first, second };
}

const token = (post: string) => decodeJwt(new URLSearchParams(post).get('logout_token') as string);
const userinfo = (rp: RelyingParty, tokens: { access_token: string }, sub: string) =>
  client.fetchUserInfo(rp.config, tokens.access_token, sub);

/** Presses the button of a form on a page that has several. */
async function press(person: Person, page: Page, action: string, fields: Record<string, string> = {}) {
  const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] as string;
  return person.go(new URL(action, page.url), { method: 'POST', body: new URLSearchParams({ csrf, ...fields }) });
}

test('signing out at an application: a page asks, every application is told, tokens are dead, nobody is signed in', async () => {
  const { person, first, second } = await atBoth();
  const url = client.buildEndSessionUrl(payroll.config, {
    id_token_hint: first.tokens.id_token as string,
    post_logout_redirect_uri: 'https://rp.example/bye',
    state: 'where-we-were',
  });
  const page = await person.go(url);
  expect(page.heading).toMatch(/sign out/i);
  const end = await person.submit(page);
  expect(end.url.href).toBe('https://rp.example/bye?state=where-we-were');
  const [told] = await ears.received(1);
  expect(token(told as string)).toMatchObject({
    sub: second.claims.sub,
    sid: second.claims.sid,
    aud: 'wiki',
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  });
  await expect(userinfo(wiki, second.tokens, second.claims.sub)).rejects.toThrow();
  expect((await payroll.signIn(person, { prompt: 'none' }, nobody)).error).toBe('login_required');
});

test('signing out on the account pages tells the applications as well', async () => {
  const { person, second } = await atBoth();
  const account = await person.go(`${stile.issuer}/account`);
  const end = await press(person, account, '/account/sign-out');
  expect(end.heading).toBe('You are signed out');
  expect(token((await ears.received(1))[0] as string).sid).toBe(second.claims.sid);
  expect((await payroll.signIn(person, { prompt: 'none' }, nobody)).error).toBe('login_required');
});

test('another browser of the same person can end it, and nobody else can', async () => {
  const { username, person, second } = await atBoth();
  const elsewhere = new Person();
  await payroll.signIn(elsewhere, {}, as(username));
  const account = await elsewhere.go(`${stile.issuer}/account`);
  const sid = /name="sid" value="([^"]+)"/.exec(account.html)?.[1] as string;

  const bob = new Person();
  await payroll.signIn(bob, {}, as('bob'));
  await press(bob, await bob.go(`${stile.issuer}/account`), '/account/sessions/end', { sid });
  expect((await payroll.signIn(person, { prompt: 'none' }, nobody)).claims.sub).toBeTruthy();

  await press(elsewhere, account, '/account/sessions/end', { sid });
  expect(token((await ears.received(1))[0] as string).sid).toBe(second.claims.sid);
  expect((await payroll.signIn(person, { prompt: 'none' }, nobody)).error).toBe('login_required');
  expect((await payroll.signIn(elsewhere, { prompt: 'none' }, nobody)).claims.sub).toBeTruthy();
});

test('somebody else signing in ends the session, and its applications are told', async () => {
  const { person, second } = await atBoth();
  await payroll.signIn(person, { prompt: 'login' }, as('bob'));
  expect(token((await ears.received(1))[0] as string)).toMatchObject({
    sub: second.claims.sub,
    sid: second.claims.sid,
  });
  await expect(userinfo(wiki, second.tokens, second.claims.sub)).rejects.toThrow();
});

test('a step-up in one tab leaves a parallel tab signed in for ten seconds, with what it had', async () => {
  const { username, person } = await atBoth();
  const tab = new Person({ like: person });
  await payroll.signIn(person, { acr_values: MFA }, as(username));
  const late = await payroll.signIn(tab, { prompt: 'none' }, nobody);
  expect(late.claims).toMatchObject({ acr: 'urn:stile:acr:aal1', amr: ['pwd'] });
});

test('whom the file no longer declares is signed out at the next start, and the applications are told', async () => {
  const { username, person, second } = await atBoth();
  const config = settings({ applications: [{ id: 'wiki', name: 'Wiki', oidc: wikiClient() }] });
  const left = config.users.filter((user) => (user as { username: string }).username !== username);
  await stile.halt();
  await stile.again({ config: { ...config, users: left } });
  expect(token((await ears.received(1))[0] as string).sid).toBe(second.claims.sid);
  await expect(userinfo(wiki, second.tokens, second.claims.sub)).rejects.toThrow();
  expect((await payroll.signIn(person, { prompt: 'none' }, nobody)).error).toBe('login_required');
  await stile.halt();
  await stile.again();
});
