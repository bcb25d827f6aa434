import type { Application } from '../../../../src/domain/application.ts';
import type { MethodClassName } from '../../../../src/domain/evidence.ts';
import { mfa } from '../../../../src/policy/strengths.ts';
import { assertionOf } from '../../../../src/protocols/oidc/acr.ts';
import { deviceAsk, deviceAssurance } from '../../../../src/protocols/oidc/device/ask.ts';
import { displayed, normalized } from '../../../../src/protocols/oidc/device/user-code.ts';
import { assurance } from '../house.ts';

const application = (settings: object = {}): Application => ({
  ...{ id: 'tv', name: 'Television', protocol: 'oidc', thirdParty: false, disabled: false },
  settings: { ...settings },
});
const minute = 60_000;
const ask = (params: Record<string, unknown>, settings?: object) =>
  deviceAsk({
    ...{ application: application(settings), params, asked: 10 * minute, now: 12 * minute },
    ...{ pairwise: false, resources: [], assurance },
  });
const wants = (params: Record<string, unknown>, settings?: object) =>
  ask(params, settings).wants.map(({ anyOf }) => anyOf.map(({ id }) => id));

describe('what a device asks for', () => {
  test('is proved after the device asked, or later still where max_age says so, and never silently', () => {
    expect(ask({})).toMatchObject({ after: 10 * minute, passive: false });
    expect(ask({ max_age: 60 }).after).toBe(11 * minute);
    expect(ask({ max_age: 3600 }).after).toBe(10 * minute);
    expect(ask({ prompt: 'none' }).passive).toBe(false);
  });

  test.each(['phr', 'urn:stile:acr:aal3', 'phr urn:stile:acr:aal3'])(
    'is not what is phishing-resistant: %s',
    (values) => {
      expect(() => ask({ acr_values: values })).toThrow('requirements-unmet');
    },
  );

  test('is the rest of several, and nothing where it was a wish', () => {
    expect(wants({ acr_values: 'phr https://refeds.org/profile/mfa' })).toEqual([['mfa']]);
    expect(wants({ acr_values: 'phr' }, { acr_values_voluntary: true })).toEqual([]);
  });

  test('is all of it for a client that takes the risk on', () => {
    expect(wants({ acr_values: 'phr' }, { device_phishing_resistant: true })).toEqual([['phr']]);
  });
});

describe('what a device is told', () => {
  const proved = (settings: object, ...classes: MethodClassName[]) =>
    assertionOf(
      classes.map((name) => ({ class: name, method: name, at: minute })),
      ['phr'],
      deviceAssurance(application(settings), assurance),
    );

  test('is never that a sign-in was phishing-resistant, passkey or not, but what was proved all the same', () => {
    const attested = 'webauthn:verification:bound:attested';
    expect(assurance.atLeast(mfa, assurance.phishingResistant)).toBe(false);
    expect(proved({}, attested)).toMatchObject({ acr: 'urn:stile:acr:aal2', amr: ['hwk', 'mfa', 'pop', 'user'] });
    expect(proved({ device_phishing_resistant: true }, attested).acr).toBe('phr');
  });
});

test.each([
  ['bcdf-ghjk', 'BCDFGHJK'],
  [' BCDF GHJK ', 'BCDFGHJK'],
  ['ｂｃｄｆ－ｇｈｊｋ', 'BCDFGHJK'],
  ['', ''],
  ['\u0000💥', ''],
])('a code is its letters, however it was typed: %j', (typed, code) => {
  expect(normalized(typed)).toBe(code);
});

test('a code is shown as the device shows it', () => expect(displayed('BCDFGHJK')).toBe('BCDF-GHJK'));
