/** Codes and links by email at a real server, with a real mail server: mission rows E1 to E4 and I1. */
import { rows } from '../attack/attacker.ts';
import { openMailbox, type TestMailbox } from '../support/mailbox.ts';
import { type Page, Person } from '../support/person.ts';
import { as, MFA, PASSWORD, RelyingParty, settings, type Walker } from '../support/rp.ts';
import { ServiceProvider } from '../support/saml-sp.ts';
import { type Stile, startStile } from '../support/stile.ts';

let mailbox: TestMailbox;
/** Codes may begin a sign-in and count for nothing; codes come after a password and are a factor. */
let [plain, counting]: Stile[] = [];

const people = ['mei', 'ida', 'lea', 'eva', 'pia', 'kim', 'sam', 'jan', 'ivo', 'una', 'zoe', 'ola'];
const payroll = { plain: new ServiceProvider({ id: 'payroll' }), counting: new ServiceProvider({ id: 'payroll' }) };
const address = (username: string) => `${username}@northfold.example`;
const config = (more: object) =>
  settings(
    {
      mail: { url: mailbox.url, from: 'stile@northfold.example' },
      applications: [payroll.plain.application],
      users: people.map((username) => ({
        ...{ username, name: username, password: PASSWORD, email: address(username), email_verified: true },
      })),
      ...more,
    },
    3,
  );
const twoStep = (stile: Stile, ...usernames: string[]) =>
  rows(stile.databaseUrl, 'update users set two_step = true where username = any($1)', [usernames]);

beforeAll(async () => {
  mailbox = await openMailbox();
  [plain, counting] = await Promise.all([
    startStile({
      config: config({ methods: { begin: ['password', 'email-code'] }, enrolment: { first: 'mailed-link' } }),
    }),
    startStile({
      config: config({ methods: { begin: ['email-code', 'password'] }, assurance: { email_code: 'factor' } }),
    }),
  ]);
  await payroll.plain.meet(plain);
  await payroll.counting.meet(counting);
  await twoStep(plain, 'mei', 'ida', 'eva');
});
afterAll(async () => {
  for (const stile of [plain, counting]) {
    expect(stile?.output()).not.toMatch(/"level":(50|60)/);
    // No code, link or address ever comes to be in a log.
    for (const { code, link } of mailbox.mails)
      for (const secret of [code, link].filter(Boolean)) expect(stile?.output()).not.toContain(secret);
    await stile?.stop();
  }
  await mailbox.stop();
});

const step = (page: Page) => page.form?.fields.step;
const at = async (stile: Stile, person: Person, params: Record<string, string> = {}) =>
  person.go((await (await RelyingParty.at(stile)).request(params)).url);
const code = async (username: string) => (await mailbox.next(address(username))).code as string;
const button = (value: string) => ({ name: 'do', value });
const pick = (value: string) => ({ name: 'method', value });

/** As `as` does, and with the code from the mailbox; `first`: the code is what they begin with. */
const reading =
  (username: string, met: string[] = [], first = false): Walker =>
  async (person, start) => {
    let page = start;
    for (let pages = 0; page.form && pages < 8; pages++) {
      met.push(step(page) ?? '');
      if (step(page) === 'prove:email-code') page = await person.submit(page, { code: await code(username) });
      else if (step(page) === 'prove:password' && first && !met.includes('prove:email-code')) {
        page = await person.submit(await person.submit(page, {}, button('another')), {}, pick('email-code'));
      } else page = await as(username, { until: (one) => one !== page && one.url.href !== '' })(person, page);
    }
    return page;
  };

/** What both protocols say of one kind of sign-in. */
async function asserted(stile: 'plain' | 'counting', username: string, first: boolean, mfa: boolean) {
  const met: string[] = [];
  const server = (stile === 'plain' ? plain : counting) as Stile;
  const rp = await RelyingParty.at(server);
  const { claims } = await rp.signIn(new Person(), mfa ? { acr_values: MFA } : {}, reading(username, met, first));
  const walked = met.splice(0);
  const { context } = await payroll[stile].signIn(
    new Person(),
    mfa ? { classes: [MFA] } : {},
    reading(username, met, first),
  );
  expect(met).toEqual(walked);
  return { met: walked.slice(1).map((one) => one.split(':')[1]), acr: claims.acr, amr: claims.amr, context };
}

