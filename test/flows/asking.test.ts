/** What an application may ask of a sign-in (mission row C3): acr_values, claims, max_age, prompt, hints. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Page, Person } from '../support/person.ts';
import { as, MFA, newcomer, nobody, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';

const client = (id: string, more: object = {}) => ({
  id,
  name: `The ${id} application`,
  oidc: {
    client_id: id,
    client_secret: 'a client secret for tests',
    redirect_uris: ['https://rp.example/cb'],
    ...more,
  },
});

let stile: Stile;
let rp: RelyingParty;

beforeAll(async () => {
  stile = await startStile({
    config: settings({
      applications: [
        client('voluntary', { acr_values_voluntary: true }),
        client('strict', { default_acr_values: [MFA] }),
        client('fresh', { default_max_age: 0 }),
        { ...client('finance'), groups: ['Finance'] },
      ],
    }),
  });
  rp = await RelyingParty.at(stile);
});
afterAll(() => stile.stop());

const aal = (level: number) => `urn:stile:acr:aal${level}`;
const claim = (name: string, request: object) => ({ claims: JSON.stringify({ id_token: { [name]: request } }) });

async function signedIn(username: string) {
  const person = new Person();
  const { claims, tokens } = await rp.signIn(person, {}, as(username));
  return { person, claims, tokens };
}

describe('acr_values', () => {
  test('unknown values are ignored, and only unknown ones ask for nothing', async () => {
    const { person } = await signedIn(someone());
    const answer = await rp.signIn(person, { acr_values: 'urn:nobody:knows high' }, nobody);
    expect(answer.claims).toMatchObject({ acr: aal(1), amr: ['pwd'] });
  });

  test('the first value the person can meet is aimed at, in the order given', async () => {
    const met: string[] = [];
    const { claims } = await rp.signIn(new Person(), { acr_values: `phr ${aal(2)} ${aal(1)}` }, as(someone(), { met }));
    expect(met).toContain('prove:totp');
    expect(claims.acr).toBe(aal(2));
  });

  test('a weaker first choice is enough, and a stronger session is answered with the value asked for', async () => {
    const ana = someone();
    const person = new Person();
    await rp.signIn(person, { acr_values: MFA }, as(ana));
    const { claims } = await rp.signIn(person, { acr_values: `${aal(1)} ${aal(2)}` }, nobody);
    expect(claims.acr).toBe(aal(1));
    const sfa = await rp.signIn(person, { acr_values: 'https://refeds.org/profile/sfa' }, nobody);
    expect(sfa.claims.acr).toBe('https://refeds.org/profile/sfa');
  });

  test('known values nobody here can meet end in unmet_authentication_requirements, said on a page first', async () => {
    const { person } = await signedIn(someone());
    let page: Page | undefined;
    const answer = await rp.signIn(person, { acr_values: 'phr phrh' }, async (who, shown) => {
      page = shown;
      return who.submit(shown);
    });
    expect(page?.form?.buttons[0]?.words).toBe('Go back to Payroll');
    expect(answer.error).toBe('unmet_authentication_requirements');
  });

  test('a client that calls its acr_values voluntary is answered with what was reached', async () => {
    const voluntary = await RelyingParty.at(stile, { id: 'voluntary' });
    const { claims } = await voluntary.signIn(new Person(), { acr_values: 'phr' }, as(someone()));
    expect(claims).toMatchObject({ acr: aal(1), amr: ['pwd'] });
  });

  test('default_acr_values count as if they had been sent', async () => {
    const strict = await RelyingParty.at(stile, { id: 'strict' });
    const { claims } = await strict.signIn(new Person(), {}, as(someone()));
    expect(claims).toMatchObject({ acr: MFA, amr: ['mfa', 'otp', 'pwd'] });
  });
});

describe('the claims parameter', () => {
  test('acr by value or values, essential or not, is asked for alike', async () => {
    const requests = [
      { value: MFA },
      { values: [MFA] },
      { essential: true, value: MFA },
      { essential: true, values: ['phr', MFA] },
    ];
    for (const request of requests) {
      const { claims } = await rp.signIn(new Person(), claim('acr', request), as(someone()));
      expect([request, claims.acr]).toEqual([request, MFA]);
    }
  });

  test('essential and out of reach is refused, wished and out of reach is passed over', async () => {
    const { person } = await signedIn(someone());
    const refused = await rp.signIn(person, claim('acr', { essential: true, value: 'phr' }), as('nobody'));
    expect(refused.error).toBe('unmet_authentication_requirements');
    const unknown = await rp.signIn(person, claim('acr', { essential: true, value: 'urn:nobody:knows' }), nobody);
    expect(unknown.error).toBe('unmet_authentication_requirements');
    const wished = await rp.signIn(person, claim('acr', { value: 'phr' }), nobody);
    expect(wished.claims.acr).toBe(aal(1));
  });

  test('essential amr asks for the method that justifies it', async () => {
    const ana = someone();
    const { person } = await signedIn(ana);
    const met: string[] = [];
    const { claims } = await rp.signIn(person, claim('amr', { essential: true, values: ['otp'] }), as(ana, { met }));
    expect(met).toEqual(['prove:totp']);
    expect(claims.amr).toContain('otp');
    const never = await rp.signIn(person, claim('amr', { essential: true, values: ['iris'] }), nobody);
    expect(never.error).toBe('unmet_authentication_requirements');
  });
});

describe('freshness', () => {
  test('max_age takes what is older again, and auth_time is that of the new proof', async () => {
    const ana = someone();
    const { person, claims: before } = await signedIn(ana);
    await wait(2100);
    const met: string[] = [];
    const { claims } = await rp.signIn(person, { max_age: '1' }, as(ana, { met }));
    expect(met).toEqual(['prove:password']);
    expect(claims.auth_time).toBeGreaterThan(before.auth_time as number);
    const again = await rp.signIn(person, { max_age: '600' }, nobody);
    expect(again.claims.auth_time).toBe(claims.auth_time);
  });

  test('MFA with max_age takes both factors afresh when both are old', async () => {
    const ana = someone();
    const person = new Person();
    await rp.signIn(person, { acr_values: MFA }, as(ana));
    const met: string[] = [];
    await rp.signIn(person, { acr_values: MFA, max_age: '0' }, as(ana, { met }));
    // max_age=0 is prompt=login by another name (OIDC Core 3.1.2.1), so it begins where that begins.
    expect(met).toEqual(['identify', 'prove:password', 'prove:totp']);
  });

  test('default_max_age counts as if it had been sent', async () => {
    const ana = someone();
    const { person } = await signedIn(ana);
    const fresh = await RelyingParty.at(stile, { id: 'fresh' });
    const met: string[] = [];
    await fresh.signIn(person, {}, as(ana, { met }));
    expect(met).toEqual(['identify', 'prove:password']);
  });

  test('prompt=login begins at the name field, filled in, and takes the password again', async () => {
    const ana = someone();
    const { person } = await signedIn(ana);
    const met: string[] = [];
    let first: Page | undefined;
    await rp.signIn(person, { prompt: 'login' }, async (who, page) => {
      first = page;
      return as(ana, { met })(who, page);
    });
    expect(first?.form?.fields.username).toBe(ana);
    expect(met).toEqual(['identify', 'prove:password']);
  });

  test('prompt=login lets somebody else sign in: a session of their own, and nothing of the first is left in it', async () => {
    const person = new Person();
    const ana = await rp.signIn(person, { acr_values: MFA }, as(someone()));
    const bob = await rp.signIn(person, { prompt: 'login' }, as('bob'));
    expect(bob.claims.sub).not.toBe(ana.claims.sub);
    expect(bob.claims.sid).not.toBe(ana.claims.sid);
    expect(bob.claims).toMatchObject({ acr: aal(1), amr: ['pwd'] });
    const silent = await rp.signIn(person, { prompt: 'none' }, nobody);
    expect(silent.claims.sub).toBe(bob.claims.sub);
  });

  test('prompt=select_account keeps what the same person proved and asks another for theirs', async () => {
    const ana = someone();
    const { person, claims } = await signedIn(ana);
    const met: string[] = [];
    const same = await rp.signIn(person, { prompt: 'select_account' }, as(ana, { met }));
    expect(met).toEqual(['identify']);
    expect(same.claims).toMatchObject({ sub: claims.sub, auth_time: claims.auth_time, sid: claims.sid });
    const other = await rp.signIn(person, { prompt: 'select_account' }, as('bob'));
    expect(other.claims.sub).not.toBe(claims.sub);
  });
});

describe('prompt=none', () => {
  const silently = (person: Person, more: Record<string, string> = {}) =>
    rp.signIn(person, { prompt: 'none', ...more }, nobody);

  test('nobody signed in: login_required', async () => {
    expect((await silently(new Person())).error).toBe('login_required');
  });

  test('signed in: a code at once, and no cookie is written', async () => {
    const { person, claims } = await signedIn(someone());
    const before = [...person.cookies];
    const answer = await silently(person);
    expect(answer.claims).toMatchObject({ sub: claims.sub, auth_time: claims.auth_time });
    expect([...person.cookies]).toEqual(before);
  });

  test('a further factor would be needed: interaction_required; what cannot be met: unmet_authentication_requirements', async () => {
    const { person } = await signedIn(someone());
    expect((await silently(person, { acr_values: MFA })).error).toBe('interaction_required');
    expect((await silently(person, { acr_values: 'phr' })).error).toBe('unmet_authentication_requirements');
    expect((await silently(person, { max_age: '0' })).error).toBe('login_required');
  });

  test('a hint at somebody else: login_required', async () => {
    const ana = await signedIn(someone());
    const { person } = await signedIn(someone());
    const hint = ana.tokens.id_token as string;
    expect((await silently(person, { id_token_hint: hint })).error).toBe('login_required');
    expect((await silently(ana.person, { id_token_hint: hint })).claims.sub).toBe(ana.claims.sub);
  });
});

describe('hints', () => {
  test('login_hint fills in the name field', async () => {
    const { url } = await rp.request({ login_hint: 'ana@northfold.example' });
    const page = await new Person().go(url);
    expect(page.form?.fields.username).toBe('ana@northfold.example');
  });

  test('id_token_hint insists on its person: another one signed in is asked to prove to be them, or turned away', async () => {
    const ana = someone();
    const first = await signedIn(ana);
    const { person } = await signedIn('bob');
    const met: string[] = [];
    const { claims } = await rp.signIn(person, { id_token_hint: first.tokens.id_token as string }, as(ana, { met }));
    expect(met).toEqual(['prove:password']);
    expect(claims.sub).toBe(first.claims.sub);
  });

  test('ui_locales chooses the language', async () => {
    const { url } = await rp.request({ ui_locales: 'de' });
    const page = await new Person().go(url);
    expect(page.heading).toBe('Anmelden');
    expect(page.html).toContain('<html lang="de"');
  });
});

describe('saying no', () => {
  test('turning back gives the application access_denied', async () => {
    const { url, checks } = await rp.request();
    const person = new Person();
    const page = await person.submit(await person.go(url), { username: 'bob' });
    const end = await person.submit(page, {}, { name: 'do', value: 'cancel' });
    expect(end.url.searchParams.get('error')).toBe('access_denied');
    expect(end.url.searchParams.get('state')).toBe(checks.expectedState);
  });

  test('an application for some groups tells everybody else so', async () => {
    const finance = await RelyingParty.at(stile, { id: 'finance' });
    expect((await finance.signIn(new Person(), {}, as('ana'))).claims.sub).toBeTruthy();
    const { person } = await signedIn('bob');
    let page: Page | undefined;
    const answer = await finance.signIn(person, {}, async (who, shown) => {
      page = shown;
      return who.submit(shown);
    });
    expect(page?.status).toBe(403);
    expect(answer.error).toBe('access_denied');
    expect((await finance.signIn(person, { prompt: 'none' }, nobody)).error).toBe('access_denied');
  });
});

describe('the personal switch', () => {
  test('two-step sign-in turned on asks for the second factor everywhere, until it is turned off', async () => {
    const ana = someone();
    const person = new Person({ away: ['https://rp.example'] });
    await rp.signIn(person, { acr_values: MFA }, as(ana));
    const turn = async (on: 'yes' | 'no') => {
      const methods = await person.go(`${stile.issuer}/account/methods`);
      const form =
        [...methods.html.matchAll(/<form[^>]*action="\/account\/two-step">([\s\S]*?)<\/form>/g)][0]?.[1] ?? '';
      const csrf = /name="csrf" value="([^"]+)"/.exec(form)?.[1] as string;
      return person.go(`${stile.issuer}/account/two-step`, { method: 'POST', body: new URLSearchParams({ csrf, on }) });
    };
    expect((await turn('yes')).url.search).toBe('?said=two-step-on');
    const met: string[] = [];
    const elsewhere = await rp.signIn(new Person(), {}, as(ana, { met }));
    expect(met).toEqual(['identify', 'prove:password', 'prove:totp']);
    expect(elsewhere.claims.acr).toBe(aal(2));
  });
});

describe('stay signed in', () => {
  test('keeps the cookie for thirty days and never stands in for a factor', async () => {
    const ana = newcomer();
    const person = new Person();
    const { url } = await rp.request();
    const page = await person.submit(await person.go(url), { username: ana });
    const response = await person.fetch(page.form!.action, {
      method: 'POST',
      body: new URLSearchParams({ ...page.form!.fields, password: 'over-the-wall', stay: 'yes' }),
    });
    const done = await person.fetch(new URL(response.headers.get('location') as string, page.url));
    const cookie = done.headers.getSetCookie().find((line) => line.startsWith('stile='));
    expect(cookie).toMatch(/Max-Age=2592000/i);
    expect((await rp.signIn(person, { prompt: 'none', acr_values: MFA }, nobody)).error).toBe('interaction_required');
    expect((await rp.signIn(person, { prompt: 'none', max_age: '0' }, nobody)).error).toBe('login_required');
  });
});
