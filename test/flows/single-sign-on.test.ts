/**
 * One table of sign-ins for every protocol: each row is played for OIDC and for SAML, and what went before it by the same
 * protocol and by the other. What is asked of the person, what is asserted and when it was proved must not differ.
 */
import { type Page, Person } from '../support/person.ts';
import { as, CALLBACK, MFA, RelyingParty, settings, someone, type Walker } from '../support/rp.ts';
import { ServiceProvider } from '../support/saml-sp.ts';
import { type Stile, startStile } from '../support/stile.ts';

/** What an application wants, in no protocol's words. */
interface Want {
  /** Which application: one for everybody, one for Finance, one of somebody else's. */
  readonly of?: 'plain' | 'finance' | 'guest';
  readonly needs?: 'mfa' | 'phr' | 'sfa';
  /** Without showing a page. */
  readonly silent?: true;
  /** Proved anew. */
  readonly afresh?: true;
}

/** What it gets, in no protocol's words. */
interface Got {
  readonly refused?: string;
  /** The name of the assurance, and whether several factors are asserted. */
  readonly assurance?: string;
  readonly mfa?: boolean;
  /** When it was proved, in seconds. */
  readonly at?: number;
}

type Protocol = 'OIDC' | 'SAML';
type Play = (person: Person, want: Want, walker: Walker) => Promise<Got>;

const phr = 'phr';
const sfa = 'https://refeds.org/profile/sfa';
const names = { mfa: MFA, phr, sfa };
const applications = ['plain', 'finance', 'guest'] as const;
const access = { plain: {}, finance: { groups: ['Finance'] }, guest: { third_party: true } };
const providers = Object.fromEntries(
  applications.map((id) => [id, new ServiceProvider({ id: `saml-${id}`, name: `The ${id}`, more: access[id] })]),
) as Record<(typeof applications)[number], ServiceProvider>;
const clients = applications.map((id) => ({
  id: `oidc-${id}`,
  name: `The ${id}`,
  ...access[id],
  oidc: { client_id: `oidc-${id}`, client_secret: 'a client secret for tests', redirect_uris: [CALLBACK] },
}));

let stile: Stile;
let parties: Record<string, RelyingParty>;
beforeAll(async () => {
  const saml = Object.values(providers);
  stile = await startStile({
    config: settings({ applications: [...clients, ...saml.map(({ application }) => application)] }, 100),
  });
  for (const sp of saml) await sp.meet(stile);
  parties = Object.fromEntries(
    await Promise.all(clients.map(async ({ id }) => [id, await RelyingParty.at(stile, { id })] as const)),
  );
});
afterAll(() => stile.stop());

/** In each protocol's own words, what the table calls by one name. */
const refusals: Readonly<Record<string, readonly [code: string, ...names: string[]]>> = {
  'sign in': ['login_required', 'Responder NoPassive'],
  'do something': ['interaction_required', 'Responder NoPassive'],
  agree: ['consent_required', 'Responder NoPassive'],
  unmet: ['unmet_authentication_requirements', 'Responder NoAuthnContext'],
  denied: ['access_denied', 'Responder RequestDenied'],
};

const play: Record<Protocol, Play> = {
  async OIDC(person, { of = 'plain', needs, silent, afresh }, walker) {
    const scope = of === 'guest' ? 'openid profile' : 'openid';
    const params = {
      scope,
      ...(needs ? { claims: JSON.stringify({ id_token: { acr: { essential: true, value: names[needs] } } }) } : {}),
      ...(silent && !afresh ? { prompt: 'none' } : {}),
      ...(afresh && !silent ? { prompt: 'login' } : {}),
      ...(afresh && silent ? { prompt: 'none', max_age: '0' } : {}),
    };
    const { error, claims } = await (parties[`oidc-${of}`] as RelyingParty).signIn(person, params, walker);
    if (error) return { refused: error };
    return {
      assurance: claims.acr as string,
      mfa: (claims.amr as string[]).includes('mfa'),
      at: claims.auth_time as number,
    };
  },
  async SAML(person, { of = 'plain', needs, silent, afresh }, walker) {
    const answer = await providers[of].signIn(
      person,
      {
        ...(needs ? { classes: [names[needs]] } : {}),
        ...(silent ? { passive: true } : {}),
        ...(afresh ? { force: true } : {}),
      },
      walker,
    );
    if (answer.status[0] !== 'Success') return { refused: answer.status.join(' ') };
    const methods = answer.attributes['http://schemas.microsoft.com/claims/authnmethodsreferences'] ?? [];
    return {
      assurance: answer.context,
      mfa: methods.includes('http://schemas.microsoft.com/claims/multipleauthn'),
      at: Math.floor(answer.instant.getTime() / 1000),
    };
  },
};

interface Row {
  readonly name: string;
  readonly who?: string;
  /** Signed in before, like this. */
  readonly before?: Want;
  readonly want: Want;
  /** The pages the person has to answer. */
  readonly met: readonly string[];
  readonly refused?: keyof typeof refusals;
  readonly mfa?: boolean;
  /** What is asserted was proved then, or is new. */
  readonly at?: 'as before' | 'later';
}

