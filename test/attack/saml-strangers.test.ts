/** Service providers that nobody here vouches for: what they learn of a person who agreed to nothing, and of people they guess at. */
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nameIdFormat } from '../../src/protocols/saml/names.ts';
import { entityIdOf, makeSigner, writeAggregate } from '../support/aggregate.ts';
import { type Page, Person } from '../support/person.ts';
import { as, nobody, settings } from '../support/rp.ts';
import { responseFacts } from '../support/saml-answer.ts';
import { authnRequest, freshId, redirectQuery } from '../support/saml-messages.ts';
import { ServiceProvider } from '../support/saml-sp.ts';
import { type Stile, startStile } from '../support/stile.ts';

const third = new ServiceProvider({ id: 'third', more: { third_party: true } });
/** Its administrator decided for names that say nothing. */
const quiet = new ServiceProvider({
  id: 'quiet',
  saml: { nameid: 'transient', attributes: 'none' },
  more: { third_party: true },
});
const hostile = `</title><script>alert(1)</script>"'><img src=x onerror=alert(1)>`;
const mailing = new ServiceProvider({
  id: 'mailing',
  name: hostile,
  saml: { nameid: 'email', attributes: 'none' },
  more: { third_party: true },
});
const member = entityIdOf(0);
const visitor = () => new Person({ away: ['https://sp.example', new URL(member).origin] });
const email = { format: nameIdFormat.emailAddress, allowCreate: true };

let stile: Stile;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stile-strangers-'));
  const signer = makeSigner();
  await writeFile(join(folder, 'federation.pem'), signer.certificate);
  await writeAggregate(join(folder, 'federation.xml'), 1, { signer, now: Date.now() });
  const federation = {
    id: 'northfold',
    metadata_file: join(folder, 'federation.xml'),
    signing_cert_file: join(folder, 'federation.pem'),
  };
  const config = settings({
    applications: [third.application, quiet.application, mailing.application],
    federations: [federation],
  });
  stile = await startStile({ config });
  await third.meet(stile);
  quiet.meetAs(third);
  mailing.meetAs(third);
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  await stile.stop();
  rmSync(folder, { recursive: true });
});

const until = { until: (page: Page) => page.form?.fields.step === 'consent' };
type Asked = Partial<Parameters<typeof authnRequest>[0]>;
/** From the federation's service provider, which has no test double: where it is unknown still, it is asked again. */
async function fromMember(person: Person, more: Asked): Promise<Page> {
  const destination = `${stile.issuer}/saml/sso`;
  for (;;) {
    const page = await person.go(
      `${destination}?${redirectQuery(authnRequest({ id: freshId(), issuer: member, destination, ...more }))}`,
    );
    if (!page.html.includes('no service provider is known as')) return page;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const factsOf = ({ delivery }: Page) => {
  const xml = Buffer.from(delivery?.fields.SAMLResponse as string, 'base64').toString();
  return { xml, ...responseFacts(xml) };
};

describe('a name that tells who somebody is', () => {
  test('is agreed to like an attribute that says the same', async () => {
    const met = async (sp: ServiceProvider) => {
      const ana = visitor();
      return as('ana', until)(ana, await ana.go(sp.start().to));
    };
    const [plain, told] = [await met(quiet), await met(mailing)];
    expect([plain.form?.fields.step, told.form?.fields.step]).toEqual(['consent', 'consent']);
    expect(plain.html).not.toContain('Your email');
    expect(told.html).toContain('Your email');
    expect(told.html).not.toMatch(/<script>|<img/);
  });

  test('is nothing a federation gives to whoever asks for it', async () => {
    const ana = visitor();
    const page = await as('ana')(ana, await fromMember(ana, { policy: email }));
    const { status, xml } = factsOf(page);
    expect(status).toEqual(['Requester', 'InvalidNameIDPolicy']);
    expect(xml).not.toContain('northfold.example<');
    // By a name of its own it is answered.
    expect(factsOf(await as('ana')(ana, await fromMember(ana, {}))).status).toEqual(['Success']);
  });
});

test('whatever its name is, it is text on the page that carries an answer to it, and on the one of leaving', async () => {
  const ana = visitor();
  const page = await as('ana')(ana, await ana.go(mailing.start().to));
  expect(page.delivery).toBeDefined();
  const shown = [page.html];
  const account = await ana.go(`${stile.issuer}/account`);
  const out = /<form[^>]*action="\/account\/sign-out"[\s\S]*?<\/form>/.exec(account.html)?.[0] as string;
  const csrf = /name="csrf" value="([^"]*)"/.exec(out)?.[1] as string;
  const init = { method: 'POST', body: new URLSearchParams({ csrf }), headers: { origin: stile.issuer } };
  shown.push((await ana.go(`${stile.issuer}/account/sign-out`, init)).html);
  for (const html of shown) {
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toMatch(/<script>|<img/);
  }
});

describe('a Subject that is a guess', () => {
  test.each([
    ['a user name', { value: 'ana' }],
    ['a user name, said to be one', { value: 'ana', format: nameIdFormat.unspecified }],
    ['an address', { value: 'ana@northfold.example', format: nameIdFormat.emailAddress }],
  ])('%s: right or wrong, the answer is the same', async (_what, subject) => {
    const ana = new Person();
    await as('ana')(ana, await ana.go(quiet.start().to));
    const answer = async (value: string) =>
      quiet.signIn(ana, { subject: { ...subject, value }, passive: true }, nobody);
    const [right, wrong] = [await answer(subject.value), await answer(`${subject.value}x`)];
    expect(right.assertion).toBeUndefined();
    expect([right.status, said(right.xml)]).toEqual([wrong.status, said(wrong.xml)]);
  });

  test('before anything was agreed to, not even by the name it would be given', async () => {
    const ana = new Person();
    await as('bob')(ana, await ana.go(quiet.start().to));
    const answer = (value: string) =>
      third.signIn(ana, { subject: { value, format: nameIdFormat.unspecified }, passive: true }, nobody);
    const [right, wrong] = [await answer('bob'), await answer('nobody')];
    expect([right.status, said(right.xml)]).toEqual([wrong.status, said(wrong.xml)]);
  });
});

const said = (xml: string): string | undefined => /<samlp:StatusMessage>([^<]*)/.exec(xml)?.[1];
