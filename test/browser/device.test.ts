/** The device flow's pages in Chromium: in English, in German, and without script. */
import { jest } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { newcomer, PASSWORD, settings } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { Sight } from './sight.ts';

jest.setTimeout(120_000);

let stile: Stile;
let browser: Browser;
beforeAll(async () => {
  const oidc = {
    client_id: 'tv',
    token_endpoint_auth_method: 'none',
    grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
  };
  const config = settings({ applications: [{ id: 'tv', name: 'Television', oidc }] });
  [stile, browser] = await Promise.all([startStile({ config }), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await stile?.stop();
});

async function begun(): Promise<{ user_code: string; verification_uri: string; verification_uri_complete: string }> {
  const response = await fetch(`${stile.issuer}/device_authorization`, {
    method: 'POST',
    body: new URLSearchParams({ client_id: 'tv', scope: 'openid profile email offline_access' }),
    headers: {
      'user-agent': 'Television/9 (Linux; a model with a name that does not end and never says why; living room)',
    },
  });
  return response.json() as Promise<never>;
}

test.each([
  ['en-GB', true, 'Code on your device', 'Email or user name', 'Password', 'Approve', 'Your device is connected'],
  [
    'de-DE',
    true,
    'Code auf Ihrem Gerät',
    'E-Mail oder Benutzername',
    'Passwort',
    'Genehmigen',
    'Ihr Gerät ist verbunden',
  ],
  ['en-GB', false, 'Code on your device', 'Email or user name', 'Password', 'Refuse', 'The device was not let in'],
])('%s, script %s: code, sign-in, decision', async (locale, script, field, name, password, button, end) => {
  const one = await Sight.at(browser, { locale, javaScriptEnabled: script });
  const clean = async (as: string) =>
    expect(await one.look(`device-${as}-${locale}${script ? '' : '-plain'}`)).toEqual([]);
  try {
    const started = await begun();
    await one.page.goto(started.verification_uri);
    await clean('enter');
    await one.fill(field, 'BBBB-BBBB');
    await clean('wrong');
    await one.page.goto(started.verification_uri_complete);
    expect(await one.page.getByLabel(field).inputValue()).toBe(started.user_code);
    await clean('filled');
    await one.fill(field, started.user_code.toLowerCase().replace('-', ' '));
    await one.fill(name, newcomer());
    await one.fill(password, PASSWORD);
    expect(await one.text()).toContain(started.user_code);
    await clean('decide');
    if (button !== 'Refuse') {
      await one.press(button);
      await clean('unsure');
      await one.page.getByRole('checkbox').check();
    }
    await one.press(button);
    expect(await one.heading()).toBe(end);
    await clean(button === 'Refuse' ? 'denied' : 'approved');
  } finally {
    await one.close();
  }
});
