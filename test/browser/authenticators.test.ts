import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import type { Browser, CDPSession } from 'playwright-core';
import { certificatesOf, readAttestation } from '../../src/methods/webauthn/attestation.ts';
import { launchBrowser } from '../support/browser.ts';
import { newcomer, PASSWORD, RelyingParty, settings } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { Sight } from './sight.ts';

jest.setTimeout(120_000);

const AAL3 = 'urn:stile:acr:aal3';
const key = {
  protocol: 'ctap2',
  ctap2Version: 'ctap2_1',
  transport: 'usb',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const;

const folder = mkdtempSync(join(tmpdir(), 'stile-authenticators-'));
let applications: Server;
let callback: string;
let browser: Browser;
let stile: Stile;
let rp: RelyingParty;
const open: Sight[] = [];

interface Desk {
  readonly sight: Sight;
  readonly cdp: CDPSession;
  readonly authenticatorId: string;
}

async function sit(script?: string): Promise<Desk> {
  const sight = await Sight.at(browser);
  open.push(sight);
  if (script) await sight.page.addInitScript(script);
  const cdp = await sight.context.newCDPSession(sight.page);
  await cdp.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: key });
  return { sight, cdp, authenticatorId };
}

/** What this Chromium's security key shows of its maker: the certificate it signs with, and the model it says it is. */
async function makerOfChromium(at: string) {
  const { sight } = await sit();
  await sight.page.goto(at);
  const object: string = await sight.page.evaluate(`(async () => {
    const publicKey = {
      rp: { id: 'localhost', name: 'x' }, user: { id: new Uint8Array(8), name: 'x', displayName: 'x' },
      challenge: new Uint8Array(16), pubKeyCredParams: [{ type: 'public-key', alg: -7 }], attestation: 'direct',
    };
    const { response } = await navigator.credentials.create({ publicKey });
    return btoa(String.fromCharCode(...new Uint8Array(response.attestationObject)));
  })()`);
  const attestation = readAttestation(Buffer.from(object, 'base64'));
  const [leaf] = attestation ? certificatesOf(attestation) : [];
  if (!attestation || !leaf) throw new Error('Chromium attests nothing');
  return { aaguid: attestation.aaguid, root: leaf.raw.toString('base64') };
}

beforeAll(async () => {
  applications = createServer((_req, res) => {
    res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Back</title><h1>Back</h1>');
  });
  await new Promise<void>((resolve) => applications.listen(0, '127.0.0.1', resolve));
  const at = `http://localhost:${(applications.address() as AddressInfo).port}`;
  callback = `${at}/cb`;
  browser = await launchBrowser();
  const { aaguid, root } = await makerOfChromium(at);
  const statement = {
    ...{ description: 'Northfold Key 3', aaguid, keyProtection: ['hardware', 'secure_element'] },
    attestationRootCertificates: [root],
  };
  writeFileSync(join(folder, 'statements.json'), JSON.stringify([statement]));
  const client = { client_id: 'payroll', client_secret: 'a client secret for tests', redirect_uris: [callback] };
  const authenticators = { allow: [aaguid], metadata_file: join(folder, 'statements.json') };
  const config = settings({
    // Nothing is suggested on top of the key.
    stores: [{ id: 'local', methods: { 'recovery-code': 'off' } }],
    methods: { webauthn: { attestation: 'direct', authenticators, origins: ['http://localhost:4'] } },
    applications: [{ id: 'payroll', name: 'Payroll', oidc: client }],
  });
  stile = await startStile({ config });
  rp = await RelyingParty.at(stile, { id: 'payroll', redirectUri: callback });
});
afterEach(() => Promise.all(open.splice(0).map((sight) => sight.close())));
afterAll(async () => {
  await browser?.close();
  await stile?.stop();
  applications?.closeAllConnections();
  applications?.close();
  rmSync(folder, { recursive: true });
});

const aal3 = { claims: JSON.stringify({ id_token: { acr: { essential: true, value: AAL3 } } }) };

/** Somebody new on the way to an application that wants a key of level 3, at the page that sets one up. */
async function toRegistration({ sight }: Desk) {
  const { url, checks } = await rp.request(aal3);
  await sight.page.goto(url.href);
  await sight.fill('Email or user name', newcomer());
  await sight.fill('Password', PASSWORD);
  expect(await sight.heading()).toBe('Set up a passkey');
  return checks;
}
const create = ({ sight }: Desk) => sight.page.getByRole('button', { name: 'Create the passkey' }).click();