describe('I1: two-step sign-in', () => {
  test('mei is asked for a code by email after her password, enters it, and the record says what stood in', async () => {
    const rp = await RelyingParty.at(plain as Stile);
    const met: string[] = [];
    const { claims } = await rp.signIn(new Person(), {}, reading('mei', met));
    expect(met).toEqual(['identify', 'prove:password', 'prove:email-code']);
    expect(claims).toMatchObject({ acr: 'urn:stile:acr:aal1', amr: ['pwd'] });
    const [event] = await rows<{ detail: { required: object[]; proved: [string][] } }>(
      plain?.databaseUrl,
      "select detail from events where type = 'sign-in' order by at desc limit 1",
    );
    expect(event?.detail.required).toEqual([{ strength: 'mfa', policies: ['two-step'], stoodIn: 'email_code' }]);
    expect(event?.detail.proved.map(([name]) => name)).toEqual(['password']);
  });
});

describe('what applications are told, by OIDC and by SAML alike', () => {
  const [aal1, own] = ['urn:stile:acr:aal1', (name: string) => `urn:oasis:names:tc:SAML:2.0:ac:classes:${name}`];
  test.each([
    [
      'a code that stood in: nothing',
      ...(['plain', 'ida', false, false] as const),
      { met: ['password', 'email-code'], acr: aal1, amr: ['pwd'], context: own('PasswordProtectedTransport') },
    ],
    [
      'a code that began the sign-in: one proof, otp',
      ...(['plain', 'lea', true, false] as const),
      { met: ['password', 'email-code'], acr: aal1, amr: ['otp'], context: own('unspecified') },
    ],
    [
      'the same where a code counts',
      ...(['counting', 'lea', true, false] as const),
      { met: ['email-code'], acr: aal1, amr: ['otp'], context: own('unspecified') },
    ],
    [
      'a code and a password where a code counts: two factors',
      ...(['counting', 'ida', true, true] as const),
      { met: ['email-code', 'password'], acr: MFA, amr: ['mfa', 'otp', 'pwd'], context: MFA },
    ],
  ])('%s', async (_what, stile, username, first, mfa, told) => {
    expect(await asserted(stile, username, first, mfa)).toEqual(told);
  });
});

