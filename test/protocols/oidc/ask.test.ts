import { Refusal } from '../../../src/domain/refusal.ts';
import { askOf, MalformedClaims, type Params, requestedSubject } from '../../../src/protocols/oidc/ask.ts';
import { assurance } from './house.ts';

const now = 1_000_000;
const refeds = 'https://refeds.org/profile/mfa';
const askFor = (params: Params, more: { acrValuesVoluntary?: boolean; choose?: boolean } = {}) =>
  askOf({ application: 'wiki', params, acrValuesVoluntary: false, assurance, now, ...more });
const claims = (id_token: unknown) => ({ claims: JSON.stringify({ id_token }) });
const wanted = (params: Params, voluntary = false) =>
  askFor(params, { acrValuesVoluntary: voluntary }).wants.map(({ anyOf, essential }) => [
    anyOf.map((s) => s.id),
    essential,
  ]);

describe('an authorization request becomes an Ask', () => {
  test('a plain one asks for nothing in particular', () => {
    expect(askFor({ scope: 'openid' })).toEqual({
      application: 'wiki',
      wants: [],
      choose: false,
      passive: false,
      keeps: true,
      shares: { items: ['openid'], again: false },
    });
  });

  test('acr_values are taken in their order, unknown ones left out, and are needed', () => {
    expect(wanted({ acr_values: `nobody:knows phr ${refeds}` })).toEqual([[['phr', 'mfa'], true]]);
  });

  test('acr_values nobody knows ask for nothing', () => {
    expect(wanted({ acr_values: 'nobody:knows' })).toEqual([]);
  });

  test('a client that says so only wishes for its acr_values', () => {
    expect(wanted({ acr_values: refeds }, true)).toEqual([[['mfa'], false]]);
  });

  test('claims.id_token.acr wins over acr_values, and says itself whether it is essential', () => {
    const both = { acr_values: 'phr', ...claims({ acr: { essential: true, values: [refeds] } }) };
    expect(wanted(both, true)).toEqual([[['mfa'], true]]);
    expect(wanted(claims({ acr: { value: refeds } }))).toEqual([[['mfa'], false]]);
  });

  test('value and values are two spellings of one wish', () => {
    const two = claims({ acr: { essential: true, value: 'phr', values: [refeds] } });
    expect(wanted(two)).toEqual([[['phr', 'mfa'], true]]);
  });

  test('an essential acr nobody knows is refused at once', () => {
    expect(() => askFor(claims({ acr: { essential: true, value: 'nobody:knows' } }))).toThrow(
      expect.objectContaining({ code: 'requirements-unmet' }),
    );
  });

  test('acr as null asks for the claim, not for a value', () => {
    expect(wanted(claims({ acr: null }))).toEqual([]);
    expect(wanted(claims({ acr: { essential: true } }))).toEqual([]);
  });

  test('an essential amr asks for the methods that justify it; a voluntary one for nothing', () => {
    expect(wanted(claims({ amr: { essential: true, values: ['otp'] } }))).toEqual([[['amr:otp'], true]]);
    expect(wanted(claims({ amr: { values: ['otp'] } }))).toEqual([]);
    expect(() => askFor(claims({ amr: { essential: true, values: ['retina'] } }))).toThrow(Refusal);
  });

  test.each([
    ['a list where a string belongs', { acr: { values: 'x' } }],
    ['a number as value', { acr: { value: 5 } }],
    ['a list as request', { acr: [refeds] }],
    ['numbers as amr', { amr: { essential: true, values: [1] } }],
  ])('%s is malformed', (_what, idToken) => {
    expect(() => askFor(claims(idToken))).toThrow(MalformedClaims);
  });

  test('max_age counts back from now', () => {
    expect(askFor({ max_age: '300' }).after).toBe(now - 300_000);
  });

  test('prompt=login begins anew at the name field, whatever max_age says', () => {
    expect(askFor({ prompt: 'login', max_age: '300' })).toMatchObject({ after: now, choose: true });
  });

  test('prompt=select_account lets somebody else in without proving again', () => {
    const ask = askFor({ prompt: 'select_account' });
    expect(ask.choose).toBe(true);
    expect(ask.after).toBeUndefined();
  });

  test('prompt=none may show no page; prompt=consent asks to agree again', () => {
    expect(askFor({ prompt: 'none' }).passive).toBe(true);
    expect(askFor({ prompt: 'consent' }).shares?.again).toBe(true);
  });

  test('scopes and claims about the person are shared, claims about the sign-in are not', () => {
    const ask = askFor({ scope: 'openid email offline_access', ...claims({ acr: null, groups: null, email: null }) });
    expect(ask.shares?.items).toEqual(['openid', 'email', 'offline_access', 'groups']);
  });

  test('login_hint and ui_locales travel along', () => {
    expect(askFor({ login_hint: 'ana', ui_locales: 'de-CH en' })).toMatchObject({
      hint: 'ana',
      languages: ['de-CH', 'en'],
    });
  });

  test('id_token_hint and claims.sub name the same person or nobody', () => {
    const hint = `x.${Buffer.from('{"sub":"ana"}').toString('base64url')}.y`;
    expect(requestedSubject({ id_token_hint: hint })).toBe('ana');
    expect(requestedSubject(claims({ sub: { value: 'ben' } }))).toBe('ben');
    expect(() => requestedSubject({ id_token_hint: hint, ...claims({ sub: { value: 'ben' } }) })).toThrow(
      expect.objectContaining({ code: 'other-person' }),
    );
  });
});
