/** The page of a registration link: made by an operation, opened by a browser, works once. */
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { requestFor, textOf } from '../../src/admin/api/request.ts';
import { operationById } from '../../src/admin/operations/table.ts';
import { askThrough } from '../../src/admin/socket.ts';
import { launchBrowser } from '../support/browser.ts';
import { Person } from '../support/person.ts';
import { codeNow, newcomer, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { Sight } from './sight.ts';

jest.setTimeout(60_000);

const PASSWORD = 'seven green bicycles at dawn';
let stile: Stile;
let browser: Browser;

beforeAll(async () => {
  [stile, browser] = await Promise.all([
    // The default, under which a password alone registers nothing: the link stands in for the mail.
    startStile({ config: settings({ enrolment: { first: 'mailed-link' } }) }),
    launchBrowser(),
  ]);
});
afterAll(() => Promise.all([stile.stop(), browser.close()]));

/** By the server's own socket, as the command line does. */
async function local(id: string, input: Record<string, unknown>) {
  const path = join(stile.dataDir, 'data', 'stile.sock');
  const answer = await askThrough(path, requestFor(operationById(id), input));
  if (!answer) throw new Error('no server answers');
  return { status: answer.status, body: JSON.parse(await textOf(answer)) as Record<string, string> };
}
const linkOf = async (user: string) =>
  (await local('users.registration-link', { user: `local:${user}` })).body.link as string;

const key = (html: string) => /<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(html)?.[1]?.replaceAll(' ', '') as string;

test('the first owner chooses a password and an authenticator app, and is signed in with both', async () => {
  const { status, body } = await local('owners.create', { username: 'ines', name: 'Inês Duarte' });
  expect(status).toBe(201);
  const sight = await Sight.at(browser);
  await sight.page.goto(body.link as string);
  expect(await sight.heading()).toBe('Set up your sign-in');
  expect(await sight.look('registration')).toEqual([]);

  const secret = key(await sight.page.content());
  await sight.page.getByLabel('New password').fill('short');
  await sight.fill('Six-digit code', codeNow(secret));
  expect(await sight.text()).toContain('Use at least 15 characters');
  expect(await sight.look('registration-short')).toEqual([]);
  await sight.page.getByLabel('New password').fill(PASSWORD);
  await sight.fill('Six-digit code', '000000');
  expect(await sight.text()).toContain('That code was not accepted');
  expect(await sight.look('registration-wrong')).toEqual([]);

  // The same key as before, whatever went wrong in between.
  expect(key(await sight.page.content())).toBe(secret);
  await sight.page.getByLabel('New password').fill(PASSWORD);
  await sight.fill('Six-digit code', codeNow(secret));
  expect(new URL(sight.page.url()).pathname).toBe('/account');
  const { body: sessions } = await local('users.sessions.list', { user: 'local:ines' });
  expect(sessions.items).toMatchObject([{ proved: [{ method: 'password' }, { method: 'totp' }] }]);

  await sight.page.goto(body.link as string);
  expect(await sight.heading()).toBe('This link no longer works');
  expect(await sight.look('registration-dead')).toEqual([]);
  await sight.close();
});

test('in German, for somebody who has an authenticator app, it asks for a password alone and signs nobody in', async () => {
  const username = someone();
  const sight = await Sight.at(browser, { locale: 'de-DE' });
  await sight.page.goto(await linkOf(username));
  expect(await sight.heading()).toBe('Wählen Sie ein neues Passwort');
  expect(await sight.look('registration-de')).toEqual([]);
  await sight.fill('Neues Passwort', PASSWORD);
  expect(await sight.heading()).toBe('Anmelden');
  await sight.fill(/E-Mail/, username);
  await sight.fill('Passwort', PASSWORD);
  expect(new URL(sight.page.url()).pathname).toBe('/account');
  await sight.close();
});

test('looking at it changes nothing: the old password still works, and the page is the same each time', async () => {
  const link = await linkOf(newcomer());
  const [one, two] = [await new Person().go(link), await new Person().go(link)];
  expect(key(one.html)).toBe(key(two.html));
  expect(key(one.html)).toMatch(/^[A-Z2-7]{32}$/);
  expect(one.headers.get('referrer-policy')).toBe('same-origin');
  expect(one.html).not.toMatch(/(href|src)="https?:/);
});

test('of two who finish at the same time one does, and sessions of before end', async () => {
  const username = newcomer();
  const link = await linkOf(username);
  const people = [new Person(), new Person()];
  const pages = await Promise.all(people.map((person) => person.go(link)));
  const code = codeNow(key(pages[0]!.html));
  const ends = await Promise.all(
    people.map((person, i) => person.submit(pages[i]!, { password: `${PASSWORD} ${i}`, code })),
  );
  expect(ends.map(({ status }) => status).toSorted()).toEqual([200, 404]);
});

test.each([
  ['no token', ''],
  ['a wrong one', `?token=${'x'.repeat(43)}`],
  ['two of them', `?token=${'x'.repeat(43)}&token=y`],
])('%s is a dead link', async (_what, query) => {
  const page = await new Person().go(`${stile.issuer}/registration${query}`);
  expect(page).toMatchObject({ status: 404, heading: 'This link no longer works' });
});

test('a newer link replaces an older one, a disabled person has none, and another site cannot post the form', async () => {
  const username = newcomer();
  const [older, newer] = [await linkOf(username), await linkOf(username)];
  expect((await new Person().go(older)).status).toBe(404);
  const person = new Person();
  const page = await person.go(newer);
  const forged = await person.fetch(`${stile.issuer}/registration`, {
    method: 'POST',
    headers: { 'sec-fetch-site': 'cross-site' },
    body: new URLSearchParams({ ...page.form?.fields, password: PASSWORD, code: '1' }),
  });
  expect(forged.status).toBe(403);
  await local('users.disable', { user: `local:${username}` });
  expect((await person.go(newer)).status).toBe(404);
  expect((await local('users.registration-link', { user: `local:${username}` })).status).toBe(409);
});

test('nothing of a link is printed by the server', async () => {
  const token = (await linkOf(newcomer())).split('token=')[1] as string;
  await new Person().go(`${stile.issuer}/registration?token=${token}`);
  await new Person().go(`${stile.issuer}/registration/?token=${token}x`);
  expect(stile.output()).not.toContain(token);
});
