/** Leaving by SAML: every application of either protocol is told, hop by hop; nobody ends another's session. */
import { jest } from '@jest/globals';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { binding, nameIdFormat } from '../../src/protocols/saml/names.ts';
import { Listener } from '../support/listener.ts';
import { type Page, Person } from '../support/person.ts';
import { as, nobody, RelyingParty, settings, someone } from '../support/rp.ts';
import type { Answer } from '../support/saml-answer.ts';
import { pair } from '../support/saml-keys.ts';
import { brought, known, leave, left, type Said } from '../support/saml-logout.ts';
import type { Leaving, Left } from '../support/saml-messages.ts';
import { type Sending, ServiceProvider, type Start } from '../support/saml-sp.ts';
import { type Stile, startStile } from '../support/stile.ts';

jest.setTimeout(60_000);

const address = (id: string) => `https://sp.example/${id}/slo`;
const redirect = (id: string) => [
  { binding: binding.redirect, location: address(id), responseLocation: `${address(id)}/answer` },
];

const wages = new ServiceProvider({ id: 'wages', name: 'Wages', logout: redirect('wages') });
const travel = new ServiceProvider({
  id: 'travel',
  name: 'Travel',
  logout: [{ binding: binding.post, location: address('travel') }],
  signing: [pair('travel')],
});
const library = new ServiceProvider({
  id: 'library',
  name: 'Library',
  logout: [{ binding: binding.redirect, location: `${address('library')}?tenant=1` }],
});
const parking = new ServiceProvider({ id: 'parking', name: 'Parking' });
const others = ['one', 'two', 'three', 'four'].map(
  (id) => new ServiceProvider({ id, name: `Number ${id}`, logout: redirect(id) }),
);
const [one] = others as [ServiceProvider];
const everybody = [wages, travel, library, parking, ...others];

let stile: Stile;
let wiki: RelyingParty;
let ears: Listener;

beforeAll(async () => {
  ears = await Listener.start();
  const oidc = {
    client_id: 'wiki',
    client_secret: 'a client secret for tests',
    redirect_uris: ['https://rp.example/cb'],
    backchannel_logout_uri: `${ears.url}/wiki`,
    backchannel_logout_session_required: true,
    post_logout_redirect_uris: ['https://rp.example/bye'],
  };
  const deaf = { ...oidc, client_id: 'deaf', backchannel_logout_uri: 'http://127.0.0.1:1/nobody' };
  const { backchannel_logout_uri: _, ...mute } = { ...oidc, client_id: 'mute' };
  const clients = [
    { id: 'wiki', name: 'Wiki', oidc },
    { id: 'deaf', name: 'Deaf', oidc: deaf },
    { id: 'mute', name: 'Mute', oidc: { ...mute, backchannel_logout_session_required: false } },
  ];
  const applications = [...clients, ...everybody.map((sp) => sp.application)];
  stile = await startStile({ config: settings({ applications }) });
  await Promise.all(everybody.map((sp) => sp.meet(stile)));
  wiki = await RelyingParty.at(stile, { id: 'wiki' });
});
afterAll(async () => {
  await stile.stop();
  await ears.stop();
});
beforeEach(() => ears.posts.splice(0));

/** Somebody who has signed in at these, one after the other. */
async function at<T extends readonly ServiceProvider[]>(...sps: T) {
  const person = new Person();
  const username = someone();
  const answers: Answer[] = [];
  for (const sp of sps) answers.push(await sp.signIn(person, {}, as(username)));
  return { person, username, answers: answers as { [K in keyof T]: Answer } };
}

const go = (person: Person, { to, init }: Start): Promise<Page> => person.go(to, init);
const asks = (sp: ServiceProvider, answer: Answer, more: Leaving & Sending = {}) =>
  leave(sp, { ...known(answer), ...more });
/** Answers what was brought. */
const answers = (sp: ServiceProvider, said: Said, more: Left & Sending = {}) =>
  left(sp, { inResponseTo: said.id, ...more });
