/** Codes and links by email, seen in Chromium. */
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { rows } from '../attack/attacker.ts';
import { launchBrowser } from '../support/browser.ts';
import { openMailbox, type TestMailbox } from '../support/mailbox.ts';
import { MFA, PASSWORD, RelyingParty, settings } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { Sight } from './sight.ts';

jest.setTimeout(120_000);

let [mailbox, stile, browser] = [] as unknown as [TestMailbox, Stile, Browser];
const open: Sight[] = [];
const people = ['mei', 'ida', 'lea'];
const address = (username: string) => `${username}@northfold.example`;

beforeAll(async () => {
  mailbox = await openMailbox();
  const config = settings(
    {
      mail: { url: mailbox.url, from: 'stile@northfold.example' },
      methods: { begin: ['password', 'email-code'] },
      enrolment: { first: 'mailed-link' },
      users: people.map((username) => ({
        ...{ username, name: username, password: PASSWORD, email: address(username), email_verified: true },
      })),
    },
    1,
  );
  [stile, browser] = await Promise.all([startStile({ config }), launchBrowser()]);
  await rows(stile.databaseUrl, "update users set two_step = true where username in ('mei', 'lea')", []);
});
afterEach(() => Promise.all(open.splice(0).map((sight) => sight.close())));
afterAll(async () => {
  await browser?.close();
  await stile?.stop();
  await mailbox?.stop();
});

/** Somebody at the application's door, with the name given. */
async function arrive(username: string, params: Record<string, string> = {}, options = {}): Promise<Sight> {
  const sight = await Sight.at(browser, options);
  open.push(sight);
  const rp = await RelyingParty.at(stile);
  await sight.page.goto((await rp.request(params)).url.href);
  await sight.fill('Email or user name', username);
  return sight;
}
const setUp = /^(Set up|Choose)/;
const clean = async (sight: Sight, as: string) => expect(await sight.look(as)).toEqual([]);

test('mei reads her code, slips once, and has the button to send it again when its wait is over', async () => {
  const mei = await arrive('mei');
  await mei.page.clock.install();
  await mei.fill('Password', PASSWORD);
  expect(await mei.heading()).toBe('Check your email');
  expect(await mei.text()).toContain('m•••@northfold.example');
  await clean(mei, 'email-code');
  const again = mei.page.getByRole('button', { name: 'Send the code again' });
  expect(await again.isVisible()).toBe(false);
  await mei.page.clock.fastForward(31_000);
  expect(await again.isVisible()).toBe(true);
  await clean(mei, 'email-code-again');
  await mei.fill('Six-digit code', '000 000');
  expect(await mei.page.title()).toBe('Error: Check your email – Stile');
  await clean(mei, 'email-code-wrong');
  const { code = '' } = await mailbox.next(address('mei'));
  await mei.page.getByLabel('Six-digit code').fill(`${code.slice(0, 3)} ${code.slice(3)}`);
  const back = mei.page.waitForRequest(/^https:\/\/rp\.example\/cb\?code=/);
  await mei.page.keyboard.press('Enter');
  await back;
});

test('a code to begin with, and what the page says when none can be sent', async () => {
  const ida = await arrive('ida');
  await ida.press('Use another way');
  await ida.press(/Code by email/);
  expect(await ida.text()).toContain('If that name has a verified address');
  await clean(ida, 'email-code-first');
  await mailbox.next(address('ida'));

  mailbox.mood = 'refuses';
  const lea = await arrive('lea');
  await lea.fill('Password', PASSWORD);
  mailbox.mood = 'takes';
  expect(await lea.text()).toContain('The code could not be sent.');
  await clean(lea, 'email-code-unsent');
});

test('ida follows the link where she began; the page that waited goes on by itself, without a script too', async () => {
  const ida = await arrive('ida', { acr_values: MFA }, { javaScriptEnabled: false });
  await ida.fill('Password', PASSWORD);
  expect(await ida.heading()).toBe('Check your email');
  const { link = '' } = await mailbox.next(address('ida'));

  const elsewhere = await Sight.at(browser);
  open.push(elsewhere);
  await elsewhere.page.goto(link);
  await clean(elsewhere, 'link-elsewhere');

  const tab = await ida.context.newPage();
  await tab.goto(link);
  expect(await tab.locator('h1').innerText()).toBe('Set up your second proof');
  await tab.getByRole('button', { name: 'Continue' }).click();
  await tab.getByRole('heading', { name: setUp }).waitFor();
  await ida.page.getByRole('heading', { name: setUp }).waitFor();
  await tab.goto(link);
  expect(await tab.locator('h1').innerText()).toBe('This link leads nowhere any more');
});

test('the page that waits, the one the link opens and the one of a dead link; the first goes on when the second acts', async () => {
  const lea = await arrive('lea', { acr_values: MFA });
  await lea.fill('Password', PASSWORD);
  await clean(lea, 'mailed-link');
  const { link = '' } = await mailbox.next(address('lea'));
  const opened = await Sight.in(lea);
  await opened.page.goto(`${link}x`);
  await clean(opened, 'link-over');
  await opened.page.goto(link);
  await clean(opened, 'link-here');
  await opened.press('Continue');
  await lea.page.getByRole('heading', { name: setUp }).waitFor();
});
