import { jest } from '@jest/globals';
import jsQR from 'jsqr';
import type { Browser, BrowserContextOptions, Locator } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { codeNow, MFA, PASSWORD } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { Sight } from './sight.ts';

jest.setTimeout(120_000);

/** As config/demo.yaml has them. */
const secrets = { ana: 'MFXGCLLPOZSXELLUNBSS253BNRWC2MBR', tom: 'ORXW2LLPOZSXELLUNBSS253BNRWC2MBS' };

let browser: Browser;
let stile: Stile;
const open: Sight[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
});
beforeEach(async () => {
  stile = await startStile({ embedded: true });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((sight) => sight.close()));
  await stile.stop();
});
afterAll(() => browser?.close());

async function sit(options?: BrowserContextOptions): Promise<Sight> {
  const sight = await Sight.at(browser, options);
  open.push(sight);
  return sight;
}

const clean = async (sight: Sight, as: string) => expect(await sight.look(as)).toEqual([]);
/** Every test has a server of its own, which has seen no code of these secrets yet. */
const code = (sight: Sight, secret: string) => sight.fill('Six-digit code', codeNow(secret));

async function toWiki(sight: Sight): Promise<void> {
  await sight.page.goto(stile.issuer);
  await sight.press(/^Wiki/);
}

async function toPayroll(sight: Sight): Promise<void> {
  await sight.page.goto(stile.issuer);
  await sight.press(/^Payroll/);
}

/** A page of Stile's carries its answer to Payroll: by itself, or by a button where no script runs. */
async function carried(sight: Sight, scripted = true): Promise<void> {
  if (!scripted) await sight.press('Continue to Payroll');
  await sight.page.waitForURL(/\/demo\/payroll\/($|arrived)/);
}

async function signIn(sight: Sight, who: string, password = PASSWORD): Promise<void> {
  await sight.fill('Email or user name', who);
  await sight.fill('Password', password);
}

/** The link that opens a first registration: read in the mailbox in the same browser, then confirmed on its page. */
async function openedByMail(sight: Sight): Promise<void> {
  expect(await sight.text()).toContain('m•••@northfold.example');
  const { page } = sight;
  await page.goto(`${stile.issuer}/mailbox`);
  await clean(sight, 'demo-mailbox');
  await page.locator('main ul.list a').first().click();
  await page.waitForURL(/\/mailbox\/\d+$/);
  await clean(sight, 'demo-mail');
  const link = /https?:\/\/\S+/.exec(await page.locator('pre.mail').innerText())?.[0] as string;
  await page.goto(link);
  await clean(sight, 'demo-mailed-link');
  await sight.press(/^Continue/);
}

/** What the page says of a claim, now. */
const claim = (sight: Sight, name: string) =>
  sight.page.locator(`tr:has(th code:text-is("${name}")) td`).last().locator('code').first().innerText();

/** What Payroll says of a part of the assertion, now. */
const said = (sight: Sight, name: string) =>
  sight.page.locator(`tr:has(th code:text-is("${name}")) td`).first().locator('code').first().innerText();

/** What a phone's camera reads: the picture on the screen, decoded in a page that has nothing to do with it. */
async function scan(qr: Locator): Promise<string> {
  const png = (await qr.screenshot()).toString('base64');
  const bench = await browser.newPage();
  const { data, width, height } = await bench.evaluate<{
    data: number[];
    width: number;
    height: number;
  }>(`(async () => {
    const image = await createImageBitmap(await (await fetch('data:image/png;base64,${png}')).blob());
    const { width, height } = image;
    const canvas = new OffscreenCanvas(width, height).getContext('2d');
    canvas.drawImage(image, 0, 0);
    return { width, height, data: [...canvas.getImageData(0, 0, width, height).data] };
  })()`);
  await bench.close();
  return jsQR.default(Uint8ClampedArray.from(data), width, height)?.data ?? 'no code';
}