/** The page's way on: what its refresh and its one link lead to. */
function onward(page: Page): URL {
  const link = /class="btn main wide" href="([^"]+)"/.exec(page.html)?.[1];
  if (link === undefined) throw new Error(`no way on from ${page.url}: ${page.status} ${page.heading}`);
  return new URL(link, page.url);
}
const pressOn = (person: Person, page: Page): Promise<Page> => person.go(onward(page));
/** What the page says of each application, and of Stile first. */
const told = (page: Page) =>
  [...page.html.matchAll(/<b>(?:<bdi>)?([^<]+)(?:<\/bdi>)?<\/b>.*?badge[^>]*>([^<]+)</g)].map(([, name, is]) => [
    name,
    is,
  ]);
const isSignedIn = async (person: Person): Promise<boolean> =>
  (await wiki.signIn(person, { prompt: 'none' }, nobody)).error === undefined;
const status = async (sp: ServiceProvider, page: Page): Promise<readonly string[]> =>
  (await brought(sp, page, `${address(sp.id)}/answer`)).status;

describe('a service provider asks', () => {
  test.each(['redirect', 'post'] as const)('by %s, and with nobody else to tell is answered at once', async (by) => {
    const {
      person,
      answers: [answer],
    } = await at(wages);
    const start = asks(wages, answer, { by, relayState: 'a b/ü&c' });
    const end = await go(person, start);
    const said = await brought(wages, end, `${address('wages')}/answer`);
    expect(said).toMatchObject({ kind: 'LogoutResponse', inResponseTo: start.id, status: ['Success'], by: 'redirect' });
    expect(said.relayState).toBe('a b/ü&c');
    expect(end.status).toBe(303);
    expect(await isSignedIn(person)).toBe(false);
  });

  test('by POST, and is answered by POST where its metadata has nothing else', async () => {
    const {
      person,
      answers: [answer],
    } = await at(travel);
    const start = asks(travel, answer, { by: 'post', relayState: 'r' });
    const said = await brought(travel, await go(person, start), address('travel'));
    expect(said).toMatchObject({ inResponseTo: start.id, status: ['Success'], by: 'post', relayState: 'r' });
  });

  test('OIDC is told first, then the others by SAML one after the other, then the answer goes back', async () => {
    const {
      person,
      answers: [first, second, third],
    } = await at(wages, library, travel);
    const oidc = await wiki.signIn(person, { prompt: 'none' }, nobody);
    const start = asks(wages, first);
    const page = await go(person, start);
    expect(page.heading).toBe('Signing you out');
    expect(told(page)).toEqual([
      ['Stile', 'Signed out'],
      ['Library', 'Waiting'],
      ['Travel', 'Waiting'],
    ]);
    // Every participant of the other protocol knows already.
    const token = decodeJwt(new URLSearchParams(ears.posts[0]).get('logout_token') as string);
    expect(token).toMatchObject({ sub: oidc.claims.sub, sid: oidc.claims.sid });
    expect(await isSignedIn(person)).toBe(false);

    const atLibrary = await pressOn(person, page);
    const toLibrary = await brought(library, atLibrary, `${address('library')}?tenant=1`);
    expect(toLibrary).toMatchObject({
      kind: 'LogoutRequest',
      nameId: second.nameId,
      sessionIndexes: [second.sessionIndex],
    });
    // Straight on, without a page in between.
    const atTravel = await go(person, answers(library, toLibrary));
    const toTravel = await brought(travel, atTravel, address('travel'));
    expect(toTravel).toMatchObject({ kind: 'LogoutRequest', nameId: third.nameId, by: 'post' });
    // A form of Travel's stood at the beginning of this chain of redirects: a page of ours ends it.
    const last = await go(person, answers(travel, toTravel, { by: 'post' }));
    expect(last.url.pathname).toMatch(/^\/saml\/slo\/[\w-]+$/);
    expect([last.status, last.headers.get('refresh')]).toEqual([200, `2;url=${last.url.pathname}/next`]);
    const said = await brought(wages, await pressOn(person, last), `${address('wages')}/answer`);
    expect(said).toMatchObject({ inResponseTo: start.id, status: ['Success'] });
  });

  test('again, by a reload of its request, and finds the round where it is', async () => {
    const {
      person,
      answers: [answer],
    } = await at(wages, library);
    const start = asks(wages, answer);
    const page = await go(person, start);
    const again = await go(person, start);
    expect(again.url.href).toBe(page.url.href);
    const request = await brought(library, await pressOn(person, again), `${address('library')}?tenant=1`);
    expect(await status(wages, await go(person, answers(library, request)))).toEqual(['Success']);
    expect((await go(person, start)).url.href).toBe(page.url.href);
  });

  test('whatever it leaves out of the name stands for what it would say; of several indexes one is enough', async () => {
    const {
      person,
      answers: [{ nameId, sessionIndex }],
    } = await at(wages);
    const start = leave(wages, { nameId, sessionIndexes: ['_another', sessionIndex as string] });
    expect(await status(wages, await go(person, start))).toEqual(['Success']);
    expect(await isSignedIn(person)).toBe(false);
  });

  test('where its own session outlived ours, the answer is that nobody is signed in', async () => {
    const {
      person,
      answers: [answer],
    } = await at(wages);
    expect(await status(wages, await go(person, asks(wages, answer)))).toEqual(['Success']);
    expect(await status(wages, await go(person, asks(wages, answer)))).toEqual(['Success']);
  });

  test('in a frame, where our cookies do not come along, the answer is not that nobody is signed in', async () => {
    const {
      person,
      answers: [answer],
    } = await at(wages);
    const framed = new Person();
    expect(await status(wages, await go(framed, asks(wages, answer)))).toEqual(['Requester', 'UnknownPrincipal']);
    expect(await isSignedIn(person)).toBe(true);
  });
});

