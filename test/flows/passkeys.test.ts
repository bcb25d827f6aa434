import {
  Authenticator,
  type CreationOptions,
  type Lies,
  optionsIn,
  type RequestOptions,
} from '../support/authenticator.ts';
import { type Page, Person } from '../support/person.ts';
import {
  freshCode,
  MFA,
  newcomer,
  PASSWORD,
  RelyingParty,
  secretOf,
  settings,
  someone,
  type Walker,
} from '../support/rp.ts';
import { ServiceProvider } from '../support/saml-sp.ts';
import { type Stile, startStile } from '../support/stile.ts';

/** What a passkey leaves behind, at the real server in both protocols (protocols.md section 7). */
let stile: Stile;
let rp: RelyingParty;
const sp = new ServiceProvider({ id: 'saml', name: 'Expenses' });

beforeAll(async () => {
  stile = await startStile({
    config: settings({
      stores: [{ id: 'local', methods: {} }],
      applications: [sp.application],
      limits: { lock_after: 3 },
    }),
  });
  rp = await RelyingParty.at(stile);
  await sp.meet(stile);
});
afterAll(() => stile.stop());

const essential = (value: string) => ({ claims: JSON.stringify({ id_token: { acr: { essential: true, value } } }) });
const aal = (level: number) => `urn:stile:acr:aal${level}`;
const REFERENCES = 'http://schemas.microsoft.com/claims/authnmethodsreferences';
const MULTIPLE = 'http://schemas.microsoft.com/claims/multipleauthn';

/** Answers the name page by a passkey, without a name. */
async function recognised(person: Person, page: Page, key: Authenticator, lies: Lies = {}): Promise<Page> {
  const { action, fields } = page.form!;
  const response = key.get(optionsIn<RequestOptions>(page.html), lies);
  const { username: _none, ...rest } = fields;
  return person.go(action, { method: 'POST', body: new URLSearchParams({ ...rest, method: 'webauthn', response }) });
}

/** Somebody with a password and this passkey, who notes which pages were met. */
function by(key: Authenticator, who: { name?: string; met?: string[] } = {}): Walker {
  return async (person, start) => {
    let page = start;
    for (let pages = 0; page.form && pages < 8; pages++) {
      const step = page.form.fields.step ?? '';
      who.met?.push(step);
      if (step === 'identify')
        page = who.name ? await person.submit(page, { username: who.name }) : await recognised(person, page, key);
      else if (step === 'prove:password') page = await person.submit(page, { password: PASSWORD });
      else if (step === 'prove:totp')
        page = await person.submit(page, { code: freshCode(secretOf(who.name as string)) });
      else if (step === 'register:webauthn')
        page = await person.submit(page, { response: key.create(optionsIn<CreationOptions>(page.html)) });
      else if (step === 'prove:webauthn')
        page = await person.submit(page, { response: key.get(optionsIn<RequestOptions>(page.html)) });
      else if (step === 'register:recovery-code') page = await person.submit(page, {}, { name: 'do', value: 'later' });
      else return page;
      // A page that comes again is what the test is about.
      if (page.form?.fields.step === step) return page;
    }
    return page;
  };
}

/** A newcomer who has registered this key on the way to an application that needs two factors. */
async function owner(key: Authenticator): Promise<string> {
  const name = newcomer();
  await rp.signIn(new Person(), essential(MFA), by(key, { name }));
  return name;
}

test('registered on the way: two factors at once, and from then on one passkey is both, without a name', async () => {
  const key = new Authenticator(stile.issuer);
  const name = newcomer();
  const met: string[] = [];
  const first = await rp.signIn(new Person(), essential(MFA), by(key, { name, met }));
  expect(met).toEqual(['identify', 'prove:password', 'register:webauthn', 'register:recovery-code']);
  expect(first.claims).toMatchObject({ acr: MFA, amr: ['mfa', 'pop', 'pwd', 'user'] });

  met.length = 0;
  const person = new Person();
  const { claims } = await rp.signIn(person, essential(aal(2)), by(key, { met }));
  expect(met).toEqual(['identify']);
  expect(claims).toMatchObject({ acr: aal(2), amr: ['mfa', 'pop', 'user'], sub: first.claims.sub });
  // Everything it is worth is in the session, for SAML too.
  const silent = await rp.signIn(person, { ...essential('phr'), prompt: 'none' }, async (_person, page) => page);
  expect(silent.claims).toMatchObject({ acr: 'phr', auth_time: claims.auth_time });
  const saml = await sp.signIn(person, { classes: [MFA], passive: true }, async (_person, page) => page);
  expect(saml.context).toBe(MFA);
  expect(saml.attributes[REFERENCES]).toContain(MULTIPLE);
});

test('what may be copied, or nobody vouches for, is no key of level 3', async () => {
  for (const eligible of [true, false]) {
    const key = new Authenticator(stile.issuer, { eligible });
    await owner(key);
    const { error } = await rp.signIn(new Person(), essential(aal(3)), by(key)).catch((stopped) => ({
      error: String(stopped),
    }));
    expect(error).toMatch(/You need another way to confirm it is you/);
  }
});

test('a key that checks nobody is half of two factors, phishing-resistant, and nothing by itself', async () => {
  const key = new Authenticator(stile.issuer, { verified: false, eligible: false });
  const name = await owner(key);
  const met: string[] = [];
  const person = new Person();
  const { claims } = await rp.signIn(person, essential('phr'), by(key, { name, met }));
  expect(met).toEqual(['identify', 'prove:password', 'prove:webauthn']);
  expect(claims).toMatchObject({ acr: 'phr', amr: ['mfa', 'pop', 'pwd', 'user'] });
  const saml = await sp.signIn(person, { classes: [MFA], passive: true }, async (_person, page) => page);
  expect(saml.context).toBe(MFA);

  const alone = new Person();
  const page = await by(key)(alone, await alone.go((await rp.request()).url));
  expect([page.status, page.heading, page.form?.fields.step]).toEqual([200, 'Sign in', 'identify']);
  expect(page.html).toContain('That key did not check that it is you.');
});