describe.each([
  ['as browsers come', {}],
  ['without script', { javaScriptEnabled: false }],
])('%s', (_how, options) => {
  const named = (name: string) => ('javaScriptEnabled' in options ? `no-script-${name}` : name);

  test('ana opens Wiki with her password, approves a payment with a code, and sees the claims change', async () => {
    const ana = await sit(options);
    await ana.page.goto(stile.issuer);
    await clean(ana, named('demo-home'));
    await ana.press(/^Wiki/);
    expect(await ana.heading()).toBe('Welcome to Wiki');
    await clean(ana, named('demo-wiki-welcome'));
    await ana.press('Sign in');
    expect(await ana.text()).toContain('to continue to Wiki');
    await signIn(ana, 'ana');

    expect(await ana.heading()).toBe('Hello, Ana Silva');
    expect(await claim(ana, 'amr')).toBe('["pwd"]');
    expect(await claim(ana, 'acr')).toBe('"urn:stile:acr:aal1"');
    await clean(ana, named('demo-wiki-before'));

    await ana.press('Approve a payment');
    expect(await ana.heading()).toBe('Wiki asks you to confirm it is you');
    const said = await ana.text();
    expect(said).toContain('You are already signed in with a password. Wiki asks for a further proof.');
    await code(ana, secrets.ana);

    expect(await ana.text()).toContain('The payment is approved.');
    expect(JSON.parse(await claim(ana, 'amr')).sort()).toEqual(['mfa', 'otp', 'pwd']);
    expect(await claim(ana, 'acr')).toBe(`"${MFA}"`);
    await clean(ana, named('demo-wiki-after'));
    await ana.press('Approve another payment');
    expect(await ana.heading()).toBe('Hello, Ana Silva');
  });

  test('an API that Wiki calls for her finds a password too little, and ana is brought back with what it asks for', async () => {
    const ana = await sit(options);
    await toWiki(ana);
    await ana.press('Sign in');
    await signIn(ana, 'ana');
    await ana.press('Keep a note');
    expect(await ana.heading()).toBe('Wiki asks you to confirm it is you');
    await code(ana, secrets.ana);
    expect(await ana.text()).toContain('The note is kept.');
    expect(await claim(ana, 'acr')).toBe(`"${MFA}"`);
    await clean(ana, named('demo-wiki-noted'));
    await ana.press('Keep a note');
    expect(await ana.text()).toContain('The note is kept.');
  });

  test('mei, who has only a password, sets up an authenticator app by its QR code on the way', async () => {
    const mei = await sit(options);
    await toWiki(mei);
    await mei.press('Sign in');
    await signIn(mei, 'mei');
    await mei.press('Approve a payment');
    await openedByMail(mei);
    expect(await mei.heading()).toBe('Set up a passkey');
    expect(await mei.text()).toContain('Wiki opens only with a second proof.');
    await mei.press('Set up something else');
    await mei.press(/Authenticator app/);
    expect(await mei.heading()).toBe('Set up your authenticator app');
    const uri = new URL(await scan(mei.page.locator('svg.qr')));
    expect(uri.protocol).toBe('otpauth:');
    expect(decodeURIComponent(uri.pathname)).toContain('mei');
    const secret = uri.searchParams.get('secret') as string;
    await mei.page.locator('main summary').click();
    expect((await mei.page.locator('.secret').innerText()).replaceAll(' ', '')).toBe(secret);
    await clean(mei, named('demo-register'));
    await code(mei, secret);
    await mei.press('Not now');
    expect(await mei.text()).toContain('The payment is approved.');
    expect(await claim(mei, 'acr')).toBe(`"${MFA}"`);
  });
});