describe('the person leaves', () => {
  async function signOut(person: Person): Promise<Page> {
    const account = await person.go(`${stile.issuer}/account`);
    const csrf = /name="csrf" value="([^"]+)"/.exec(account.html)?.[1] as string;
    return person.go(`${stile.issuer}/account/sign-out`, { method: 'POST', body: new URLSearchParams({ csrf }) });
  }

  test('on the account pages: service providers are told, and the way ends where it ends without them', async () => {
    const {
      person,
      answers: [answer],
    } = await at(wages);
    const page = await signOut(person);
    expect([page.status, page.heading, told(page)]).toEqual([
      200,
      'Signing you out',
      [
        ['Stile', 'Signed out'],
        ['Wages', 'Waiting'],
      ],
    ]);
    expect(await isSignedIn(person)).toBe(false);
    const request = await brought(wages, await pressOn(person, page), address('wages'));
    expect(request).toMatchObject({ nameId: answer.nameId, sessionIndexes: [answer.sessionIndex] });
    const end = await go(person, answers(wages, request));
    expect([end.url.pathname, end.heading]).toEqual(['/signed-out', 'You are signed out']);
  });

  test('at an OIDC application: service providers are told, and the way ends at its post_logout_redirect_uri', async () => {
    const { person } = await at(wages);
    const { tokens } = await wiki.signIn(person, { prompt: 'none' }, nobody);
    const url = client.buildEndSessionUrl(wiki.config, {
      id_token_hint: tokens.id_token as string,
      post_logout_redirect_uri: 'https://rp.example/bye',
      state: 'where-we-were',
    });
    const page = await person.submit(await person.go(url));
    expect([page.url.origin, page.heading]).toEqual([stile.issuer, 'Signing you out']);
    const request = await brought(wages, await pressOn(person, page), address('wages'));
    const end = await go(person, answers(wages, request));
    expect(end.url.href).toBe('https://rp.example/bye?state=where-we-were');
  });

  test('without having been at a service provider, and sees no page more', async () => {
    const person = new Person();
    await wiki.signIn(person, {}, as(someone()));
    const end = await signOut(person);
    expect(end.url.pathname).toBe('/signed-out');
  });

  test('more of them than a browser follows redirects for: pages of ours in between', async () => {
    const { person } = await at(...others, wages);
    let page = await pressOn(person, await signOut(person));
    for (const sp of others.slice(0, 3)) page = await go(person, answers(sp, await brought(sp, page, address(sp.id))));
    expect(told(page).map(([, is]) => is)).toEqual([...Array(4).fill('Signed out'), 'Waiting', 'Waiting']);
    page = await pressOn(person, page);
    for (const sp of [...others.slice(3), wages])
      page = await go(person, answers(sp, await brought(sp, page, address(sp.id))));
    expect(page.heading).toBe('You are signed out');
  });

  test('whoever has no address for single logout is named, and nothing sends the person on before it is read', async () => {
    const { person } = await at(parking);
    const page = await signOut(person);
    expect(page.heading).toBe('You are signed out, but not everywhere');
    expect(told(page)).toContainEqual(['Parking', 'Not told']);
    expect(page.html).toContain('Close your browser to be sure.');
    expect(page.headers.has('refresh')).toBe(false);
    expect((await pressOn(person, page)).url.pathname).toBe('/signed-out');
  });
});

