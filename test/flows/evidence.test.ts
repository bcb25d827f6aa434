/**
 * What each method proves, as applications are told it: every method alone and beside a password, and whatever stands in,
 * at a real server by OIDC and by SAML (README, "Methods"). Sessions are laid into its Redis as walks would leave them.
 */
import { Sessions } from '../../src/authentication/sessions.ts';
import type { Evidence, MethodClassName } from '../../src/domain/evidence.ts';
import type { StandIn } from '../../src/domain/stand-in.ts';
import { RedisKv } from '../../src/state/redis.ts';
import { Person } from '../support/person.ts';
import { as, MFA, nobody, RelyingParty, settings } from '../support/rp.ts';
import { ServiceProvider } from '../support/saml-sp.ts';
import { type Stile, startStile } from '../support/stile.ts';

const sp = new ServiceProvider({ id: 'sp', saml: { attributes: 'none' } });
let stile: Stile;
let rp: RelyingParty;
let kv: RedisKv;
let sessions: Sessions;
let bob: string;

beforeAll(async () => {
  stile = await startStile({ config: settings({ applications: [sp.application] }) });
  rp = await RelyingParty.at(stile);
  await sp.meet(stile);
  kv = new RedisKv({ url: stile.redisUrl as string });
  sessions = new Sessions(kv, { idle: 3600, absolute: 3600, stay: 3600 });
  bob = (await rp.signIn(new Person(), {}, as('bob'))).claims.sub;
});
afterAll(async () => {
  await kv?.close();
  await stile?.stop();
});

const ac = (name: string) => `urn:oasis:names:tc:SAML:2.0:ac:classes:${name}`;
const aal = (level: number) => `urn:stile:acr:aal${level}`;
const microsoft = {
  pwd: 'http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password',
  otp: 'http://schemas.microsoft.com/ws/2012/12/authmethod/otp',
  several: 'http://schemas.microsoft.com/claims/multipleauthn',
};
const references = 'http://schemas.microsoft.com/claims/authnmethodsreferences';

type Piece = MethodClassName | 'password by mail' | `~${StandIn['kind']}`;

/** One second apart, the last one ten seconds ago. */
const shownAt = (pieces: readonly Piece[], now: number) =>
  pieces.map((piece, i): Evidence | StandIn => {
    const at = now - 10_000 - (pieces.length - 1 - i) * 1000;
    if (piece === 'password by mail') return { class: 'password', method: 'password', at, mailbox: true };
    if (piece.startsWith('~')) {
      const kind = piece.slice(1) as StandIn['kind'];
      return { kind, method: kind.replace('_', '-'), at };
    }
    return { class: piece as MethodClassName, method: piece.split(':')[0] as string, at };
  });

/** A browser in which bob showed all this. */
async function showing(pieces: readonly Piece[]) {
  const shown = shownAt(pieces, Date.now());
  const { cookie } = await sessions.join(undefined, { user: bob, shown, stay: false, agent: '', address: '' });
  const person = new Person();
  person.cookies.set('stile', cookie as string);
  return { person, at: shown.map((piece) => piece.at) };
}

interface Told {
  readonly amr: string;
  readonly acr: string;
  readonly context: string;
  /** Of Microsoft's references, by the names above. */
  readonly references?: readonly (keyof typeof microsoft)[];
  /** Which pieces the times rest on: the newest of the smallest set behind what is asserted. */
  readonly oidc?: number;
  readonly saml?: number;
}

const oneFactor = (amr: string, context: string, ...known: (keyof typeof microsoft)[]): Told => ({
  ...{ amr, acr: aal(1), context: ac(context) },
  references: known,
});
/** A password (piece 0) and something that counts beside it (piece 1). */
const twoFactors = (amr: string, level = 2, ...known: (keyof typeof microsoft)[]): Told => ({
  ...{ amr, acr: aal(level), context: level === 3 ? aal(3) : MFA, oidc: 1, saml: 1 },
  references: ['pwd', ...known, 'several'],
});
const justPassword = oneFactor('pwd', 'PasswordProtectedTransport', 'pwd');
const besidePassword = (amr: string): Told => ({ ...justPassword, amr, saml: 0 });
const bySelf = (amr: string, context: string, level: number): Told => ({
  ...{ amr, acr: aal(level), context },
  references: level > 1 ? ['several'] : [],
});