/** Keeps what the browser is told of passkeys where a test can read it. */
const listening = `
  for (const name of ['signalUnknownCredential', 'signalAllAcceptedCredentials', 'signalCurrentUserDetails']) {
    const real = PublicKeyCredential[name]?.bind(PublicKeyCredential);
    PublicKeyCredential[name] = async (facts) => {
      (window.told ??= []).push([name, facts]);
      return real?.(facts);
    };
  }`;
const told = ({ sight }: Desk): Promise<[string, Record<string, unknown>][]> =>
  sight.page.waitForFunction('window.told').then(async (handle) => (await handle.jsonValue()) as never);

test('a key whose maker vouches for its hardware opens what wants level 3', async () => {
  const desk = await sit();
  const checks = await toRegistration(desk);
  expect(await desk.sight.text()).toContain('What can be used here: Northfold Key 3.');
  expect(await desk.sight.look('passkey-register-allowed')).toEqual([]);
  await create(desk);
  await desk.sight.page.waitForURL(`${callback}?**`);
  const { claims } = await rp.redeem(new URL(desk.sight.page.url()), checks);
  expect(claims).toMatchObject({ acr: AAL3, amr: ['hwk', 'mfa', 'pop', 'pwd', 'user'] });
});

test('a key that does not prove its model is turned away, by name, and told what to use', async () => {
  const desk = await sit(`{
    const create = navigator.credentials.create.bind(navigator.credentials);
    navigator.credentials.create = ({ publicKey, ...rest }) =>
      create({ ...rest, publicKey: { ...publicKey, attestation: 'none' } });
  }`);
  await toRegistration(desk);
  await create(desk);
  await desk.sight.page.getByText('Only keys that prove their model can be used here').waitFor();
  expect(await desk.sight.text()).toContain('What can be used here: Northfold Key 3.');
  expect(await desk.sight.look('passkey-register-unproved')).toEqual([]);
});

test('a passkey nobody has is told to the browser, which forgets it; one that is there is kept', async () => {
  const desk = await sit(listening);
  const { cdp, authenticatorId, sight } = desk;
  await toRegistration(desk);
  await create(desk);
  await sight.page.waitForURL(`${callback}?**`);
  const held = async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  const [mine] = await held();
  await sight.page.goto(`${stile.issuer}/account/methods`);
  const base64url = Buffer.from(mine?.credentialId ?? '', 'base64').toString('base64url');
  expect(await told(desk)).toEqual([
    [
      'signalAllAcceptedCredentials',
      expect.objectContaining({ rpId: 'localhost', allAcceptedCredentialIds: [base64url] }),
    ],
    [
      'signalCurrentUserDetails',
      expect.objectContaining({ rpId: 'localhost', displayName: expect.stringMatching(/^Mei/u) }),
    ],
  ]);

  const stranger = await sit(listening);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const id = Buffer.from('a passkey nobody has');
  await stranger.cdp.send('WebAuthn.addCredential', {
    authenticatorId: stranger.authenticatorId,
    credential: {
      ...{ credentialId: id.toString('base64'), isResidentCredential: true, rpId: 'localhost', signCount: 0 },
      privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
      userHandle: Buffer.from('u').toString('base64'),
    },
  });
  const forgotten = new Promise((resolve) => stranger.cdp.once('WebAuthn.credentialDeleted', resolve));
  await stranger.sight.page.goto((await rp.request()).url.href);
  await stranger.sight.page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await stranger.sight.page.getByText('That passkey was not accepted.').waitFor();
  expect(await told(stranger)).toEqual([
    ['signalUnknownCredential', { rpId: 'localhost', credentialId: id.toString('base64url') }],
  ]);
  expect(await forgotten).toMatchObject({ credentialId: id.toString('base64') });
  expect(await held()).toHaveLength(1);
});

test('browsers are told which other pages may ask for these passkeys', async () => {
  const answer = await fetch(`${stile.issuer}/.well-known/webauthn`);
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/u);
  expect(await answer.json()).toEqual({ origins: [stile.issuer, 'http://localhost:4'] });
});
