import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import { parse } from 'yaml';
import { payroll } from '../../examples/payroll/payroll.ts';
import { type PretendedSamlIssuer, pretendedSamlIssuer } from './saml-issuer.ts';
import { Visitor } from './visitor.ts';

const mfa = 'https://refeds.org/profile/mfa';
const passwordOnly = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport';
const pem = readFileSync(join(import.meta.dirname, '../../config/demo-payroll.pem'), 'utf8');
const [privateKey, certificate] = pem.match(/-----BEGIN[\s\S]+?-----END [A-Z ]+-----/g) as [string, string];

let issuer: PretendedSamlIssuer;
let server: Server;
let home: string;
let ana: Visitor;
let problems: Error[];

beforeEach(async () => {
  issuer = await pretendedSamlIssuer({ certificate });
  const app = express();
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/payroll`;
  const provider = { issuer: issuer.url, baseUrl, privateKey, certificate };
  app.use('/payroll', payroll({ ...provider, stylesheet: '/assets/stile.css', log: (error) => problems.push(error) }));
  home = `${baseUrl}/`;
  ana = new Visitor();
  problems = [];
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await issuer.close();
});

/** Presses the button, and the one of Stile's page that posts its answer. */
async function ask(visitor: Visitor, button: string) {
  await visitor.press(button);
  await visitor.press('Continue');
}

async function signIn(visitor: Visitor) {
  await visitor.open(home);
  await ask(visitor, 'Sign in');
}

/** What the browser would do by itself on the page that leads out. */
async function goOn(visitor: Visitor) {
  const onwards = /<meta http-equiv="refresh" content="0;url=([^"]+)">/.exec(visitor.html)?.[1];
  await visitor.open(onwards!.replaceAll('&amp;', '&'));
}

const signedIn = async (visitor: Visitor) => {
  await visitor.open(home);
  return !visitor.html.includes('Welcome to Payroll');
};

describe('signing in', () => {
  test('ana is greeted by name and sees what Stile said, by a signed request that asks for no context', async () => {
    await signIn(ana);
    expect(ana.at).toBe(home);
    for (const said of ['Ana Duarte', passwordOnly, 'p-ana', 's1', 'authenticationmethod/password']) {
      expect(ana.html).toContain(said);
    }
    expect(issuer.asked?.signed).toBe(true);
    expect(issuer.asked?.xml).not.toContain('RequestedAuthnContext');
    expect(issuer.asked?.xml).toContain('nameid-format:persistent');
  });

  test('reads an answer that is encrypted to it', async () => {
    issuer.says = { encrypted: true };
    await signIn(ana);
    expect(ana.html).toContain('Ana Duarte');
  });

  test('the name of a session changes at sign-in, so that a planted one opens nothing', async () => {
    await ana.open(home);
    const before = ana.cookies.get('payroll')!;
    await ask(ana, 'Sign in');
    expect(ana.cookies.get('payroll')).not.toBe(before);
    const thief = new Visitor();
    thief.cookies.set('payroll', before);
    expect(await signedIn(thief)).toBe(false);
  });

  test("refuses an answer to somebody else's question", async () => {
    const thief = new Visitor();
    await thief.open(home);
    await thief.press('Sign in');
    await ana.open(home);
    await ana.press('Sign in');
    ana.html = thief.html;
    await ana.press('Continue');
    expect(ana.status).toBe(400);
    expect(ana.html).toContain('Back to Payroll');
    expect(await signedIn(ana)).toBe(false);
  });

  test('an answer is taken once, and going back to it leads home', async () => {
    await ana.open(home);
    await ana.press('Sign in');
    const page = { at: ana.at, html: ana.html };
    await ana.press('Continue');
    Object.assign(ana, page);
    await ana.press('Continue');
    expect(ana.status).toBe(502);
    expect(String(problems)).toContain('InResponseTo');
    await ana.open(`${home}arrived?ticket=spent`);
    expect(ana.at).toBe(home);
    expect(ana.html).toContain('Ana Duarte');
  });

  test.each([
    ['signed by somebody else', { key: 'foreign' }],
    ['whose assertion is not signed', { signs: ['Response'] }],
    ['whose response is not signed', { signs: ['Assertion'] }],
    ['for another audience', { audience: 'https://wiki.example/' }],
    ['for another address', { recipient: 'https://wiki.example/acs' }],
    ['from another issuer', { issuer: 'https://elsewhere.example/' }],
    ['that was not asked for', { inResponseTo: '_planted' }],
    ['that has expired', { expires: -60 }],
  ] as const)('refuses an answer %s', async (_what, says) => {
    issuer.says = says;
    await signIn(ana);
    expect(ana.status).toBe(502);
    expect(problems).toHaveLength(1);
    expect(await signedIn(ana)).toBe(false);
  });

  test('is over when Stile says that its session will be', async () => {
    issuer.says = { sessionEnds: -1 };
    await signIn(ana);
    expect(ana.html).toContain('Welcome to Payroll');
  });
});

describe('changing a bank account', () => {
  test('asks for exactly the REFEDS MFA profile, and shows before and after', async () => {
    await signIn(ana);
    await ask(ana, 'Change bank account');
    expect(issuer.asked?.xml).toMatch(/<samlp:RequestedAuthnContext [^>]*Comparison="exact"/);
    expect(issuer.asked?.xml).toContain(`>${mfa}<`);
    expect(ana.html).toContain('The bank account is changed.');
    expect(ana.html).toContain(`<code>${passwordOnly}</code>`);
    expect(ana.html).toContain(`<mark>${mfa}</mark>`);
  });

  test('asks nothing more of ana when she has just proved it', async () => {
    await signIn(ana);
    await ask(ana, 'Change bank account');
    issuer.asked = undefined;
    await ana.press('Change bank account again');
    expect(ana.html).toContain('The bank account is changed.');
    expect(issuer.asked).toBeUndefined();
  });

  test('does not change it when the answer carries a weaker context than was asked for', async () => {
    await signIn(ana);
    issuer.says = { context: passwordOnly };
    await ask(ana, 'Change bank account');
    expect(ana.status).toBe(502);
    expect(String(problems)).toContain(`asked for the context ${mfa}, was answered with ${passwordOnly}`);
    await ana.open(home);
    expect(ana.html).not.toContain('you named on');
  });

  test("does not change ana's account when mei comes back", async () => {
    await signIn(ana);
    issuer.says = { nameId: 'p-mei' };
    await ask(ana, 'Change bank account');
    expect(ana.html).toContain('Mei Lin');
    expect(ana.html).toContain('nothing was changed');
    expect(ana.html).not.toContain('you named on');
  });

  test.each([
    ['NoAuthnContext', 'This needs a second proof'],
    ['RequestDenied', 'The sign-in was stopped'],
    ['ProxyCountExceeded', 'Stile did not sign you in'],
  ])('says what to do when Stile answers %s, and keeps ana signed in', async (code, said) => {
    await signIn(ana);
    issuer.refuses = code;
    await ask(ana, 'Change bank account');
    expect(ana.status).toBe(403);
    expect(ana.html).toContain(said);
    expect(ana.html).toContain(`Responder: ${code}`);
    expect(await signedIn(ana)).toBe(true);
  });

  test('refuses a form that another site sends in her name', async () => {
    await signIn(ana);
    await ana.open(`${home}account`, { token: 'guessed' });
    expect(ana.status).toBe(403);
    await ana.open(home);
    expect(ana.html).not.toContain('you named on');
  });
});

describe('leaving', () => {
  test('ends the session here and asks Stile, with a signature, to end it everywhere', async () => {
    await signIn(ana);
    await ana.press('Sign out');
    await goOn(ana);
    expect(issuer.asked?.signed).toBe(true);
    expect(issuer.asked?.xml).toMatch(/<samlp:LogoutRequest .*>p-ana<.*>s1</);
    expect(issuer.asked?.xml).toMatch(/SPNameQualifier="[^"]+\/metadata"/);
    expect(ana.at).toBe(home);
    expect(ana.html).toContain('Welcome to Payroll');
    expect(ana.html).toContain('Signed out everywhere.');
    await ana.open(home);
    expect(ana.html).not.toContain('Signed out everywhere.');
  });

  test.each([[['Success', 'PartialLogout']], [['Responder', 'PartialLogout']], [['Requester']]])(
    'says that it was not everywhere when Stile answers %j',
    async (codes) => {
      issuer.leaves = codes;
      await signIn(ana);
      await ana.press('Sign out');
      await goOn(ana);
      expect(ana.html).toContain('did not confirm that you are signed out everywhere');
    },
  );

  test('is signed out here whatever becomes of the rest', async () => {
    await signIn(ana);
    await ana.press('Sign out');
    expect(await signedIn(ana)).toBe(false);
    expect(ana.html).toContain('did not confirm that you are signed out everywhere');
  });

  test("the answer to ana's sign-out says nothing to mei", async () => {
    await signIn(ana);
    await ana.press('Sign out');
    const mei = new Visitor();
    await signIn(mei);
    await mei.press('Sign out');
    mei.html = ana.html;
    await goOn(mei);
    expect(mei.html).not.toContain('Signed out everywhere.');
  });

  const heard = async (words: Parameters<PretendedSamlIssuer['logoutRequest']>[1], spoil = (url: string) => url) => {
    // No cookie comes along: what Stile says is enough.
    const stile = new Visitor();
    await stile.open(spoil(issuer.logoutRequest(`${home}logout`, words)));
    return stile;
  };

  test('ends when Stile says that this session, or all of this person, has ended, and answers', async () => {
    await signIn(ana);
    const stile = await heard({});
    expect(new URL(stile.at).searchParams.get('Signature')).not.toBeNull();
    expect(stile.html).toBe('heard');
    expect(await signedIn(ana)).toBe(false);
    await ask(ana, 'Sign in');
    await heard({ sessionIndex: undefined });
    expect(await signedIn(ana)).toBe(false);
  });

  test('stays when another session of hers, or somebody else, has left', async () => {
    await signIn(ana);
    expect((await heard({ sessionIndex: 's2' })).html).toBe('heard');
    expect((await heard({ nameId: 'p-mei' })).html).toBe('heard');
    expect(await signedIn(ana)).toBe(true);
  });

  const parameter = (url: string, name: string) => new RegExp(`${name}=[^&]*`).exec(url)![0];
  test.each([
    ['is not signed', { key: 'none' }, undefined],
    ['is signed by somebody else', { key: 'foreign' }, undefined],
    ['is signed with SHA-1', { algorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }, undefined],
    ['is for another address', { destination: 'https://wiki.example/logout' }, undefined],
    ['is from another issuer', { issuer: 'https://elsewhere.example/' }, undefined],
    ['is an hour old', { issuedAt: Date.now() - 3_600_000 }, undefined],
    ['comes twice', {}, (url: string) => `${url}&${parameter(url, 'SAMLRequest')}`],
    ['is spelled otherwise', {}, (url: string) => url.replace('SAMLRequest', 'SAML%52equest')],
    ['comes with something else', {}, (url: string) => `${url}&x=SAMLRequest`],
    ['is no message', {}, (url: string) => url.replace(parameter(url, 'SAMLRequest'), 'SAMLRequest=AAAA')],
    ['has a signature over other octets', {}, (url: string) => `${url}&RelayState=planted`],
  ] as const)('ana stays when the message %s', async (_why, words, spoil) => {
    await signIn(ana);
    const stile = await heard(words, spoil);
    expect(stile.status).toBe(502);
    expect(problems).toHaveLength(1);
    expect(await signedIn(ana)).toBe(true);
  });

  test('a request is not smuggled in beside an answer that is signed', async () => {
    await signIn(ana);
    await ana.press('Sign out');
    const onwards = /content="0;url=([^"]+)"/.exec(ana.html)![1]!.replaceAll('&amp;', '&');
    const answer = (await fetch(onwards, { redirect: 'manual' })).headers.get('location')!;
    await signIn(ana);
    const smuggled = parameter(issuer.logoutRequest(`${home}logout`, { key: 'none' }), 'SAMLRequest');
    const stile = new Visitor();
    await stile.open(`${answer}&${smuggled.replace('SAMLRequest', 'SAML%52equest')}`);
    expect(stile.status).toBe(502);
    expect(await signedIn(ana)).toBe(true);
  });
});

test('its metadata says its addresses, and that it signs', async () => {
  await ana.open(`${home}metadata`);
  expect(ana.headers.get('content-type')).toContain('application/samlmetadata+xml');
  expect(ana.html).toContain(`entityID="${home}metadata"`);
  expect(ana.html).toContain(`Location="${home}acs"`);
  expect(ana.html).toContain(`Location="${home}logout"`);
  expect(ana.html).toContain('AuthnRequestsSigned="true"');
  expect(ana.html.replace(/\s/g, '')).toContain(certificate.replace(/-----[^-]+-----|\s/g, ''));
});

test('its pages run no script, stand in no frame and send forms only to itself and to Stile', async () => {
  await ana.open(home);
  const policy = ana.headers.get('content-security-policy')!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain(`form-action 'self' ${issuer.url};`);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain('unsafe');
  expect(ana.html).not.toMatch(/ style=|<script/);
});

test('opens before Stile does, and says so until then', async () => {
  await issuer.close();
  await ana.open(home);
  await ana.press('Sign in');
  expect(ana.status).toBe(502);
  expect(ana.html).toContain('Stile did not answer');
});

test('what config/demo.yaml says of it is what its metadata says', async () => {
  const file = readFileSync(join(import.meta.dirname, '../../config/demo.yaml'), 'utf8');
  const { applications } = parse(file) as { applications: { id: string; saml?: { metadata: string } }[] };
  const declared = applications.find(({ id }) => id === 'payroll')?.saml?.metadata;
  await ana.open(`${home}metadata`);
  const plain = (xml: string) => xml.replace(/<\?xml[^>]*>/, '').replace(/\s/g, '');
  expect(plain(declared!.replaceAll('{issuer}/demo/payroll/', home))).toBe(plain(ana.html));
});
