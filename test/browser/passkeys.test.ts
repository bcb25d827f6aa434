import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import type { Browser, CDPSession } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { MFA, newcomer, PASSWORD, RelyingParty, settings } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { Sight } from './sight.ts';

jest.setTimeout(120_000);

/** Chromium with a virtual authenticator, which answers as a phone or a key would, by itself. */
interface Desk {
  readonly sight: Sight;
  readonly cdp: CDPSession;
  readonly authenticatorId: string;
}
interface Model {
  readonly protocol: 'ctap2';
  readonly ctap2Version: 'ctap2_1';
  readonly transport: 'internal' | 'usb';
  readonly hasResidentKey: boolean;
  readonly hasUserVerification: boolean;
  readonly isUserVerified: boolean;
  readonly automaticPresenceSimulation: boolean;
  readonly defaultBackupEligibility: boolean;
  readonly defaultBackupState: boolean;
}
const phone: Model = {
  protocol: 'ctap2',
  ctap2Version: 'ctap2_1',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
  defaultBackupEligibility: true,
  defaultBackupState: true,
};
const securityKey: Model = {
  ...phone,
  transport: 'usb',
  hasResidentKey: false,
  hasUserVerification: false,
  isUserVerified: false,
  defaultBackupEligibility: false,
  defaultBackupState: false,
};

let callback: string;
let applications: Server;
let stile: Stile;
let browser: Browser;
let rp: RelyingParty;
const open: Sight[] = [];

beforeAll(async () => {
  applications = createServer((_req, res) => {
    res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Back</title><h1>Back</h1>');
  });
  await new Promise<void>((resolve) => applications.listen(0, '127.0.0.1', resolve));
  callback = `http://localhost:${(applications.address() as AddressInfo).port}/cb`;
  const client = { client_id: 'payroll', client_secret: 'a client secret for tests', redirect_uris: [callback] };
  const config = settings({
    stores: [{ id: 'local', methods: {} }],
    applications: [{ id: 'payroll', name: 'Payroll', oidc: client }],
  });
  [stile, browser] = await Promise.all([startStile({ config }), launchBrowser()]);
  rp = await RelyingParty.at(stile, { id: 'payroll', redirectUri: callback });
});
afterEach(() => Promise.all(open.splice(0).map((sight) => sight.close())));
afterAll(async () => {
  await browser?.close();
  await stile?.stop();
  applications.closeAllConnections();
  applications.close();
});

async function sit(options: Model = phone): Promise<Desk> {
  const sight = await Sight.at(browser);
  open.push(sight);
  const cdp = await sight.context.newCDPSession(sight.page);
  await cdp.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options });
  return { sight, cdp, authenticatorId };
}
/** The same passkeys before another browser, as a synced one is, or a key that is carried along. */
async function moveTo(from: Desk, to: Desk): Promise<void> {
  const { credentials } = await from.cdp.send('WebAuthn.getCredentials', { authenticatorId: from.authenticatorId });
  for (const credential of credentials)
    await to.cdp.send('WebAuthn.addCredential', { authenticatorId: to.authenticatorId, credential });
}
/** From now on somebody touches it when it is asked; what waits already goes on waiting. */
const presence = ({ cdp, authenticatorId }: Desk) =>
  cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: true });

/** Goes where the application sends people, and gives back how to redeem what they come back with. */
async function ask({ sight }: Desk, params: Record<string, string> = {}) {
  const { url, checks } = await rp.request(params);
  await sight.page.goto(url.href);
  return async () => {
    await sight.page.waitForURL(`${callback}?**`);
    return (await rp.redeem(new URL(sight.page.url()), checks)).claims;
  };
}
const essential = (value: string) => ({ claims: JSON.stringify({ id_token: { acr: { essential: true, value } } }) });
const clean = async ({ sight }: Desk, as: string) => expect(await sight.look(as)).toEqual([]);
const said = ({ sight }: Desk, words: string) => sight.page.getByText(words).waitFor();

/** Somebody new, who registers what lies on this desk on the way to an application that needs two factors. */
async function register(desk: Desk, who = newcomer(), screen?: string): Promise<string> {
  const back = await ask(desk, essential(MFA));
  // The offer in the list of names finds nothing yet.
  await desk.sight.fill('Email or user name', who);
  await desk.sight.fill('Password', PASSWORD);
  expect(await desk.sight.heading()).toBe('Set up a passkey');
  if (screen) await clean(desk, screen);
  await desk.sight.page.getByLabel('Name (optional)').fill('On my desk');
  await desk.sight.page.getByRole('button', { name: 'Create the passkey' }).click();
  // A spare is suggested next.
  await desk.sight.page.getByRole('button', { name: 'Not now' }).click();
  expect((await back()).amr).toEqual(['mfa', 'pop', 'pwd', 'user']);
  return who;
}

