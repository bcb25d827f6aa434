import { Person } from '../support/person.ts';
import { as, MFA, newcomer, nobody, RelyingParty, settings, someone } from '../support/rp.ts';
import { type Stile, startStile } from '../support/stile.ts';

let stile: Stile;
let rp: RelyingParty;

beforeAll(async () => {
  stile = await startStile({ config: settings() });
  rp = await RelyingParty.at(stile);
});
afterAll(() => stile.stop());

const aal = (level: number) => `urn:stile:acr:aal${level}`;
const essential = (...values: string[]) => ({
  claims: JSON.stringify({ id_token: { acr: { essential: true, values } } }),
});

describe('asking for more', () => {
  test('a password gives aal1; asked for MFA a moment later, only the second factor is asked and the claims say so', async () => {
    const person = new Person();
    const ana = someone();
    const met: string[] = [];
    const one = await rp.signIn(person, {}, as(ana, { met }));
    expect(met).toEqual(['identify', 'prove:password']);
    expect(one.claims).toMatchObject({ acr: aal(1), amr: ['pwd'], sid: expect.any(String) });

    met.length = 0;
    const two = await rp.signIn(person, { acr_values: MFA }, as(ana, { met }));
    expect(met).toEqual(['prove:totp']);
    expect(two.claims).toMatchObject({
      acr: MFA,
      amr: ['mfa', 'otp', 'pwd'],
      sub: one.claims.sub,
      sid: one.claims.sid,
    });
    expect(two.claims.auth_time).toBeGreaterThanOrEqual(one.claims.auth_time as number);

    const three = await rp.signIn(person, { ...essential(aal(2)) }, nobody);
    expect(three.claims).toMatchObject({ acr: aal(2), amr: ['mfa', 'otp', 'pwd'], auth_time: two.claims.auth_time });
  });

  test('a fresh browser asked for MFA proves both factors in one walk', async () => {
    const met: string[] = [];
    const { claims } = await rp.signIn(new Person(), essential(MFA), as(someone(), { met }));
    expect(met).toEqual(['identify', 'prove:password', 'prove:totp']);
    expect(claims).toMatchObject({ acr: MFA, amr: ['mfa', 'otp', 'pwd'] });
  });

  test('whoever has no second factor is walked through setting one up, and it counts at once', async () => {
    const met: string[] = [];
    const { claims } = await rp.signIn(new Person(), { acr_values: MFA }, as(newcomer(), { met }));
    expect(met).toEqual(['identify', 'prove:password', 'register:totp', 'register:recovery-code']);
    expect(claims).toMatchObject({ acr: MFA, amr: ['mfa', 'otp', 'pwd'] });
  });
});
