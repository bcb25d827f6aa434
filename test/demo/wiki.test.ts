import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { wiki } from '../../examples/wiki/wiki.ts';
import { type PretendedIssuer, pretendedIssuer } from './issuer.ts';
import { Visitor } from './visitor.ts';

const mfa = 'https://refeds.org/profile/mfa';
const logoutEvent = { 'http://schemas.openid.net/event/backchannel-logout': {} };

let issuer: PretendedIssuer;
let server: Server;
let home: string;
let ana: Visitor;
let problems: Error[];

beforeEach(async () => {
  issuer = await pretendedIssuer({ id: 'wiki', secret: 'a secret of wiki' });
  const app = express();
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/wiki`;
  const client = { issuer: issuer.url, clientId: 'wiki', clientSecret: 'a secret of wiki', baseUrl };
  app.use('/wiki', wiki({ ...client, stylesheet: '/assets/stile.css', log: (error) => problems.push(error) }));
  home = `${baseUrl}/`;
  ana = new Visitor();
  problems = [];
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await issuer.close();
});

async function signIn(visitor: Visitor) {
  await visitor.open(home);
  await visitor.press('Sign in');
}

describe('signing in', () => {
  test('ana is greeted by name and sees what Stile said', async () => {
    await signIn(ana);
    expect(ana.at).toBe(home);
    expect(ana.html).toContain('Ana Duarte');
    expect(ana.html).toContain('urn:stile:acr:aal1');
    expect(issuer.asked.get('code_challenge_method')).toBe('S256');
    expect(issuer.asked.has('claims')).toBe(false);
  });

  test('the name of a session changes at sign-in, so that a planted one opens nothing', async () => {
    await ana.open(home);
    const before = ana.cookies.get('wiki')!;
    await ana.press('Sign in');
    expect(ana.cookies.get('wiki')).not.toBe(before);
    const thief = new Visitor();
    thief.cookies.set('wiki', before);
    await thief.open(home);
    expect(thief.html).toContain('Welcome to Wiki');
  });

  test('refuses an answer to a question this browser never asked', async () => {
    await ana.open(home);
    await ana.open(`${home}callback?code=planted&state=planted`);
    expect(ana.status).toBe(400);
    expect(ana.html).toContain('Back to Wiki');
  });

  test('refuses an answer with another nonce', async () => {
    issuer.says = { nonce: 'of another sign-in' };
    await signIn(ana);
    expect(ana.status).toBe(502);
    await ana.open(home);
    expect(ana.html).toContain('Welcome to Wiki');
  });

  test('a reloaded callback leads home', async () => {
    await signIn(ana);
    await ana.open(`${home}callback?code=spent&state=spent`);
    expect(ana.at).toBe(home);
    expect(ana.html).toContain('Ana Duarte');
  });
});

describe('approving a payment', () => {
  test('asks for the REFEDS MFA profile as an essential acr, and shows before and after', async () => {
    await signIn(ana);
    issuer.says = { amr: ['pwd', 'otp', 'mfa'] };
    await ana.press('Approve a payment');
    expect(JSON.parse(issuer.asked.get('claims')!)).toEqual({ id_token: { acr: { essential: true, value: mfa } } });
    expect(ana.html).toContain('The payment is approved.');
    expect(ana.html).toContain('<code>[&#34;pwd&#34;]</code>');
    expect(ana.html).toContain('<mark>[&#34;pwd&#34;,&#34;otp&#34;,&#34;mfa&#34;]</mark>');
  });

  test('asks nothing more of ana when she has just proved it', async () => {
    await signIn(ana);
    await ana.press('Approve a payment');
    issuer.asked = new URLSearchParams();
    await ana.press('Approve another payment');
    expect(ana.html).toContain('The payment is approved.');
    expect(issuer.asked.size).toBe(0);
  });

  test('does not approve when the answer carries a weaker acr than was asked for', async () => {
    await signIn(ana);
    issuer.says = { acr: 'urn:stile:acr:aal1' };
    await ana.press('Approve a payment');
    expect(ana.status).toBe(502);
    expect(String(problems)).toContain(`asked for acr ${mfa}, was answered with urn:stile:acr:aal1`);
    await ana.open(home);
    expect(ana.html).not.toContain('Approved on');
  });

  test("does not approve ana's payment when mei comes back", async () => {
    await signIn(ana);
    issuer.says = { sub: 'u_mei' };
    await ana.press('Approve a payment');
    expect(ana.html).toContain('Mei Lin');
    expect(ana.html).toContain('nothing was approved');
    expect(ana.html).not.toContain('Approved on');
  });

  test('says what to do when Stile refuses, and keeps ana signed in', async () => {
    await signIn(ana);
    issuer.refuses = { error: 'unmet_authentication_requirements', error_description: '<b>no second factor</b>' };
    await ana.press('Approve a payment');
    expect(ana.status).toBe(403);
    expect(ana.html).toContain('This needs a second proof');
    expect(ana.html).toContain('&lt;b&gt;no second factor');
    await ana.open(home);
    expect(ana.html).toContain('Ana Duarte');
  });

  test('refuses a form that another site sends in her name', async () => {
    await signIn(ana);
    await ana.open(`${home}payment`, { token: 'guessed' });
    expect(ana.status).toBe(403);
    await ana.open(home);
    expect(ana.html).not.toContain('Approved on');
  });
});

test('a fresh proof is asked for with max_age=0, and an old one is not taken for it', async () => {
  await signIn(ana);
  await ana.press('Ask again, with a fresh proof');
  expect(issuer.asked.get('max_age')).toBe('0');
  expect(ana.html).toContain('Confirmed just now.');
  issuer.says = { auth_time: Math.floor(Date.now() / 1000) - 600 };
  await ana.press('Ask again, with a fresh proof');
  expect(ana.status).toBe(502);
});

describe('the end of a session', () => {
  test('signing out ends it here and asks Stile to end its own', async () => {
    await signIn(ana);
    await ana.press('Sign out');
    const end = new URL(ana.at);
    expect(end.pathname).toBe('/end');
    expect(end.searchParams.get('post_logout_redirect_uri')).toBe(home);
    expect(end.searchParams.get('id_token_hint')).toMatch(/^ey/);
    await ana.open(home);
    expect(ana.html).toContain('Welcome to Wiki');
  });

  const told = async (claims: Record<string, unknown>, key?: 'foreign') => {
    const stile = new Visitor();
    await stile.open(`${home}backchannel-logout`, { logout_token: await issuer.logoutToken(claims, key) });
    await ana.open(home);
    return stile.status;
  };

  test('ends when Stile says that this session, or all of this person, has ended', async () => {
    await signIn(ana);
    expect(await told({ events: logoutEvent, sid: 's1', sub: 'u_ana' })).toBe(200);
    expect(ana.html).toContain('Welcome to Wiki');
    await ana.press('Sign in');
    expect(await told({ events: logoutEvent, sub: 'u_ana' })).toBe(200);
    expect(ana.html).toContain('Welcome to Wiki');
  });

  test.each([
    ['is about another session of hers', 200, { events: logoutEvent, sid: 's2', sub: 'u_ana' }, undefined],
    ['is signed by somebody else', 400, { events: logoutEvent, sid: 's1' }, 'foreign'],
    ['is for another application', 400, { events: logoutEvent, sid: 's1', aud: 'payroll' }, undefined],
    ['is an id_token', 400, { sid: 's1', sub: 'u_ana' }, undefined],
    ['carries a nonce', 400, { events: logoutEvent, sid: 's1', nonce: 'n' }, undefined],
    ['names nobody', 400, { events: logoutEvent }, undefined],
  ] as const)('ana stays when the logout token %s', async (_why, status, claims, key) => {
    await signIn(ana);
    expect(await told(claims, key)).toBe(status);
    expect(ana.html).toContain('Ana Duarte');
  });
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
  const { url } = issuer;
  await issuer.close();
  await signIn(ana);
  expect(ana.status).toBe(502);
  expect(ana.html).toContain('Stile did not answer');
  expect(url).toBe(issuer.url);
});
