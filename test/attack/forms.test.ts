import * as client from 'openid-client';
import { type Page, Person } from '../support/person.ts';
import { as, freshCode, MFA, newcomer, PASSWORD, RelyingParty, secretOf, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { form, leaks, rows } from './attacker.ts';

let stile: Stile;
let rp: RelyingParty;

beforeAll(async () => {
  stile = await startStile({ config: settings() });
  rp = await RelyingParty.at(stile);
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  await stile.stop();
});

const at = async (person: Person, params: Record<string, string> = {}) => person.go((await rp.request(params)).url);
const step = (page: Page) => page.form?.fields.step;
const password = { password: PASSWORD };
/** At the page that asks for a code, the password proved. */
async function atCode(person: Person, username: string): Promise<Page> {
  const page = await as(username, { until: (one) => step(one) === 'prove:totp' })(
    person,
    await at(person, { acr_values: MFA }),
  );
  expect(step(page)).toBe('prove:totp');
  return page;
}
const arrived = (page: Page) => page.url.href.startsWith('https://rp.example/cb?code=');

describe('a sign-in belongs to one browser', () => {
  test("another browser's sign-in, an unknown and an expired one are the same page, and nothing is lost", async () => {
    const [ana, thief] = [new Person(), new Person()];
    const page = await at(ana);
    await at(thief);
    const answers = await Promise.all(
      [page.url, `${stile.issuer}/signin/${'x'.repeat(21)}`, `${stile.issuer}/signin/..%2f..%2fetc`].map((url) =>
        thief.go(url),
      ),
    );
    expect(new Set(answers.map(({ status, heading }) => `${status} ${heading}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(400);
    expect((await ana.go(page.url)).heading).toBe(page.heading);
  });

  test("cannot be answered by another browser, with that browser's token or with its own", async () => {
    const [ana, thief] = [new Person(), new Person()];
    const page = await at(ana);
    const own = await at(thief);
    for (const csrf of [page.form?.fields.csrf, own.form?.fields.csrf]) {
      const answer = await thief.fetch(page.url, form({ csrf: csrf as string, step: 'identify', username: 'bob' }));
      expect([400, 403]).toContain(answer.status);
    }
    expect(step(await ana.go(page.url))).toBe('identify');
  });

  test('cannot be resumed by another browser once it has ended', async () => {
    const [ana, thief] = [new Person(), new Person()];
    const who = someone();
    const page = await at(ana);
    const code = await ana.submit(await ana.submit(page, { username: who }), {});
    expect(step(code)).toBe('prove:password');
    const posted = await ana.fetch(code.url, form({ ...code.form?.fields, ...password }));
    const shown = await ana.fetch(new URL(posted.headers.get('location') as string, code.url));
    const resume = new URL(shown.headers.get('location') as string, code.url);
    expect(resume.pathname).toMatch(/^\/auth\//);
    expect((await thief.go(resume)).status).toBe(400);
    expect((await thief.go(page.url)).status).toBe(400);
    expect(arrived(await ana.go(resume))).toBe(true);
  });

  test('without any cookie the page says that cookies are needed', async () => {
    const page = await at(new Person());
    expect((await new Person().go(page.url)).status).toBe(400);
  });
});

describe('forged forms', () => {
  test.each([
    ['no token', (csrf: string) => csrf.slice(0, 0), {}],
    ['half a token', (csrf: string) => csrf.slice(0, 20), {}],
    ['a token with another letter', (csrf: string) => (csrf[0] === 'A' ? 'B' : 'A') + csrf.slice(1), {}],
    ['an Origin elsewhere', (csrf: string) => csrf, { origin: 'https://evil.example' }],
    ['no origin at all to speak of', (csrf: string) => csrf, { origin: 'null' }],
    ['the browser saying cross-site', (csrf: string) => csrf, { 'sec-fetch-site': 'cross-site' }],
    ['the browser saying same-site', (csrf: string) => csrf, { 'sec-fetch-site': 'same-site' }],
  ])('are refused: %s', async (_what, forge, headers) => {
    const person = new Person();
    const page = await at(person);
    const { csrf = '' } = page.form?.fields ?? {};
    const body = new URLSearchParams({ csrf: forge(csrf), step: 'identify', username: someone() });
    const answer = await person.fetch(page.url, { method: 'POST', body, headers });
    expect(answer.status).toBe(403);
    expect(await answer.text()).not.toMatch(leaks);
    expect(step(await person.go(page.url))).toBe('identify');
  });

  test("are refused with the token of another sign-in, of the account pages, or of another browser's same form", async () => {
    const person = new Person();
    const [page, second] = [await at(person), await at(person)];
    await rp.signIn(person, {}, as(someone()));
    const account = await person.go(`${stile.issuer}/account/methods`);
    for (const csrf of [second.form?.fields.csrf, account.form?.fields.csrf]) {
      const answer = await person.fetch(page.url, form({ csrf: csrf as string, step: 'identify', username: 'bob' }));
      expect(answer.status).toBe(403);
    }
    const walk = await person.fetch(
      `${stile.issuer}/account/sign-out`,
      form({ csrf: page.form?.fields.csrf as string }),
    );
    expect(walk.status).toBe(403);
    expect((await person.go(`${stile.issuer}/account`)).status).toBe(200);
  });

  test('login CSRF: a form made for the attacker does not sign a visitor in as the attacker', async () => {
    const [attacker, visitor] = [new Person(), new Person()];
    const page = await attacker.submit(await at(attacker), { username: someone() });
    const answer = await visitor.fetch(page.url, form({ ...page.form?.fields, ...password }));
    expect([400, 403]).toContain(answer.status);
    expect((await visitor.go(`${stile.issuer}/account`)).url.pathname).toMatch(/^\/signin\//);
  });

  test.each([
    ...['methods/add', 'methods/any/rename', 'methods/any/prefer', 'methods/any/remove', 'methods/any/lost'],
    ...['two-step', 'password', 'sessions/end', 'applications/remove', 'sign-out'],
  ])('on the account pages: %s', async (path) => {
    const person = new Person();
    await rp.signIn(person, {}, as(someone()));
    const page = await person.go(`${stile.issuer}/account/methods`);
    const csrf = page.form?.fields.csrf as string;
    for (const sent of [
      { ...form({}) },
      { ...form({ csrf: 'x'.repeat(43) }) },
      { ...form({ csrf }), headers: { ...form({}).headers, origin: 'https://evil.example' } },
      { ...form({ csrf }), headers: { ...form({}).headers, 'sec-fetch-site': 'cross-site' } },
    ]) {
      expect((await person.fetch(`${stile.issuer}/account/${path}`, sent)).status).toBe(403);
    }
    expect((await person.go(`${stile.issuer}/account`)).status).toBe(200);
  });
});

describe('posted twice, at once or late', () => {
  test('twenty forms with one code at once: one proof on record, and the person is in', async () => {
    const person = new Person();
    const ana = someone();
    const page = await atCode(person, ana);
    const body = { ...page.form?.fields, code: freshCode(secretOf(ana)) };
    const answers = await Promise.all(Array.from({ length: 20 }, () => person.fetch(page.url, form(body))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
    const walk = page.url.pathname.split('/').at(-1);
    const accepted = await rows(
      stile.databaseUrl,
      `select 1 from events where walk = $1 and type = 'proof.accepted' and detail->>'method' = 'totp'`,
      [walk],
    );
    expect(accepted).toHaveLength(1);
    expect(arrived(await person.go(page.url))).toBe(true);
  });

  test('twenty browsers with the password and one code: one of them comes in', async () => {
    const ana = someone();
    const pages = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const person = new Person();
        return { person, page: await atCode(person, ana) };
      }),
    );
    const code = freshCode(secretOf(ana));
    const ends = await Promise.all(pages.map(({ person, page }) => person.submit(page, { code })));
    expect(ends.filter(arrived)).toHaveLength(1);
    expect(ends.filter((page) => step(page) === 'prove:totp')).toHaveLength(7);
  });

  test('a code spent in one sign-in is wrong in the next one', async () => {
    const ana = someone();
    const [one, two] = [new Person(), new Person()];
    const code = freshCode(secretOf(ana));
    expect(arrived(await one.submit(await atCode(one, ana), { code }))).toBe(true);
    const again = await two.submit(await atCode(two, ana), { code });
    expect(step(again)).toBe('prove:totp');
  });

  test('a password posted twice at once leaves one session and one piece of evidence', async () => {
    const person = new Person();
    const ana = someone();
    const page = await person.submit(await at(person), { username: ana });
    const body = { ...page.form?.fields, ...password };
    await Promise.all(Array.from({ length: 5 }, () => person.fetch(page.url, form(body))));
    expect(arrived(await person.go(page.url))).toBe(true);
    const account = await person.go(`${stile.issuer}/account`);
    expect(account.html.match(/class="item"/g) ?? []).toHaveLength(1);
  });

  test('of many GETs that finish one sign-in at once, one starts a session', async () => {
    const person = new Person();
    const page = await person.submit(await at(person), { username: someone() });
    await person.fetch(page.url, form({ ...page.form?.fields, ...password }));
    const answers = await Promise.all(Array.from({ length: 8 }, () => new Person({ like: person }).fetch(page.url)));
    const cookies = answers.flatMap((answer) =>
      answer.headers.getSetCookie().filter((line) => line.startsWith('stile=')),
    );
    expect(cookies).toHaveLength(1);
  });
});

describe('out of order', () => {
  test('a code posted to the password step, and a password to the code step, are taken for nothing', async () => {
    const person = new Person();
    const ana = someone();
    const first = await person.submit(await at(person, { acr_values: MFA }), { username: ana });
    const { fields } = first.form as NonNullable<Page['form']>;
    const early = await person.go(first.url, form({ ...fields, step: 'prove:totp', code: freshCode(secretOf(ana)) }));
    expect(step(early)).toBe('prove:password');
    const second = await person.submit(early, password);
    expect(step(second)).toBe('prove:totp');
    const late = await person.go(second.url, form({ ...second.form?.fields, step: 'prove:password', ...password }));
    expect(step(late)).toBe('prove:totp');
    expect(late.html).not.toContain('aria-invalid');
  });

  test('a password sent as the code, and a code as the password, with the step of the page', async () => {
    const person = new Person();
    const ana = someone();
    const first = await person.submit(await at(person, { acr_values: MFA }), { username: ana });
    expect(step(await person.submit(first, { password: freshCode(secretOf(ana)) }))).toBe('prove:password');
    const second = await person.submit(await person.go(first.url), password);
    expect(step(await person.submit(second, { code: PASSWORD }))).toBe('prove:totp');
  });

  test('the method field cannot pick a proof that does not lead there', async () => {
    const person = new Person();
    const page = await atCode(person, someone());
    for (const method of ['password', 'recovery-code', '__proto__', 'constructor', '']) {
      const shown = await person.go(page.url, form({ ...page.form?.fields, method }));
      expect([method, step(shown)]).toEqual([method, 'prove:totp']);
    }
  });

  test('going to /auth/<id> before the end leads back to what is missing, however often', async () => {
    const person = new Person();
    const page = await atCode(person, someone());
    const id = page.url.pathname.split('/').at(-1);
    for (let i = 0; i < 3; i++) expect(step(await person.go(`${stile.issuer}/auth/${id}`))).toBe('prove:totp');
    for (const method of ['HEAD', 'POST', 'PUT'])
      expect((await person.fetch(`${stile.issuer}/auth/${id}`, { method })).headers.get('location') ?? '').not.toMatch(
        /code=/,
      );
  });

  test('the back button after the end shows where one can go on, never an error of ours', async () => {
    const person = new Person();
    const page = await person.submit(await at(person), { username: someone() });
    expect(arrived(await person.submit(page, password))).toBe(true);
    const back = await person.go(page.url);
    expect(back.status).toBe(400);
    expect(back.html).not.toMatch(leaks);
    const posted = await person.go(page.url, form({ ...page.form?.fields, ...password }));
    expect(posted.status).toBe(400);
  });

  test('a second tab: two sign-ins side by side both come to an end', async () => {
    const person = new Person();
    const ana = someone();
    const [one, two] = [await at(person), await at(person)];
    const [oneNamed, twoNamed] = [
      await person.submit(one, { username: ana }),
      await person.submit(two, { username: ana }),
    ];
    expect(arrived(await person.submit(oneNamed, password))).toBe(true);
    expect(arrived(await person.go(twoNamed.url))).toBe(true);
  });
});

describe('who it is about', () => {
  test("proofs of one are never counted for another: ana's password does not carry bob", async () => {
    const person = new Person();
    const [ana, bob] = [someone(), someone()];
    const page = await atCode(person, ana);
    const { fields } = page.form as NonNullable<Page['form']>;
    const named = await person.go(page.url, form({ ...fields, do: 'identify' }));
    expect(step(named)).toBe('identify');
    const other = await person.submit(named, { username: bob });
    expect(step(other)).toBe('prove:password');
    const stillBob = await person.go(page.url, form({ ...fields, step: 'prove:totp', code: freshCode(secretOf(bob)) }));
    expect(step(stillBob)).toBe('prove:password');
    const back = await person.submit(await person.go(page.url, form({ ...fields, step: '', do: 'identify' })), {
      username: ana,
    });
    expect(step(back)).toBe('prove:password');
  });

  test('naming somebody else while a code is on its way does not credit it to them', async () => {
    for (let i = 0; i < 3; i++) {
      const person = new Person();
      const [ana, bob] = [someone(), newcomer()];
      const page = await person.submit(await at(person), { username: ana });
      const { fields } = page.form as NonNullable<Page['form']>;
      await Promise.all([
        person.fetch(page.url, form({ ...fields, ...password })),
        person
          .fetch(page.url, form({ ...fields, do: 'identify' }))
          .then(() => person.fetch(page.url, form({ ...fields, step: 'identify', username: bob }))),
      ]);
      const end = await person.go(page.url);
      if (arrived(end)) {
        const account = await person.go(`${stile.issuer}/account`);
        expect(account.html).toContain(`Ana ${ana.slice(3)}`);
      } else expect(['identify', 'prove:password']).toContain(step(end));
    }
  });

  test("signing in as bob in ana's browser ends her session and keeps nothing of her proofs", async () => {
    const person = new Person();
    const [ana, bob] = [someone(), someone()];
    const one = await rp.signIn(person, { acr_values: MFA }, as(ana));
    const two = await rp.signIn(person, { prompt: 'login' }, as(bob));
    expect(two.claims).toMatchObject({ amr: ['pwd'] });
    expect(two.claims.sub).not.toBe(one.claims.sub);
    expect(two.claims.sid).not.toBe(one.claims.sid);
  });

  test('a walk that ended for ana, in a browser where bob has signed in meanwhile, answers for bob alone', async () => {
    const person = new Person();
    const [ana, bob] = [someone(), someone()];
    const { url, checks } = await rp.request();
    const page = await person.submit(await person.go(url), { username: ana });
    const posted = await person.fetch(page.url, form({ ...page.form?.fields, ...password }));
    const shown = await person.fetch(new URL(posted.headers.get('location') as string, page.url));
    const resume = new URL(shown.headers.get('location') as string, page.url);
    const bobs = await rp.signIn(person, { prompt: 'login' }, as(bob));
    const end = await person.go(resume);
    const tokens = await client.authorizationCodeGrant(rp.config, end.url, checks);
    expect(tokens.claims()).toMatchObject({ sub: bobs.claims.sub, sid: bobs.claims.sid });
  });
});
