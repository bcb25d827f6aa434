import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { settings } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { Sight } from './sight.ts';

jest.setTimeout(120_000);

let stile: Stile;
let browser: Browser;
beforeAll(async () => {
  [stile, browser] = await Promise.all([startStile({ config: settings() }), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stile?.stop();
});

test.each([
  ['en', 'Connect a SAML service provider'],
  ['de', 'Einen SAML-Dienst anbinden'],
])('the page to connect a service provider from, to somebody nobody knows, in %s', async (language, title) => {
  const sight = await Sight.at(browser);
  await sight.page.goto(`${stile.issuer}/saml?lang=${language}`);
  expect(await sight.heading()).toBe(title);
  expect(await sight.look(`saml-connect-${language}`)).toEqual([]);
  for (const summary of (await sight.page.locator('main summary').all()).slice(1)) await summary.click();
  expect(await sight.look(`saml-connect-${language}-open`)).toEqual([]);
  await sight.close();
});

test('a value is selected whole by one press on it, without a script of ours', async () => {
  const sight = await Sight.at(browser, { javaScriptEnabled: false });
  await sight.page.goto(`${stile.issuer}/saml`);
  const style = await sight.page
    .locator('.secret')
    .first()
    .evaluate((one) => getComputedStyle(one).userSelect);
  expect(style).toBe('all');
  await sight.close();
});