describe('a link by email', () => {
  /** At the page that waits for the link. */
  async function waiting(username: string) {
    const person = new Person();
    const reached = await as(username, { until: (page) => step(page) === 'prove:mailed-link' })(
      person,
      await at(plain as Stile, person, { acr_values: MFA }),
    );
    const { link = '' } = await mailbox.next(address(username));
    return { person, page: reached, link };
  }

  test('is what a stolen password does not open: eva confirms it where she began, and goes on in the page that waited', async () => {
    const { person, page, link } = await waiting('eva');
    expect(page.html).toContain('<meta http-equiv="refresh" content="5">');
    expect(page.html).toContain('e•••@northfold.example');
    const token = link.split('/').at(-1) as string;
    expect(page.html).not.toContain(token);

    // A scanner opens every link, without a cookie; another browser is told where it belongs.
    for (const method of ['HEAD', 'GET', 'GET']) expect((await fetch(link, { method })).status).toBe(200);
    const elsewhere = await new Person({ headers: { 'accept-language': 'en' } }).go(link);
    expect(elsewhere.heading).toBe('Open this link where you began');
    expect(elsewhere.html).toMatch(/Begun in .*to open <b><bdi>Payroll/);
    expect(elsewhere.form).toBeUndefined();
    expect(step(await person.go(page.url))).toBe('prove:mailed-link');

    const opened = await person.go(link);
    expect([opened.status, opened.form?.action.pathname]).toEqual([200, page.url.pathname]);
    const forged = { method: 'POST', body: new URLSearchParams({ ...opened.form?.fields, csrf: 'made up' }) };
    expect((await person.fetch(page.url, forged)).status).toBe(403);
    expect(step(await person.submit(opened))).toMatch(/^register:/);
    // The page that waited loads itself again.
    const setUp = await person.go(page.url);
    expect(step(setUp)).toMatch(/^register:/);

    const again = await person.go(link);
    expect([again.status, again.heading]).toEqual([400, 'This link leads nowhere any more']);
    const end = await as('eva')(person, await person.submit(setUp, {}, pick('totp')));
    expect(end.url.searchParams.get('code')).toBeTruthy();
    expect((await person.go(link)).status).toBe(400);
  });

  test.each([
    ['of another sign-in', (link: string, other: string) => link.replace(/[^/]+$/, other.split('/').at(-1) as string)],
    ['tampered with', (link: string) => `${link.slice(0, -1)}${link.endsWith('A') ? 'B' : 'A'}`],
    ['that is far too long', (link: string) => `${link}${'A'.repeat(4000)}`],
    ['of no sign-in', (link: string) => link.replace(/signin\/[^/]+/, 'signin/nobody-knows-this-one')],
    ['that is not even text', (link: string) => link.replace(/[^/]+$/, '%00%ff')],
  ])('%s leads nowhere and opens nothing', async (_what, change) => {
    const [{ link: other }, { person, page, link }] = [await waiting('pia'), await waiting('kim')];
    const made = change(link, other);
    expect((await person.go(made)).status).toBe(400);
    expect(step(await person.submit(page, { token: made.split('/').at(-1) as string }))).toBe('prove:mailed-link');
  });
});

describe('whoever reads the mailbox, and no more', () => {
  /** Comes there by a code alone. */
  async function zoe(path: string) {
    const person = new Person();
    const begun = await person.go(`${plain?.issuer}${path}`);
    const reached = await as('zoe', { until: (page) => step(page) === 'prove:password' })(person, begun);
    const asked = await person.submit(await person.submit(reached, {}, button('another')), {}, pick('email-code'));
    return { person, page: await person.submit(asked, { code: await code('zoe') }) };
  }

  test('registers nothing by a code and a link: the password is asked for', async () => {
    const { person, page } = await zoe('/account/methods');
    const body = new URLSearchParams({ csrf: page.form?.fields.csrf ?? '', method: 'totp' });
    const asked = await person.go(`${plain?.issuer}/account/methods/add`, { method: 'POST', body });
    expect(step(asked)).toBe('prove:password');
    // Whoever knows it too has shown both.
    expect(step(await person.submit(asked, { password: PASSWORD }))).toBe('register:totp');
  });

  test('chooses a password that is worth no more: no code is a second proof beside it', async () => {
    const { person, page: choosing } = await zoe('/account/password');
    expect(choosing.url.pathname).toBe('/account/password');
    const form = new URLSearchParams({ ...choosing.form?.fields, password: 'brackish willow lantern nine' });
    const kept = () =>
      rows<{ data: object }>(
        plain?.databaseUrl,
        `select c.data from credentials c join users u on u.id = c.user_id where u.username = 'zoe' and method = 'password'`,
      );
    expect(await kept()).toEqual([{ data: {} }]);
    await person.go(choosing.url, { method: 'POST', body: form });
    expect(await kept()).toEqual([{ data: { mailbox: true } }]);
  });
});

