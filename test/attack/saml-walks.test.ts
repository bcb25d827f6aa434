/** Walks, sessions and rounds used where they do not belong, or at a moment nobody meant. */

import { nameIdFormat } from '../../src/protocols/saml/names.ts';
import { Person } from '../support/person.ts';
import { as, newcomer, nobody, PASSWORD, RelyingParty, settings, someone } from '../support/rp.ts';
import { known, leave } from '../support/saml-logout.ts';
import { ServiceProvider } from '../support/saml-sp.ts';
import { type Stile, startStile } from '../support/stile.ts';

const wiki = new ServiceProvider({ id: 'wiki' });
const passing = new ServiceProvider({ id: 'passing', saml: { nameid: 'transient' } });

let stile: Stile;
let rp: RelyingParty;
beforeAll(async () => {
  stile = await startStile({ config: settings({ applications: [wiki.application, passing.application] }) });
  await wiki.meet(stile);
  passing.meetAs(wiki);
  rp = await RelyingParty.at(stile);
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  await stile.stop();
});

const idOf = ({ pathname }: URL) => pathname.split('/').at(-1) as string;

describe('a walk is answered by whoever asked for it', () => {
  test.each([
    ['of OIDC', async (person: Person) => person.go((await rp.request()).url)],
    ['of the account pages', async (person: Person) => person.go(`${stile.issuer}/account`)],
  ])('one %s is none of SAML, begun or ended', async (_what, begin) => {
    const person = new Person();
    const begun = await begin(person);
    const address = `${stile.issuer}/saml/sso/${idOf(begun.url)}`;
    const early = await person.go(address);
    expect([early.status, early.url.pathname.startsWith('/signin/')]).toEqual([400, false]);
    const named = await person.submit(begun, { username: newcomer() });
    const { action, fields } = named.form!;
    // Up to its end, and not on to whoever waits for it.
    await person.fetch(action, { method: 'POST', body: new URLSearchParams({ ...fields, password: PASSWORD }) });
    const ended = await person.fetch(action);
    expect(ended.headers.get('location')).not.toContain('/signin/');
    const late = await person.go(address);
    expect([late.status, late.delivery]).toEqual([400, undefined]);
  });

  test('one of SAML is none of OIDC', async () => {
    const person = new Person();
    const begun = await person.go(wiki.start().to);
    const elsewhere = async () => {
      for (const path of ['/auth/', '/account?walk=']) {
        const { status, url, delivery } = await person.go(`${stile.issuer}${path}${idOf(begun.url)}`);
        expect([path, status < 500, url.origin, delivery]).toEqual([path, true, stile.issuer, undefined]);
      }
    };
    await elsewhere();
    const named = await person.submit(begun, { username: newcomer() });
    const { action, fields } = named.form!;
    await person.fetch(action, { method: 'POST', body: new URLSearchParams({ ...fields, password: PASSWORD }) });
    const ended = await person.fetch(action);
    await elsewhere();
    // And nobody took it from those who wait for it.
    const { delivery } = await person.go(new URL(ended.headers.get('location') as string, stile.issuer));
    expect(delivery?.action.href).toBe(wiki.consumer);
  });
});

test('two requests at once get one name, so that either session can be ended by it', async () => {
  const person = new Person();
  await wiki.signIn(person, {}, as(someone()));
  const answers = await Promise.all(Array.from({ length: 6 }, () => passing.signIn(person, { passive: true }, nobody)));
  expect(answers[0]?.format).toBe(nameIdFormat.transient);
  expect(new Set(answers.map(({ nameId }) => nameId)).size).toBe(1);
  const { to } = leave(passing, known(answers[0]!));
  expect((await person.go(to)).url.href).not.toContain('UnknownPrincipal');
});
