import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { freshCode, MFA, newcomer, PASSWORD, RelyingParty, secretOf, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { Sight } from './sight.ts';

jest.setTimeout(120_000);

const client = (id: string, more: object = {}) => ({
  client_id: id,
  client_secret: 'a client secret for tests',
  redirect_uris: [callback],
  post_logout_redirect_uris: [callback],
  ...more,
});
const LONG = 'Reisekostenabrechnungsgenehmigungsverfahren der Niederlassung Garmisch-Partenkirchen';
const MAXIMILIANE = 'maximiliane.wolfeschlegelsteinhausenbergerdorff@niederlassung-sued.northfold.example';
const password_hash = (settings().users[0] as { password_hash: string }).password_hash;
const config = (more: object = {}) =>
  settings({
    applications: [
      { id: 'payroll', name: 'Payroll', oidc: client('payroll') },
      { id: 'expenses', name: LONG, third_party: true, oidc: client('expenses') },
      { id: 'staff', name: 'بوابة الموظفين', third_party: true, oidc: client('staff') },
      { id: 'board', name: 'Board papers', groups: ['Board'], oidc: client('board') },
    ],
    users: [
      {
        username: MAXIMILIANE,
        name: 'Maximiliane Wolfeschlegelsteinhausenbergerdorff-Donaudampfschifffahrtsgesellschaft',
        email: MAXIMILIANE,
        groups: ['Reisekostenabrechnungsgenehmigungsverfahren', 'Everyone'],
        password_hash,
        methods: { totp: { secret: secretOf(MAXIMILIANE), label: 'Authentifizierungsanwendungsgerätebezeichnung' } },
      },
      {
        username: 'leila',
        name: 'ليلى الحسيني',
        password_hash,
        methods: { totp: { secret: secretOf('leila'), digits: 8, label: 'هاتف ليلى' } },
      },
    ],
    limits: { lock_after: 3 },
    ...more,
  });

/** The applications' own address: another origin, which the pages' policy has to let their answers through to. */
let callback: string;
let applications: Server;
let stile: Stile;
let browser: Browser;
let one: Sight;
const open: Sight[] = [];

async function sit(
  ...options: Parameters<typeof Sight.at> extends [unknown, ...infer Rest] ? Rest : never
): Promise<Sight> {
  const sight = await Sight.at(browser, ...options);
  open.push(sight);
  return sight;
}

beforeAll(async () => {
  applications = createServer((_req, res) => {
    res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Back</title><h1>Back</h1>');
  });
  await new Promise<void>((resolve) => applications.listen(0, '127.0.0.1', resolve));
  callback = `http://localhost:${(applications.address() as AddressInfo).port}/cb`;
  [stile, browser] = await Promise.all([startStile({ config: config() }), launchBrowser()]);
});
beforeEach(async () => {
  one = await sit();
});
afterEach(() => Promise.all(open.splice(0).map((sight) => sight.close())));
afterAll(async () => {
  await browser?.close();
  await stile?.stop();
  applications.closeAllConnections();
  applications.close();
});

/** Goes where an application sends people. */
async function ask(sight: Sight, params: Record<string, string> = {}, id = 'payroll'): Promise<void> {
  const rp = await RelyingParty.at(stile, { id, redirectUri: callback });
  await sight.page.goto((await rp.request(params)).url.href);
}
const name = (sight: Sight, who: string, label = 'Email or user name') => sight.fill(label, who);
const password = (sight: Sight, value = PASSWORD, label = 'Password') => sight.fill(label, value);
const code = (sight: Sight, who: string, label = 'Six-digit code') => sight.fill(label, freshCode(secretOf(who)));
/** A sentence without parts, in the language of this tag. */
function wordsOf(tag: string, key: string): string {
  const file = join(import.meta.dirname, '../../locales', `${tag}.json`);
  return key.split('.').reduce((at, step) => at[step], JSON.parse(readFileSync(file, 'utf8')));
}
const clean = async (sight: Sight, as: string) => expect(await sight.look(as)).toEqual([]);

describe('the sign-in', () => {
  test('a first sign-in: name, password, wrong and empty, then back at the application', async () => {
    const ana = someone();
    await ask(one);
    expect(await one.heading()).toBe('Sign in');
    expect(await one.text()).toContain('to continue to Payroll');
    await clean(one, 'signin-identify');
    await name(one, '   ');
    expect(await one.page.title()).toBe('Error: Sign in – Stile');
    await clean(one, 'signin-identify-empty');
    await name(one, ana);
    await clean(one, 'signin-password');
    await password(one, 'not that');
    expect(await one.text()).toContain('That name and password do not match. Check both, then try again.');
    await clean(one, 'signin-password-wrong');
    await password(one);
    expect(one.page.url()).toContain(`${callback}?code=`);
  });

  test('the same pages and words for a name that nobody has', async () => {
    await ask(one);
    await name(one, 'nobody at all');
    expect(await one.heading()).toBe('Enter your password');
    await password(one);
    expect(await one.text()).toContain('That name and password do not match. Check both, then try again.');
    await clean(one, 'signin-password-nobody');
  });

  test('asked for more a moment later, the page says who asks, why, and what is left', async () => {
    const ana = someone();
    await ask(one);
    await name(one, ana);
    await password(one);
    await ask(one, { acr_values: MFA });
    expect(await one.heading()).toBe('Payroll asks you to confirm it is you');
    expect(await one.text()).toContain(
      'Why now? You are already signed in with a password. Payroll asks for a further proof.',
    );
    await clean(one, 'signin-stepup');
    await one.fill('Six-digit code', '000 000');
    expect(await one.text()).toContain('That code was not accepted. Wait for the next one and type it here.');
    await clean(one, 'signin-stepup-wrong');
    await code(one, ana);
    expect(one.page.url()).toContain(`${callback}?code=`);
  });

  test('asked for two factors at once, the second page says why in a sentence', async () => {
    const ana = someone();
    await ask(one, { acr_values: MFA });
    await name(one, ana);
    await password(one);
    expect(await one.heading()).toBe('Enter the code from your app');
    expect(await one.text()).toContain('Payroll asks for one more proof.');
    expect(await one.text()).toContain('Step 2 of 2');
    await clean(one, 'signin-totp');
    await one.fill('Six-digit code', '000000');
    await clean(one, 'signin-totp-wrong');
    await one.fill('Six-digit code', '000000');
    await one.fill('Six-digit code', '000000');
    expect(await one.heading()).toMatch(/^Wait \d+ minutes, then try again$/);
    await clean(one, 'signin-locked');
  });

  test('a policy that asks is named: two-step sign-in', async () => {
    const ana = someone();
    await one.page.goto(`${stile.issuer}/account/methods`);
    await name(one, ana);
    await password(one);
    await one.press('Turn on');
    await clean(one, 'signin-stepup-account');
    await code(one, ana);
    await one.press('Turn on');
    await clean(one, 'account-methods-two-step-on');
    const two = await sit();
    await ask(two);
    await name(two, ana);
    await password(two);
    expect(await two.text()).toContain('Two-step sign-in is on for your account, so a second proof is asked for.');
    await clean(two, 'signin-totp-policy');
  });

  test('who has no second factor is shown how to set one up, and why', async () => {
    const mei = newcomer();
    await ask(one, { acr_values: MFA });
    await name(one, mei);
    await password(one);
    expect(await one.text()).toContain('Payroll opens only with a second proof.');
    await clean(one, 'register-totp');
    await one.page.getByText('Cannot scan? Type the key instead').click();
    await clean(one, 'register-totp-key');
    await one.fill('Six-digit code', '000000');
    await clean(one, 'register-totp-wrong');
  });

  test('a fresh proof may be given in either way', async () => {
    const ana = someone();
    await ask(one, { acr_values: MFA });
    await name(one, ana);
    await password(one);
    await code(one, ana);
    await one.page.waitForTimeout(1_100);
    await ask(one, { max_age: '1' });
    await clean(one, 'signin-fresh');
    await one.press('Use another way');
    expect(await one.text()).toContain('Authenticator app');
    await clean(one, 'signin-choose');
  });

  test('consent names what is shared, with whom, and what it never sees', async () => {
    const ana = someone();
    await ask(one, { scope: 'openid profile email groups offline_access', prompt: 'consent' }, 'expenses');
    await clean(one, 'signin-identify-long');
    await name(one, ana);
    await password(one);
    await clean(one, 'signin-consent');
    await one.press('Share and continue');
    expect(one.page.url()).toContain(`${callback}?code=`);
    await one.page.goto(`${stile.issuer}/account/applications`);
    await clean(one, 'account-applications');
    await one.press(/^Take back/);
    await clean(one, 'account-applications-withdrawn');
  });

  test('says no with a reason and a way on: to people outside its groups', async () => {
    await ask(one, {}, 'board');
    await name(one, someone());
    await password(one);
    expect(await one.heading()).toBe('Board papers is not open to you');
    await clean(one, 'refused-not-yours');
    await one.press('Go back to Board papers');
    expect(one.page.url()).toContain('error=access_denied');
  });

  test('says no with a reason and a way on: to who has nothing strong enough', async () => {
    await ask(one, { acr_values: 'phr' });
    await name(one, someone());
    await password(one);
    await clean(one, 'refused-requirements');
  });

  test('long names and names in another script do not break the layout', async () => {
    await ask(one, { scope: 'openid profile email' }, 'expenses');
    await name(one, MAXIMILIANE);
    await clean(one, 'long-password');
    await password(one);
    await clean(one, 'long-consent');
    await one.press('Share and continue');
    await ask(one, { acr_values: MFA }, 'expenses');
    await clean(one, 'long-stepup');
    await code(one, MAXIMILIANE);
    for (const page of ['', '/methods', '/signins', '/applications']) {
      await one.page.goto(`${stile.issuer}/account${page}`);
      await clean(one, `long-account${page.replace('/', '-')}`);
    }
    const leila = await sit();
    await ask(leila, { scope: 'openid profile' }, 'staff');
    await name(leila, 'leila');
    await password(leila);
    await clean(leila, 'rtl-consent');
    await leila.press('Share and continue');
    await ask(leila, { acr_values: MFA }, 'staff');
    await clean(leila, 'rtl-stepup');
    await leila.fill('Eight-digit code', '12345678');
    await clean(leila, 'rtl-stepup-wrong');
    await leila.page.goto(`${stile.issuer}/account`);
    await clean(leila, 'rtl-account');
  });

  test('in German: by the browser, by ui_locales, and by the link on the page', async () => {
    const ana = someone();
    const two = await sit({ locale: 'de-AT' });
    await ask(two, { acr_values: MFA, scope: 'openid profile email groups offline_access' }, 'expenses');
    expect(await two.page.locator('html').getAttribute('lang')).toBe('de');
    await clean(two, 'de-identify');
    await name(two, ana, 'E-Mail oder Benutzername');
    await password(two, 'falsch', 'Passwort');
    await clean(two, 'de-password-wrong');
    await password(two, PASSWORD, 'Passwort');
    await clean(two, 'de-totp');
    await code(two, ana, 'Sechsstelliger Code');
    await clean(two, 'de-consent');
    await two.press('Teilen und weiter');
    await two.page.goto(`${stile.issuer}/account`);
    await clean(two, 'de-account');
    for (const page of ['methods', 'signins', 'applications']) {
      await two.page.goto(`${stile.issuer}/account/${page}`);
      await clean(two, `de-account-${page}`);
    }
    await ask(one, { ui_locales: 'eo de', acr_values: MFA });
    expect(await one.page.locator('html').getAttribute('lang')).toBe('de');
    const mei = newcomer();
    await name(one, mei, 'E-Mail oder Benutzername');
    await password(one, PASSWORD, 'Passwort');
    await clean(one, 'de-register-totp');
    await one.page.locator('.languages summary').click();
    await clean(one, 'de-languages');
    await one.press('English');
    expect(await one.page.locator('html').getAttribute('lang')).toBe('en');
  });
});

describe('in every language, from left to right and from right to left', () => {
  test.each(['ar', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt', 'zh-Hans'])('%s', async (tag) => {
    const say = (key: string) => wordsOf(tag, key);
    const sight = await sit({ locale: tag });
    const ana = someone();
    await ask(sight, { acr_values: MFA, scope: 'openid profile email groups offline_access' }, 'expenses');
    const html = sight.page.locator('html');
    expect([await html.getAttribute('lang'), await html.getAttribute('dir')]).toEqual([tag, say('language.dir')]);
    await clean(sight, `${tag}-identify`);
    await name(sight, ana, say('field.username'));
    await password(sight, 'nothing of the sort', say('field.password'));
    await clean(sight, `${tag}-password-wrong`);
    await password(sight, PASSWORD, say('field.password'));
    await clean(sight, `${tag}-totp`);
    await code(sight, ana, say('field.code6'));
    await clean(sight, `${tag}-consent`);
    await sight.press(say('consent.share'));
    for (const page of ['', '/methods', '/password', '/signins', '/applications']) {
      await sight.page.goto(`${stile.issuer}/account${page}`);
      await clean(sight, `${tag}-account${page.replace('/', '-')}`);
    }
  });
});

describe('where enrolment takes more than a password', () => {
  afterAll(() => stile.halt().then(() => stile.again({ config: config() })));

  // No mail is sent here, so of the two an access pass is what opens it.
  test.each(['mailed-link', 'pass'])('%s: asks for the access pass that opens it', async (first) => {
    await stile.halt();
    await stile.again({ config: config({ enrolment: { first } }) });
    await ask(one, { acr_values: MFA });
    await name(one, newcomer());
    await password(one);
    expect(await one.heading()).toBe('Enter your access pass');
    await clean(one, `enrolment-${first}`);
  });
});

describe('the end of a sign-in', () => {
  test('a sign-in that is gone, and one whose cookie is missing', async () => {
    await ask(one);
    const { pathname } = new URL(one.page.url());
    await one.page.goto(`${stile.issuer}/signin/aaaaaaaaaaaaaaaaaaaaaa`);
    expect(await one.heading()).toBe('This sign-in has timed out');
    await clean(one, 'error-expired');
    const two = await sit();
    await two.page.goto(stile.issuer + pathname);
    expect(await two.heading()).toBe('Your browser did not keep the sign-in');
    await clean(two, 'error-cookies');
  });

  test('signing out is confirmed, and says what it did', async () => {
    await one.page.goto(`${stile.issuer}/account`);
    await name(one, someone());
    await password(one);
    await one.page.goto(`${stile.issuer}/session/end`);
    await clean(one, 'sign-out');
    await one.press('Sign out');
    expect(await one.heading()).toBe('You are signed out');
    await clean(one, 'signed-out');
  });
});

describe('an account', () => {
  test('with nothing in it yet, and full', async () => {
    const mei = newcomer();
    await one.page.goto(`${stile.issuer}/account`);
    await clean(one, 'account-identify');
    await name(one, mei);
    await clean(one, 'account-password-page');
    await password(one);
    await clean(one, 'account-new');
    for (const page of ['methods', 'signins', 'applications', 'password']) {
      await one.page.goto(`${stile.issuer}/account/${page}`);
      await clean(one, `account-${page}-new`);
    }
    await one.fill('New password', 'password12345678');
    await clean(one, 'account-password-wrong');
    await one.page.goto(`${stile.issuer}/account/methods`);
    await one.press(/^Authenticator app/);
    await clean(one, 'register-totp-own');
  });

  test('with everything in it', async () => {
    const ana = 'ana';
    for (const { sight, params } of [
      {
        sight: await sit({
          userAgent:
            'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
        }),
        params: {},
      },
      { sight: one, params: { acr_values: MFA } },
    ]) {
      await ask(sight, params);
      await name(sight, ana);
      await password(sight);
      if ('acr_values' in params) await code(sight, ana);
    }
    await ask(one);
    await one.page.goto(`${stile.issuer}/account`);
    await clean(one, 'account');
    await one.page.goto(`${stile.issuer}/account/signins`);
    for (const summary of await one.page.locator('main summary').all()) await summary.click();
    await clean(one, 'account-signins');
    await one.page.goto(`${stile.issuer}/account/methods`);
    await clean(one, 'account-methods');
    await one.page.goto(`${stile.issuer}/account/password`);
    await clean(one, 'account-password');
  });
});

describe('pages that say no', () => {
  test.each([
    ['error-404', '/nothing/here', 'There is no page here'],
    [
      'error-application',
      '/auth?client_id=nobody&response_type=code&scope=openid',
      'An application sent a request Stile cannot answer',
    ],
    [
      'error-redirect',
      '/auth?client_id=payroll&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fevil.example%2F',
      'Payroll sent a request Stile cannot answer',
    ],
  ])('%s', async (as, path, heading) => {
    await one.page.goto(stile.issuer + path);
    expect(await one.heading()).toBe(heading);
    await clean(one, as);
  });

  test('a form whose mark was cut', async () => {
    await ask(one);
    await one.page.locator('input[name="csrf"]').evaluate((field) => field.setAttribute('value', 'cut'));
    await name(one, 'ana');
    expect(await one.heading()).toBe('This form did not come from this browser');
    await clean(one, 'error-forged');
  });
});