describe('bad input', () => {
  /** At the page that asks for the code; the mail is there. */
  async function asked(username: string, person = new Person()) {
    const page = await as(username, { until: (one) => step(one) === 'prove:email-code' })(
      person,
      await at(plain as Stile, person),
    );
    return { person, page, code: await code(username) };
  }

  test('a code in another browser is worth nothing there, and is used once of twenty times sent at once', async () => {
    await twoStep(plain as Stile, 'sam');
    const { person, page, code: right } = await asked('sam');
    const thief = await asked('sam');
    const taken = await thief.person.submit(thief.page, { code: right });
    if (right !== thief.code) expect(taken.html).toContain('That code was not accepted');
    const body = () => new URLSearchParams({ ...page.form?.fields, code: right });
    await Promise.all(Array.from({ length: 20 }, () => person.fetch(page.url, { method: 'POST', body: body() })));
    const events = await rows(
      plain?.databaseUrl,
      `select 1 from events where type = 'proof.accepted' and detail->>'method' = 'email-code' and walk = $1`,
      [page.url.pathname.split('/').at(-1)],
    );
    expect(events).toHaveLength(1);
  });

  test('guesses are limited on the account, in every browser together, whatever else is proved', async () => {
    await twoStep(plain as Stile, 'jan');
    let judged = 0;
    let locked: Page | undefined;
    for (let browser = 0; browser < 4 && !locked; browser++) {
      const { person, page } = await asked('jan');
      for (let i = 0; i < 8 && !locked; i++) {
        const next = await person.go(page.url, {
          method: 'POST',
          body: new URLSearchParams({ ...page.form?.fields, code: String(i).repeat(6) }),
        });
        if (next.status === 429) locked = next;
        else judged += 1;
      }
    }
    expect(judged).toBeLessThanOrEqual(10);
    expect(locked?.html).toContain('too many tries');
  });

  test('asked for again too soon nothing is sent and the page says when', async () => {
    await twoStep(plain as Stile, 'ivo');
    const { person, page } = await asked('ivo');
    const sent = mailbox.mails.length;
    for (let i = 0; i < 5; i++) {
      const soon = await person.submit(page, {}, button('again'));
      expect([step(soon), soon.status]).toEqual(['prove:email-code', 200]);
      expect(soon.html).toMatch(/You can have it sent again in \d+ seconds?\./);
    }
    expect(mailbox.mails).toHaveLength(sent);
  });

  test('what the mail server does not take is said at once, with the other ways one click away', async () => {
    await twoStep(plain as Stile, 'una');
    mailbox.mood = 'refuses';
    const person = new Person();
    const page = await as('una', { until: (one) => step(one) === 'prove:email-code' })(
      person,
      await at(plain as Stile, person),
    );
    mailbox.mood = 'takes';
    expect(page.html).toContain('The code could not be sent.');
    expect(page.html).not.toContain('name="code"');
    expect(page.html).not.toContain('una@northfold.example');
  });

  test('names that exist and names that do not get one page, and one answer to a code', async () => {
    const pages = [];
    for (const username of ['lea', 'bob', 'nobody']) {
      const person = new Person();
      const named = await person.submit(await at(counting as Stile, person), { username });
      const answered = await person.submit(named, { code: '12345678' });
      for (const { html, status, url } of [named, answered])
        pages.push([
          status,
          html
            .replaceAll(username, 'NAME')
            .replaceAll(url.pathname, 'HERE')
            .replace(/name="csrf" value="[^"]*"/, '')
            .replace(/<time.*?<\/time>/g, 'TIME')
            .replace(/in \d+ seconds|data-after="\d+"/g, 'SOON'),
        ]);
    }
    expect(pages.slice(2, 4)).toEqual(pages.slice(0, 2));
    expect(pages.slice(4)).toEqual(pages.slice(0, 2));
    expect(pages[0]?.[1]).toContain('If that name has a verified address');
    expect(pages[1]?.[1]).toContain('That code was not accepted');
    await mailbox.next(address('lea'));
  });
});

test('the account tells what an address proves, and nothing of the link that only opens registering', async () => {
  const person = new Person();
  const walker = as('ola', { until: (page) => page.url.pathname.startsWith('/account') });
  await walker(person, await person.go(`${plain?.issuer}/account`));
  const methods = await person.go(`${plain?.issuer}/account/methods`);
  expect(methods.heading).toBe('Sign-in methods');
  expect(methods.html).toContain('Code by email');
  for (const page of [methods, await person.go(`${plain?.issuer}/account`)])
    expect(page.html).not.toMatch(/Link by email|methods\.mailed-link/);
});
