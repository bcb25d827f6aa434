import { type Page, Person } from '../support/person.ts';
import { as } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';

let stile: Stile;
beforeAll(async () => {
  stile = await startStile({ embedded: true });
});
afterAll(() => stile.stop());

test('mei is told in the demo mailbox of the app she set up, as text with links that work and as HTML that runs nothing', async () => {
  const mei = new Person();
  expect((await mei.go(`${stile.issuer}/`)).html).toContain('href="/mailbox"');
  expect((await mei.go(`${stile.issuer}/mailbox`)).html).toContain('No mail yet');
  const until = ({ url }: Page) => url.pathname.startsWith('/account');
  const home = await as('mei', { until })(mei, await mei.go(`${stile.issuer}/account/methods`));
  const csrf = /name="csrf" value="([^"]+)"/.exec(home.html)?.[1] as string;
  const body = new URLSearchParams({ csrf, method: 'totp' });
  const add = await mei.go(`${stile.issuer}/account/methods/add`, { method: 'POST', body });
  const waiting = ({ form }: Page) => form?.fields.step === 'prove:mailed-link';
  expect(waiting(await as('mei', { until: waiting })(mei, add))).toBe(true);
  expect((await mei.go(`${stile.issuer}/mailbox`)).html).toContain('href="/mailbox/1"');
  const letter = await mei.go(`${stile.issuer}/mailbox/1`);
  const link = /href="([^"]+\/link\/[^"]+)"/.exec(letter.html)?.[1] as string;
  const opened = await mei.submit(await mei.go(link));
  await as('mei', { until })(mei, opened);
  const mail = await mei.go(`${stile.issuer}/mailbox/2`);
  expect(mail.heading).toBe('A way to sign in was added');
  expect(mail.html).toContain(`<a href="${stile.issuer}/account/methods">`);
  const html = await mei.fetch(`${stile.issuer}/mailbox/2/html`);
  expect(html.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
  expect((await mei.go(`${stile.issuer}/mailbox/99`)).status).toBe(404);
});