const table: [readonly Piece[], Told][] = [
  [['password'], justPassword],
  [['password by mail'], justPassword],
  [['totp'], oneFactor('otp', 'TimeSyncToken', 'otp')],
  [['password', 'totp'], twoFactors('mfa otp pwd', 2, 'otp')],
  [['email-code:uncounted'], oneFactor('otp', 'unspecified')],
  [['password', 'email-code:uncounted'], besidePassword('otp pwd')],
  [['email-code'], oneFactor('otp', 'unspecified')],
  [['password', 'email-code'], twoFactors('mfa otp pwd')],
  [['password by mail', 'email-code'], besidePassword('otp pwd')],
  [['recovery-code'], oneFactor('otp', 'unspecified')],
  [['password', 'recovery-code'], twoFactors('mfa otp pwd')],
  [['recovery-code:uncounted'], oneFactor('otp', 'unspecified')],
  [['password', 'recovery-code:uncounted'], besidePassword('otp pwd')],
  [['access-pass'], oneFactor('otp', 'unspecified')],
  [['password', 'access-pass'], besidePassword('otp pwd')],
  [['totp', 'access-pass'], { ...oneFactor('otp', 'TimeSyncToken', 'otp'), saml: 0 }],
  [['webauthn:presence:syncable'], bySelf('pop user', 'phr', 1)],
  [['password', 'webauthn:presence:syncable'], twoFactors('mfa pop pwd user')],
  [['webauthn:presence:bound'], bySelf('pop user', 'phr', 1)],
  [['password', 'webauthn:presence:bound'], twoFactors('mfa pop pwd user')],
  [['webauthn:presence:bound:attested'], bySelf('hwk pop user', 'phrh', 1)],
  [['password', 'webauthn:presence:bound:attested'], twoFactors('hwk mfa pop pwd user', 3)],
  [['webauthn:verification:syncable'], bySelf('mfa pop user', MFA, 2)],
  [['webauthn:verification:bound'], bySelf('mfa pop user', MFA, 2)],
  [['webauthn:verification:bound:attested'], bySelf('hwk mfa pop user', aal(3), 3)],
  [['password', 'webauthn:verification:syncable'], { ...twoFactors('mfa pop pwd user'), oidc: 1, saml: 1 }],
  [['password', '~email_code'], { ...justPassword, oidc: 0, saml: 0 }],
  [['password', '~access_pass'], { ...justPassword, oidc: 0, saml: 0 }],
  [['password', '~trusted_device', '~mailed_link'], { ...justPassword, oidc: 0, saml: 0 }],
  [['password', 'totp', '~email_code'], twoFactors('mfa otp pwd', 2, 'otp')],
];

const seconds = (at = 0) => Math.floor(at / 1000);

test.each(table)('%j', async (pieces, told) => {
  const { person, at } = await showing(pieces);
  const newest = at.length - 1;
  const { claims } = await rp.signIn(person, { prompt: 'none' }, nobody);
  expect({ acr: claims.acr, amr: claims.amr, auth_time: claims.auth_time }).toEqual({
    acr: told.acr,
    amr: told.amr.split(' '),
    auth_time: seconds(at[told.oidc ?? newest]),
  });

  const { context, instant, attributes } = await sp.signIn(person, { passive: true }, nobody);
  const methods = (told.references ?? []).map((name) => microsoft[name]);
  expect({ context, instant: seconds(instant.getTime()), methods: attributes[references] ?? [] }).toEqual({
    ...{ context: told.context, methods },
    instant: seconds(at[told.saml ?? newest]),
  });
});

test('what was only stood in for is refused wherever MFA is asked for, by either protocol', async () => {
  for (const standIn of ['~email_code', '~access_pass', '~trusted_device'] as const) {
    const { person } = await showing(['password', standIn]);
    expect(await rp.signIn(person, { prompt: 'none', acr_values: MFA }, nobody)).toMatchObject({
      error: 'interaction_required',
    });
    expect(await sp.signIn(person, { passive: true, classes: [MFA] }, nobody)).toMatchObject({
      status: ['Responder', 'NoPassive'],
    });
  }
});