describe.each([
  ['as browsers come', {}],
  ['without script', { javaScriptEnabled: false }],
])('two applications, one session, %s', (_how, options) => {
  const scripted = !('javaScriptEnabled' in options);
  const named = (name: string) => (scripted ? name : `no-script-${name}`);
  const atHome = (sight: Sight) => sight.page.waitForURL(`${stile.issuer}/demo/payroll/`);

  test('ana, signed in to Wiki, opens Payroll without a page, confirms a change in it, and leaves both from there', async () => {
    const ana = await sit(options);
    await toWiki(ana);
    await ana.press('Sign in');
    await signIn(ana, 'ana');
    await toPayroll(ana);
    expect(await ana.heading()).toBe('Welcome to Payroll');
    await clean(ana, named('demo-payroll-welcome'));
    await ana.press('Sign in');
    await carried(ana, scripted);
    expect(await ana.heading()).toBe('Hello, Ana Silva');
    expect(await said(ana, 'AuthnContextClassRef')).toMatch(/PasswordProtectedTransport$/);
    await clean(ana, named('demo-payroll-before'));

    await ana.press('Change bank account');
    expect(await ana.heading()).toBe('Payroll asks you to confirm it is you');
    await code(ana, secrets.ana);
    await carried(ana, scripted);
    expect(await ana.text()).toContain('The bank account is changed.');
    expect(await said(ana, 'AuthnContextClassRef')).toBe(MFA);
    expect(await said(ana, 'authnmethodsreferences')).toMatch(/^http/);
    await clean(ana, named('demo-payroll-after'));
    await toWiki(ana);
    await ana.press('Approve a payment');
    expect(await ana.text()).toContain('The payment is approved.');

    await toPayroll(ana);
    await ana.press('Sign out');
    await atHome(ana);
    expect(await ana.text()).toContain('Signed out everywhere.');
    await clean(ana, named('demo-payroll-left'));
    await toWiki(ana);
    expect(await ana.heading()).toBe('Welcome to Wiki');
    await ana.page.goto(`${stile.issuer}/account`);
    expect(await ana.heading()).toBe('Sign in');
  });

  test('mei, signed in to Payroll, opens Wiki without a page; Payroll sees her leave Wiki, and Stile', async () => {
    const mei = await sit(options);
    await toPayroll(mei);
    await mei.press('Sign in');
    expect(await mei.text()).toContain('to continue to Payroll');
    await signIn(mei, 'mei');
    await carried(mei, scripted);
    expect(await mei.heading()).toBe('Hello, Mei Tanaka');
    await toWiki(mei);
    await mei.press('Sign in');
    expect(await mei.heading()).toBe('Hello, Mei Tanaka');
    await mei.press('Sign out');
    await mei.press('Sign out');
    await mei.page.waitForURL(`${stile.issuer}/demo/wiki/`);
    await toPayroll(mei);
    expect(await mei.heading()).toBe('Welcome to Payroll');

    await mei.press('Sign in');
    await signIn(mei, 'mei');
    await carried(mei, scripted);
    await mei.page.goto(`${stile.issuer}/account`);
    await mei.press('Sign out');
    await mei.page.waitForURL(`${stile.issuer}/signed-out`);
    await toPayroll(mei);
    expect(await mei.heading()).toBe('Welcome to Payroll');
  });
});

test('signing out of Wiki signs out of Stile, after asking, and back to Wiki', async () => {
  const ana = await sit();
  await toWiki(ana);
  await ana.press('Sign in');
  await signIn(ana, 'ana');
  await ana.press('Sign out');
  expect(await ana.text()).toContain('Sign out of Stile?');
  await clean(ana, 'demo-sign-out');
  await ana.press('Sign out');
  expect(await ana.heading()).toBe('Welcome to Wiki');
  await ana.page.goto(`${stile.issuer}/account`);
  expect(await ana.heading()).toBe('Sign in');
});

test('who turns back is told by Wiki that nothing was changed', async () => {
  const ana = await sit();
  await toWiki(ana);
  await ana.press('Sign in');
  await signIn(ana, 'ana');
  await ana.press('Approve a payment');
  await ana.press('Cancel and go back to Wiki');
  expect(await ana.heading()).toBe('The sign-in was stopped');
  await clean(ana, 'demo-wiki-refused');
  await ana.press('Back to Wiki');
  expect(await ana.heading()).toBe('Hello, Ana Silva');
});