describe('a passkey of a phone', () => {
  test('is set up on the way, and signs in from the list of names, without a name', async () => {
    const first = await sit();
    await register(first, newcomer(), 'passkey-register');

    const second = await sit();
    await moveTo(first, second);
    // Nothing is pressed: the browser offers it in the field, and the person takes it.
    const back = await ask(second, essential(MFA));
    expect(await back()).toMatchObject({ acr: MFA, amr: ['mfa', 'pop', 'user'] });
  });

  test('signs in by the button, where nobody takes up the offer in the list', async () => {
    const first = await sit();
    await register(first);
    const second = await sit({ ...phone, automaticPresenceSimulation: false });
    await moveTo(first, second);
    const back = await ask(second);
    await clean(second, 'signin-identify-passkey');
    await presence(second);
    await second.sight.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    expect(await back()).toMatchObject({ amr: ['mfa', 'pop', 'user'] });
  });

  test('answers after a name, by another way than the password', async () => {
    const first = await sit();
    const who = await register(first);
    const second = await sit({ ...phone, automaticPresenceSimulation: false });
    await moveTo(first, second);
    const back = await ask(second);
    await second.sight.fill('Email or user name', who);
    await second.sight.press('Use another way');
    await second.sight.press(/^Passkey/);
    expect(await second.sight.heading()).toBe('Confirm with your passkey');
    await said(second, 'Waiting for your browser.');
    await clean(second, 'signin-passkey');
    await presence(second);
    // As the page says, for whoever sees nothing.
    await second.sight.page.getByRole('button', { name: 'Use your passkey' }).click();
    expect(await back()).toMatchObject({ amr: ['mfa', 'pop', 'user'] });
  });

  test('that is turned away says so, and the ways on stay', async () => {
    const first = await sit();
    const who = await register(first);
    const second = await sit();
    await moveTo(first, second);
    const { cdp, authenticatorId, sight } = second;
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    await ask(second);
    await sight.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await said(second, 'Your browser closed the passkey request.');
    await clean(second, 'signin-identify-closed');
    await sight.fill('Email or user name', who);
    expect(await sight.heading()).toBe('Enter your password');
  });

  test('is in the account by the name it was given', async () => {
    const desk = await sit();
    await register(desk);
    await desk.sight.page.goto(`${stile.issuer}/account/methods`);
    expect(await desk.sight.text()).toContain('On my desk');
  });

  test.each([
    ['syncable, and backed up', { defaultBackupEligibility: true, defaultBackupState: true }],
    ['syncable, and not backed up yet', { defaultBackupEligibility: true, defaultBackupState: false }],
    ['bound to its device', { defaultBackupEligibility: false, defaultBackupState: false }],
  ])('%s, is two factors, and no key of level 3', async (_what, backup) => {
    const desk = await sit({ ...phone, ...backup });
    await register(desk);
    const back = await ask(desk, { prompt: 'login', acr_values: 'urn:stile:acr:aal2' });
    expect(await back()).toMatchObject({ acr: 'urn:stile:acr:aal2', amr: ['mfa', 'pop', 'user'] });
    await ask(desk, essential('urn:stile:acr:aal3'));
    expect(await desk.sight.heading()).toBe('You need another way to confirm it is you');
  });
});

describe('a security key that checks nobody', () => {
  test('is the second factor beside a password', async () => {
    const first = await sit(securityKey);
    const who = await register(first);
    const second = await sit({ ...securityKey, automaticPresenceSimulation: false });
    await moveTo(first, second);
    const back = await ask(second, essential(MFA));
    await second.sight.fill('Email or user name', who);
    await second.sight.fill('Password', PASSWORD);
    expect(await second.sight.heading()).toBe('Confirm with your passkey');
    await clean(second, 'signin-passkey-second');
    await presence(second);
    await second.sight.page.getByRole('button', { name: 'Use your passkey' }).click();
    expect(await back()).toMatchObject({ acr: MFA, amr: ['mfa', 'pop', 'pwd', 'user'] });
  });
});

test('without script the page says so, and leads on', async () => {
  const sight = await Sight.at(browser, { javaScriptEnabled: false });
  open.push(sight);
  await sight.page.goto((await rp.request(essential(MFA))).url.href);
  expect(await sight.page.getByRole('button', { name: 'Sign in with a passkey' }).isVisible()).toBe(false);
  await sight.fill('Email or user name', newcomer());
  await sight.fill('Password', PASSWORD);
  expect(await sight.text()).toContain('Passkeys need JavaScript, which is off.');
  expect(await sight.look('passkey-register-no-script')).toEqual([]);
  await sight.press('Set up something else');
  await sight.press(/Authenticator app/);
  expect(await sight.heading()).toBe('Set up your authenticator app');
});

test('a browser that knows no passkeys says so, and leads on', async () => {
  const sight = await Sight.at(browser);
  open.push(sight);
  await sight.page.addInitScript('delete window.PublicKeyCredential');
  await sight.page.goto((await rp.request(essential(MFA))).url.href);
  expect(await sight.page.getByRole('button', { name: 'Sign in with a passkey' }).isVisible()).toBe(false);
  await sight.fill('Email or user name', newcomer());
  await sight.fill('Password', PASSWORD);
  await sight.page.getByText('This browser cannot use a passkey here.').waitFor();
  expect(await sight.look('passkey-register-unable')).toEqual([]);
});
