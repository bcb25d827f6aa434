/** Leaving as a browser does it, with service providers that really listen, and one that does not. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { binding } from '../../src/protocols/saml/names.ts';
import { launchBrowser } from '../support/browser.ts';
import { Person } from '../support/person.ts';
import { as, settings, someone } from '../support/rp.ts';
import { known, leave, left, read } from '../support/saml-logout.ts';
import { ServiceProvider } from '../support/saml-sp.ts';
import { freePort, type Stile, startStile } from '../support/stile.ts';
import { Sight } from './sight.ts';

jest.setTimeout(120_000);

/** A service provider whose single logout is a server of its own: it says yes to whatever it is asked. */
class Listening {
  readonly sp: ServiceProvider;
  /** What it was asked and answered, in order. */
  readonly heard: string[] = [];
  readonly #server: Server;

  private constructor(id: string, name: string, by: 'redirect' | 'post', server: Server) {
    this.#server = server;
    const location = `http://localhost:${(server.address() as AddressInfo).port}/slo`;
    this.sp = new ServiceProvider({ id, name, logout: [{ binding: binding[by], location }] });
    server.on('request', async (req, res) => {
      let body = '';
      for await (const chunk of req) body += chunk;
      const { pathname, searchParams } = new URL(req.url as string, location);
      const said = read(req.method === 'POST' ? new URLSearchParams(body) : searchParams, by);
      if (pathname !== '/slo' || !said) return res.writeHead(404).end();
      this.heard.push([said.kind, ...said.status].join(' '));
      res.setHeader('content-type', 'text/html');
      if (said.kind === 'LogoutResponse') return res.end(`<title>${name}</title><h1>Signed out of ${name}</h1>`);
      const answer = left(this.sp, { by, inResponseTo: said.id });
      if (by === 'redirect') return res.writeHead(302, { location: answer.to.href }).end();
      const value = Buffer.from(answer.xml).toString('base64');
      // As strict as service providers are: its forms lead to Stile and nowhere else.
      res.setHeader('content-security-policy', `form-action ${answer.to.origin}`);
      res.end(
        `<form method=post action="${answer.to}"><input name=SAMLResponse value="${value}"></form><script>document.forms[0].submit()</script>`,
      );
    });
  }

  static async open(id: string, name: string, by: 'redirect' | 'post'): Promise<Listening> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    return new Listening(id, name, by, server);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

let browser: Browser;
let stile: Stile;
let wages: Listening;
let travel: Listening;
let library: Listening;
let dead: ServiceProvider;
let sight: Sight;

beforeAll(async () => {
  browser = await launchBrowser();
  wages = await Listening.open('wages', 'Wages', 'redirect');
  travel = await Listening.open('travel', 'Travel', 'post');
  library = await Listening.open('library', 'Library', 'redirect');
  const refused = `http://localhost:${await freePort()}/slo`;
  dead = new ServiceProvider({
    id: 'dead',
    name: 'Parking',
    logout: [{ binding: binding.redirect, location: refused }],
  });
  const everybody = [wages.sp, travel.sp, library.sp, dead];
  stile = await startStile({
    embedded: true,
    config: settings({ applications: everybody.map((sp) => sp.application) }),
  });
  await Promise.all(everybody.map((sp) => sp.meet(stile)));
});
afterAll(async () => {
  await browser?.close();
  await stile.stop();
  for (const one of [wages, travel, library]) one.close();
});
beforeEach(() => {
  for (const one of [wages, travel, library]) one.heard.splice(0);
});
afterEach(() => sight.close());

/** Somebody who signed in at these sits down at Chromium. */
async function at(...sps: ServiceProvider[]) {
  const person = new Person();
  const username = someone();
  const answers = [];
  for (const sp of sps) answers.push(await sp.signIn(person, {}, as(username)));
  sight = await Sight.at(browser);
  const cookies = [...person.cookies].map(([name, value]) => ({ name, value, url: stile.issuer }));
  await sight.context.addCookies(cookies);
  return answers;
}

test('one after the other, by address and by form, with nobody pressing anything', async () => {
  const [answer] = await at(wages.sp, travel.sp, library.sp);
  await sight.page.goto(leave(wages.sp, known(answer!)).to.href);
  expect(await sight.look('leaving')).toEqual([]);
  await sight.page.waitForURL(`${wages.sp.metadata.logout![0]!.location}**`);
  expect(await sight.heading()).toBe('Signed out of Wages');
  expect([travel.heard, library.heard]).toEqual([['LogoutRequest'], ['LogoutRequest']]);
  expect(wages.heard).toEqual(['LogoutResponse Success']);
});

test('a refused port in between: Back leads to the page that goes on with the next, and the end is partial', async () => {
  const [answer] = await at(wages.sp, dead, library.sp);
  const { page } = sight;
  await page.goto(leave(wages.sp, known(answer!)).to.href);
  const ours = page.url();
  expect(await sight.heading()).toBe('Signing you out');
  // By itself, and late enough for the page to stay in the history.
  expect((await page.waitForEvent('requestfailed')).url()).toContain(dead.metadata.logout![0]!.location);
  await page.waitForURL(/^chrome-error:/);
  expect(library.heard).toEqual([]);

  await page.goBack();
  expect(page.url()).toBe(ours);
  expect(await sight.text()).toContain('Parking did not answer. Close your browser to be sure.');
  await page.getByRole('heading', { name: 'You are signed out, but not everywhere' }).waitFor();
  expect(library.heard).toEqual(['LogoutRequest']);
  expect(await sight.look('left-partly')).toEqual([]);
  await sight.press('Continue to Wages');
  expect(wages.heard).toEqual(['LogoutResponse Success PartialLogout']);
});

test('from the account page, by its form, past service providers whose forms lead nowhere else', async () => {
  await at(travel.sp, library.sp);
  await sight.page.goto(`${stile.issuer}/account`);
  await sight.press('Sign out');
  await sight.page.waitForURL(`${stile.issuer}/signed-out`);
  expect([travel.heard, library.heard]).toEqual([['LogoutRequest'], ['LogoutRequest']]);
  expect(await sight.look('signed-out')).toEqual([]);
});