test('who turns back is told by Payroll that nothing was changed, and leaves by a link when the way out stops', async () => {
  const ana = await sit();
  await toPayroll(ana);
  await ana.press('Sign in');
  await signIn(ana, 'ana');
  await carried(ana);
  await ana.press('Change bank account');
  await ana.press('Cancel and go back to Payroll');
  await carried(ana);
  expect(await ana.heading()).toBe('The sign-in was stopped');
  await clean(ana, 'demo-payroll-refused');
  await ana.press('Back to Payroll');
  expect(await ana.heading()).toBe('Hello, Ana Silva');
  await ana.page.route(/\/saml\/slo/, (route) => route.fulfill({ status: 204 }));
  await ana.press('Sign out');
  expect(await ana.heading()).toBe('Signing you out');
  await clean(ana, 'demo-payroll-leaving');
  await ana.page.unrouteAll();
  await ana.press('Go on');
  await ana.page.waitForURL(`${stile.issuer}/demo/payroll/`);
  expect(await ana.text()).toContain('Signed out everywhere.');
});

test('a whole sign-in by keyboard: Tab reaches what there is, in reading order, and Enter presses the primary button', async () => {
  const ana = await sit();
  const { keyboard } = ana.page;
  const focused = () =>
    ana.page.evaluate<string>('document.activeElement.textContent.trim() || document.activeElement.id');
  const enter = () => Promise.all([ana.page.waitForEvent('load'), keyboard.press('Enter')]);
  const tabTo = async (words: string) => {
    for (let presses = 0; presses < 30; presses++) {
      if ((await focused()).startsWith(words)) return;
      await keyboard.press('Tab');
    }
    throw new Error(`Tab does not reach "${words}"`);
  };
  await ana.page.goto(stile.issuer);
  await keyboard.press('Tab');
  expect(await focused()).toBe('Skip to the content');
  await tabTo('W');
  await enter();
  await tabTo('Sign in');
  await enter();
  expect(await focused()).toBe('username');
  await keyboard.type('ana');
  await enter();
  expect(await focused()).toBe('password');
  await keyboard.type(PASSWORD);
  await enter();
  await tabTo('Approve a payment');
  await enter();
  expect(await focused()).toBe('code');
  await keyboard.type(codeNow(secrets.ana));
  await enter();
  expect(await ana.text()).toContain('The payment is approved.');
});