const [name, password, code] = ['identify', 'prove:password', 'prove:totp'];
const rows: readonly Row[] = [
  { name: 'nobody is signed in: name and password', want: {}, met: [name, password], mfa: false },
  {
    name: 'a second factor is wanted: both in one walk',
    want: { needs: 'mfa' },
    met: [name, password, code],
    mfa: true,
  },
  { name: 'nobody is signed in, and no page may be shown', want: { silent: true }, met: [], refused: 'sign in' },
  { name: 'somebody is signed in', before: {}, want: {}, met: [], mfa: false, at: 'as before' },
  {
    name: 'somebody is signed in, and no page may be shown',
    before: {},
    want: { silent: true },
    met: [],
    mfa: false,
    at: 'as before',
  },
  {
    name: 'a password session asked for a second factor is asked for nothing else',
    before: {},
    want: { needs: 'mfa' },
    met: [code],
    mfa: true,
    at: 'later',
  },
  {
    name: 'a password session asked for a second factor, and no page may be shown',
    before: {},
    want: { needs: 'mfa', silent: true },
    met: [],
    refused: 'do something',
  },
  {
    name: 'a stronger session is enough for less',
    before: { needs: 'mfa' },
    want: { needs: 'sfa' },
    met: [],
    mfa: true,
    at: 'as before',
  },
  {
    name: 'a stronger session answers silently, and tells of its factors',
    before: { needs: 'mfa' },
    want: { needs: 'mfa', silent: true },
    met: [],
    mfa: true,
    at: 'as before',
  },
  {
    name: 'forced, the password is asked again',
    before: {},
    want: { afresh: true },
    met: [name, password],
    mfa: false,
    at: 'later',
  },
  {
    name: 'forced, both factors are asked again where both are wanted',
    before: { needs: 'mfa' },
    want: { needs: 'mfa', afresh: true },
    met: [name, password, code],
    mfa: true,
    at: 'later',
  },
  {
    name: 'forced, and no page may be shown',
    before: {},
    want: { afresh: true, silent: true },
    met: [],
    refused: 'sign in',
  },
  {
    name: 'wanted is what nobody here can prove',
    before: {},
    want: { needs: 'phr' },
    met: ['refused'],
    refused: 'unmet',
  },
  {
    name: 'wanted is what nobody here can prove, and no page may be shown',
    before: {},
    want: { needs: 'phr', silent: true },
    met: [],
    refused: 'unmet',
  },
  {
    name: 'an application for some groups, and one of them',
    who: 'ana',
    before: {},
    want: { of: 'finance' },
    met: [],
    mfa: false,
  },
  {
    name: 'an application for other groups',
    before: {},
    want: { of: 'finance' },
    met: ['refused'],
    refused: 'denied',
  },
  {
    name: 'an application for other groups, and no page may be shown',
    before: {},
    want: { of: 'finance', silent: true },
    met: [],
    refused: 'denied',
  },
  {
    name: "somebody else's application asks what it may know",
    before: {},
    want: { of: 'guest' },
    met: ['consent'],
    mfa: false,
  },
  {
    name: "somebody else's application, and no page may be shown",
    before: {},
    want: { of: 'guest', silent: true },
    met: [],
    refused: 'agree',
  },
  {
    name: 'what was agreed to is not asked again',
    before: { of: 'guest' },
    want: { of: 'guest', silent: true },
    met: [],
    mfa: false,
  },
];

const protocols: readonly Protocol[] = ['OIDC', 'SAML'];
/** Answers what is asked for and presses the first button of every page that asks for nothing. */
const walking = (username: string, met: string[]): Walker => as(username, { met });

async function run(row: Row, now: Protocol, earlier: Protocol | undefined): Promise<void> {
  const person = new Person();
  const username = row.who ?? someone();
  const met: string[] = [];
  const before = earlier && (await play[earlier](person, row.before as Want, walking(username, [])));
  // Seconds are all that OIDC has: what is proved again is proved in another one.
  if (row.at === 'later') await anotherSecond(before?.at as number);
  const got = await play[now](person, row.want, walking(username, met));
  expect(met).toEqual(row.met);
  if (row.refused) {
    expect(got).toEqual({ refused: refusals[row.refused]?.[now === 'OIDC' ? 0 : 1] });
    return;
  }
  expect(got).toMatchObject({ mfa: row.mfa });
  if (row.want.needs) expect(got.assurance).toBe(names[row.want.needs]);
  if (row.at === 'as before') expect(got.at).toBe(before?.at);
  if (row.at === 'later') expect(got.at).toBeGreaterThan(before?.at as number);
}

const anotherSecond = (second: number) =>
  new Promise<void>((resolve) => {
    const wait = (second + 1) * 1000 - Date.now();
    setTimeout(resolve, Math.max(0, wait) + 5);
  });

describe.each(rows)('$name', (row) => {
  for (const now of protocols) {
    // What one protocol remembers of an application is not the other's: agreeing is about an application of one.
    const earlier = row.before ? (row.before.of === 'guest' ? [now] : protocols) : [undefined];
    for (const before of earlier) test(before ? `${before} first, then ${now}` : now, () => run(row, now, before));
  }
});

describe('the way back', () => {
  test.each(protocols)('%s: whoever turns back is refused, and told so in its words', async (now) => {
    const turningBack: Walker = async (person, page) => {
      const asked = await person.submit(page, { username: someone() });
      return person.submit(asked, {}, { name: 'do', value: 'cancel' });
    };
    expect(await play[now](new Person(), {}, turningBack)).toEqual({
      refused: refusals.denied?.[now === 'OIDC' ? 0 : 1],
    });
  });

  test.each(protocols)('%s: a page says what cannot be proved before it leads back', async (now) => {
    const person = new Person();
    const username = someone();
    await play.OIDC(person, {}, as(username));
    const shown: Page[] = [];
    await play[now](person, { needs: 'phr' }, async (who, page) => {
      shown.push(page);
      return who.submit(page);
    });
    expect(shown[0]?.form?.buttons[0]?.words).toBe('Go back to The plain');
  });
});