describe('an OIDC application that is not told', () => {
  test.each([
    ['deaf', 'Deaf'],
    ['mute', 'Mute'],
  ])('%s: named on the page, and the answer is partial', async (id, name) => {
    const {
      person,
      answers: [answer],
    } = await at(wages);
    const rp = await RelyingParty.at(stile, { id });
    expect((await rp.signIn(person, { prompt: 'none' }, nobody)).error).toBeUndefined();
    const page = await go(person, asks(wages, answer));
    expect(told(page)).toEqual([
      ['Stile', 'Signed out'],
      [name, 'Not told'],
    ]);
    expect(await status(wages, await pressOn(person, page))).toEqual(['Success', 'PartialLogout']);
  });

  test('who asks for it by OIDC is not counted among those who were not told', async () => {
    const { person } = await at(wages);
    const rp = await RelyingParty.at(stile, { id: 'mute' });
    const { tokens } = await rp.signIn(person, { prompt: 'none' }, nobody);
    const end = new URL(`${stile.issuer}/session/end`);
    end.search = String(
      new URLSearchParams({
        id_token_hint: tokens.id_token as string,
        post_logout_redirect_uri: 'https://rp.example/bye',
      }),
    );
    const page = await person.submit(await person.go(end));
    expect(told(page)).toEqual([
      ['Stile', 'Signed out'],
      ['Wages', 'Waiting'],
    ]);
  });
});

describe('a service provider does not answer', () => {
  const library1 = `${address('library')}?tenant=1`;

  test('Back passes it over, the next one is told, and the answer is partial', async () => {
    const {
      person,
      answers: [answer],
    } = await at(wages, library, travel);
    const page = await go(person, asks(wages, answer));
    await brought(library, await pressOn(person, page), library1);
    const back = await person.go(page.url);
    expect(told(back)).toEqual([
      ['Stile', 'Signed out'],
      ['Library', 'No answer'],
      ['Travel', 'Waiting'],
    ]);
    expect(back.html).toMatch(/<bdi>Library<\/bdi><\/b> did not answer\.\s*Close your browser to be sure\./);
    const request = await brought(travel, await pressOn(person, back), address('travel'));
    const last = await go(person, answers(travel, request, { by: 'post' }));
    expect(last.heading).toBe('You are signed out, but not everywhere');
    // Whoever asked waits: it is answered even if nobody presses the button.
    expect(last.headers.get('refresh')).toBe(`10;url=${last.url.pathname}/next`);
    expect(await status(wages, await pressOn(person, last))).toEqual(['Success', 'PartialLogout']);
  });

  test('its late yes is true as well', async () => {
    const {
      person,
      answers: [answer],
    } = await at(wages, library);
    const page = await go(person, asks(wages, answer));
    const request = await brought(library, await pressOn(person, page), library1);
    expect(told(await person.go(page.url))).toContainEqual(['Library', 'No answer']);
    expect(await status(wages, await go(person, answers(library, request)))).toEqual(['Success']);
  });

  test.each([
    ['Responder', ['Responder', 'RequestDenied']],
    ['a yes that does not hold for everybody behind it', ['Success', 'PartialLogout']],
  ])('or answers otherwise than yes: %s', async (_what, said) => {
    const {
      person,
      answers: [answer],
    } = await at(wages, library);
    const request = await brought(library, await pressOn(person, await go(person, asks(wages, answer))), library1);
    const page = await go(person, answers(library, request, { status: said }));
    expect(told(page)).toContainEqual(['Library', 'No answer']);
    expect(await status(wages, await pressOn(person, page))).toEqual(['Success', 'PartialLogout']);
  });

  test('a double click asks it once more, a third visit passes it over', async () => {
    const {
      person,
      answers: [answer],
    } = await at(wages, library);
    const page = await go(person, asks(wages, answer));
    const one = await brought(library, await pressOn(person, page), library1);
    const two = await brought(library, await pressOn(person, page), library1);
    expect(two.id).not.toBe(one.id);
    expect(await status(wages, await pressOn(person, page))).toEqual(['Success', 'PartialLogout']);
  });

  test('and Back leads past our page, to where it was asked: asking again goes on with the rest', async () => {
    const {
      person,
      answers: [answer],
    } = await at(wages, library, travel);
    const page = await go(person, asks(wages, answer));
    await brought(library, await pressOn(person, page), library1);
    const again = asks(wages, answer, { relayState: 'again' });
    const back = await go(person, again);
    expect(told(back)).toEqual([
      ['Stile', 'Signed out'],
      ['Library', 'No answer'],
      ['Travel', 'Waiting'],
    ]);
    const request = await brought(travel, await pressOn(person, back), address('travel'));
    const last = await go(person, answers(travel, request, { by: 'post' }));
    const said = await brought(wages, await pressOn(person, last), `${address('wages')}/answer`);
    expect(said).toMatchObject({ inResponseTo: again.id, relayState: 'again', status: ['Success', 'PartialLogout'] });
  });

  test('and Back leads to the account page: that goes on with the rest', async () => {
    const { person } = await at(library, wages);
    const account = await person.go(`${stile.issuer}/account`);
    const csrf = /name="csrf" value="([^"]+)"/.exec(account.html)?.[1] as string;
    const post = { method: 'POST', body: new URLSearchParams({ csrf }) };
    const page = await person.go(`${stile.issuer}/account/sign-out`, post);
    await brought(library, await pressOn(person, page), library1);
    const back = await person.go(`${stile.issuer}/account`);
    expect(back.url.href).toBe(page.url.href);
    const request = await brought(wages, await pressOn(person, back), address('wages'));
    const last = await go(person, answers(wages, request));
    expect(last.heading).toBe('You are signed out, but not everywhere');
    expect((await pressOn(person, last)).url.pathname).toBe('/signed-out');
    // And then it is over.
    expect((await person.go(`${stile.issuer}/account`)).url.pathname).toMatch(/^\/signin\//);
  });
});