test('after a name: the same questions for every name, and only its own passkeys answer', async () => {
  const key = new Authenticator(stile.issuer);
  const name = await owner(key);
  const asked = async (username: string) => {
    const person = new Person();
    const page = await person.submit(await person.go((await rp.request()).url), { username });
    const chosen = await person.submit(page, {}, { name: 'method', value: 'webauthn' });
    return { person, page: chosen };
  };
  const theirs = await asked(name);
  const nobodys = await asked('nobody at all');
  const plain = ({ page }: { page: Page }) => {
    const { challenge: _own, ...options } = optionsIn<RequestOptions>(page.html);
    return { heading: page.heading, status: page.status, options };
  };
  expect(plain(nobodys)).toEqual(plain(theirs));
  expect(plain(theirs).options).toMatchObject({ allowCredentials: [], userVerification: 'required' });

  const other = await asked(newcomer());
  for (const { person, page } of [nobodys, other]) {
    const refused = await by(key)(person, page);
    expect(refused.form?.fields.step).toBe('prove:webauthn');
    expect(refused.html).toContain('That passkey was not accepted.');
  }
  expect((await by(key)(theirs.person, theirs.page)).url.href).toContain('https://rp.example/cb?code=');
});

test('an answer opens one walk once', async () => {
  const key = new Authenticator(stile.issuer);
  await owner(key);
  const [person, thief] = [new Person(), new Person()];
  const [page, other] = [await person.go((await rp.request()).url), await thief.go((await rp.request()).url)];
  const response = key.get(optionsIn<RequestOptions>(page.html));
  const give = (who: Person, { form }: Page) =>
    who.go(form!.action, {
      method: 'POST',
      body: new URLSearchParams({ ...form!.fields, method: 'webauthn', response }),
    });
  expect((await give(thief, other)).html).toContain('That passkey was not accepted.');
  expect((await give(person, page)).url.href).toContain('code=');
  expect((await give(person, page)).url.href).not.toContain('code=');
});

test('a credential that is somebody’s cannot become somebody else’s', async () => {
  const key = new Authenticator(stile.issuer);
  await owner(key);
  const thief = new Authenticator(stile.issuer, { id: Buffer.from(key.id, 'base64url') });
  const person = new Person();
  const { url } = await rp.request(essential(MFA));
  const page = await by(thief, { name: newcomer() })(person, await person.go(url));
  expect(page.heading).toBe('Set up a passkey');
  expect(page.html).toContain('That passkey belongs to an account already.');
  expect((await rp.signIn(new Person(), {}, by(key))).claims.amr).toEqual(['mfa', 'pop', 'user']);
});

test('tries count for the passkey they were made with, and for no other', async () => {
  const key = new Authenticator(stile.issuer);
  const name = await owner(key);
  const second = new Authenticator(stile.issuer);
  const person = new Person();
  const wrong = { signer: second.privateKey };
  let page = await person.go((await rp.request()).url);
  for (let tries = 0; tries < 4; tries++) page = await recognised(person, page, key, wrong);
  expect([page.status, page.heading]).toEqual([429, 'Wait 15 minutes, then try again']);
  // Passkeys nobody has lock out nobody who has one.
  const stranger = new Authenticator(stile.issuer);
  stranger.userHandle = 'dTE';
  page = await new Person().go((await rp.request()).url);
  const other = new Person();
  page = await other.go((await rp.request()).url);
  for (let tries = 0; tries < 4; tries++) page = await recognised(other, page, stranger);
  expect(page.status).toBe(429);
  const unrelated = new Authenticator(stile.issuer);
  await owner(unrelated);
  expect((await rp.signIn(new Person(), {}, by(unrelated))).claims.amr).toContain('mfa');
  expect(name).toBeTruthy();
});

test('twenty answers at once are one proof', async () => {
  const key = new Authenticator(stile.issuer);
  await owner(key);
  const person = new Person();
  const page = await person.go((await rp.request()).url);
  const response = key.get(optionsIn<RequestOptions>(page.html));
  const body = () => new URLSearchParams({ ...page.form!.fields, method: 'webauthn', response });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => person.fetch(page.form!.action, { method: 'POST', body: body() })),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([303]));
  expect((await person.go(page.url)).url.href).toContain('code=');
});

test('malformed answers of every kind get the page again, with 200', async () => {
  const person = new Person();
  const page = await person.go((await rp.request()).url);
  for (const response of [
    '{',
    '[]',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{}}',
    'x'.repeat(30_000),
  ]) {
    const body = new URLSearchParams({ ...page.form!.fields, method: 'webauthn', response });
    const again = await person.go(page.form!.action, { method: 'POST', body });
    expect([again.status, again.heading]).toEqual([200, 'Sign in']);
  }
  expect(stile.output()).not.toMatch(/"level":50/);
});

test('somebody with an authenticator app keeps it: what they have is asked before anything new', async () => {
  const met: string[] = [];
  const { claims } = await rp.signIn(
    new Person(),
    essential(MFA),
    by(new Authenticator(stile.issuer), { name: someone(), met }),
  );
  expect(met).toEqual(['identify', 'prove:password', 'prove:totp']);
  expect(claims.amr).toEqual(['mfa', 'otp', 'pwd']);
});