describe('the account', () => {
  const sentence = (sight: Sight) => sight.page.locator('.banner').innerText();

  test('mei registers an authenticator app, turns two-step on, meets it, turns it off and removes the app', async () => {
    const mei = await sit();
    await mei.page.goto(`${stile.issuer}/account/methods`);
    await signIn(mei, 'mei');
    await mei.press(/^Authenticator app/);
    await openedByMail(mei);
    const secret = new URL(await scan(mei.page.locator('svg.qr'))).searchParams.get('secret') as string;
    await code(mei, secret);
    await mei.press('Not now');
    expect(await sentence(mei)).toContain('The sign-in method was added.');
    expect(await mei.page.title()).toMatch(/^The sign-in method was added/);
    await clean(mei, 'account-added');

    await mei.press('Turn on');
    expect(await sentence(mei)).toContain('Two-step sign-in is on.');
    await clean(mei, 'account-two-step-on');
    const elsewhere = await sit();
    await toWiki(elsewhere);
    await elsewhere.press('Sign in');
    await signIn(elsewhere, 'mei');
    expect(await elsewhere.heading()).toBe('Enter the code from your app');
    expect(await elsewhere.text()).toContain('Two-step sign-in');
    await clean(elsewhere, 'demo-totp-two-step');

    await mei.press('Turn off');
    expect(await sentence(mei)).toContain('Two-step sign-in is off.');
    await mei.press('Change Authenticator app');
    await clean(mei, 'account-method');
    await mei.press('Remove');
    expect(await sentence(mei)).toContain('The sign-in method was removed.');
    expect(await mei.page.getByRole('link', { name: 'Change Authenticator app' }).count()).toBe(0);
  });

  test('tom ends his session in another browser, which is signed out at Wiki too', async () => {
    const [here, there] = [
      await sit(),
      await sit({ userAgent: 'Mozilla/5.0 (X11; Linux x64; rv:143.0) Firefox/143.0' }),
    ];
    await toWiki(there);
    await there.press('Sign in');
    await signIn(there, 'tom');
    await here.page.goto(`${stile.issuer}/account`);
    await signIn(here, 'tom');
    await clean(here, 'account-two-sessions');
    await here.press('Sign out Firefox on Linux');
    expect(await sentence(here)).toContain('That browser was signed out.');
    await clean(here, 'account-session-ended');
    await there.page.goto(`${stile.issuer}/account`);
    expect(await there.heading()).toBe('Sign in');
    await toWiki(there);
    expect(await there.heading()).toBe('Welcome to Wiki');
  });

  test('tom changes his password after a fresh code, and the old one opens nothing', async () => {
    const tom = await sit();
    await tom.page.goto(`${stile.issuer}/account/methods`);
    await signIn(tom, 'tom');
    await tom.press('Change your password');
    expect(await tom.text()).toContain('Before your sign-in methods change, a fresh proof is asked for.');
    await code(tom, secrets.tom);
    await tom.fill('New password', 'short');
    expect(await tom.text()).toContain('That password is too short.');
    await tom.fill('New password', 'seven quiet herons at dawn');
    expect(await sentence(tom)).toContain('Your password was changed.');
    await clean(tom, 'account-password-changed');
    const other = await sit();
    await other.page.goto(`${stile.issuer}/account`);
    await signIn(other, 'tom');
    expect(await other.text()).toContain('That name and password do not match.');
    await other.fill('Password', 'seven quiet herons at dawn');
    expect(await other.heading()).toBe('Your account');
  });

  test('every sign-in tells afterwards why it asked', async () => {
    const ana = await sit();
    await toWiki(ana);
    await ana.press('Sign in');
    await signIn(ana, 'ana');
    await ana.press('Approve a payment');
    await code(ana, secrets.ana);
    await ana.page.goto(stile.issuer);
    await ana.press(/^Why was I asked/);
    expect(await ana.heading()).toBe('Recent sign-ins');
    await ana.page.locator('main summary').first().click();
    expect(await ana.text()).toContain('Authenticator app');
    await clean(ana, 'demo-signins');
  });
});

test('speaks German to a German browser, and to whoever asks for it', async () => {
  const german = await sit({ locale: 'de-AT' });
  await german.page.goto(`${stile.issuer}/account`);
  expect(await german.heading()).toBe('Anmelden');
  const english = await sit();
  await english.page.goto(`${stile.issuer}/account`);
  await english.page.locator('.languages summary').click();
  await english.press('Deutsch');
  expect(await english.heading()).toBe('Anmelden');
  await english.fill('E-Mail oder Benutzername', 'ana');
  expect(await english.page.locator('html').getAttribute('lang')).toBe('de');
  await english.page.goto(`${english.page.url()}?lang=en`);
  expect(await english.heading()).toBe('Enter your password');
});

test('the authenticator for those without a phone shows the code of a key, and says what a key is', async () => {
  const mei = await sit();
  await mei.page.goto(`${stile.issuer}/authenticator`);
  await clean(mei, 'demo-authenticator');
  await mei.fill('Key', 'not a key 018');
  expect(await mei.text()).toContain('That is not a key.');
  await clean(mei, 'demo-authenticator-wrong');
  await mei.fill('Key', secrets.tom);
  await clean(mei, 'demo-authenticator-code');
});