describe('nobody ends a session that is not theirs to end', () => {
  const unknown = ['Requester', 'UnknownPrincipal'];
  let person: Person;
  let answer: Answer;
  let second: Answer;
  beforeAll(async () => {
    const signed = await at(wages, library);
    person = signed.person;
    [answer, second] = signed.answers;
  });
  /** Whatever was tried, the session is there. */
  afterEach(async () => {});

  test.each<[string, Leaving]>([
    ['another name', { nameId: 'somebody-else' }],
    ['the name with a space at its end', { nameId: ' ' }],
    ['another format', { format: nameIdFormat.emailAddress }],
    ['another qualifier', { nameQualifier: 'https://idp.elsewhere.example' }],
    ["another service provider's qualifier", { spNameQualifier: 'https://sp.example/library' }],
    ['an index of no session', { sessionIndexes: ['_not-this-one'] }],
  ])('by %s', async (what, change) => {
    const more = what.includes('space') ? { nameId: `${answer.nameId} ` } : change;
    expect(await status(wages, await go(person, asks(wages, answer, more)))).toEqual(unknown);
  });

  test('by the names that another service provider knows', async () => {
    expect(await status(wages, await go(person, asks(wages, second)))).toEqual(unknown);
  });

  test('by a service provider that takes no part in it', async () => {
    expect(await status(one, await go(person, asks(one, answer)))).toEqual(unknown);
  });

  test('when another person sits there now', async () => {
    const other = await at(wages);
    expect(await status(wages, await go(other.person, asks(wages, answer)))).toEqual(unknown);
    expect(await isSignedIn(other.person)).toBe(true);
  });

  const nameId = (inside: string) => `<saml:NameID>${inside}</saml:NameID>`;
  const minutes = (n: number) => new Date(Date.now() + n * 60_000);
  test.each<[string, (answer: Answer) => Leaving & Sending]>([
    ['without a signature', () => ({ sign: false })],
    ['without a signature, by POST', () => ({ sign: false, by: 'post' })],
    ['signed by another service provider', () => ({ sign: { pair: travel.signing[0]! } })],
    ['signed by another service provider, by POST', () => ({ sign: { pair: travel.signing[0]! }, by: 'post' })],
    ['past its NotOnOrAfter', () => ({ notOnOrAfter: minutes(-6) })],
    ['of long ago', () => ({ issuedAt: minutes(-11) })],
    ['of the future', () => ({ issuedAt: minutes(6) })],
    ['for another address', () => ({ destination: 'https://idp.elsewhere.example/saml/slo' })],
    ['for no address', () => ({ destination: null })],
    ['with a comment in its name', (answer) => ({ named: nameId(`${answer.nameId}<!-- -->.evil`), by: 'post' })],
    ['with two names', (answer) => ({ named: nameId(answer.nameId).repeat(2) })],
    ['with an encrypted name', () => ({ named: '<saml:EncryptedID/>' })],
    ['with a name and a BaseID', (answer) => ({ named: `<saml:BaseID/>${nameId(answer.nameId)}` })],
    ['from nobody we know', () => ({ issuer: 'https://sp.example/nobody' })],
  ])('by a request %s', async (_what, change) => {
    const page = await go(person, asks(wages, answer, change(answer)));
    expect([page.url.origin, page.status]).toEqual([stile.issuer, 400]);
  });

  test('by a request that another browser has sent', async () => {
    const start = asks(wages, answer);
    await go(new Person(), start);
    const page = await go(person, start);
    expect([page.status, page.html.includes('this request was used before')]).toEqual([400, true]);
  });

  test('nor drives the round of another browser', async () => {
    const mine = await at(wages, library);
    const page = await go(mine.person, asks(wages, mine.answers[0]));
    for (const path of [page.url.href, `${page.url.href}/next`]) expect((await person.go(path)).status).toBe(400);
    expect(told(await mine.person.go(page.url))).toContainEqual(['Library', 'Waiting']);
  });
});

describe('an answer counts only for the request it answers', () => {
  let person: Person;
  let page: Page;
  let request: Said;
  beforeAll(async () => {
    const signed = await at(wages, library, parking);
    person = signed.person;
    page = await go(person, asks(wages, signed.answers[0]));
    request = await brought(library, await pressOn(person, page), `${address('library')}?tenant=1`);
  });

  test.each<[string, (said: Said) => Start]>([
    ['of no request of ours', () => left(library, { inResponseTo: '_somebody-elses-request' })],
    [
      'of a request that was not sent',
      (said) => answers(library, said, { inResponseTo: said.id.replace(/\d+$/, '2') }),
    ],
    [
      'of another stop of the round',
      (said) => answers(library, said, { inResponseTo: said.id.replace(/\.\d+\./, '.0.') }),
    ],
    ['without InResponseTo', () => left(library, {})],
    ['of another service provider', (said) => answers(travel, said)],
    ["in another service provider's name", (said) => answers(library, said, { sign: { pair: travel.signing[0]! } })],
    ['without a signature', (said) => answers(library, said, { sign: false })],
    ['without a signature, by POST', (said) => answers(library, said, { sign: false, by: 'post' })],
    ['for another address', (said) => answers(library, said, { destination: 'https://idp.elsewhere.example' })],
    ['of long ago', (said) => answers(library, said, { issuedAt: new Date(Date.now() - 11 * 60_000) })],
  ])('one %s is refused, and whoever was asked has not answered', async (_what, make) => {
    const refused = await go(person, make(request));
    expect([refused.url.origin, refused.status]).toEqual([stile.issuer, 400]);
    expect(told(await person.go(page.url))).toContainEqual(['Library', 'No answer']);
  });

  test('while its own still does', async () => {
    await go(person, answers(library, request));
    expect(told(await person.go(page.url))).toContainEqual(['Library', 'Signed out']);
  });
});

test('addresses that nobody was sent to', async () => {
  const person = (await at(wages)).person;
  for (const path of ['', '?SAMLRequest=x', '?SAMLResponse=', '/none-of-that-name', '/x', '/none-of-that-name/next'])
    expect((await person.go(`${stile.issuer}/saml/slo${path}`)).status).toBe(400);
});
