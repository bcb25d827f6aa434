import { dropCookie, readCookies, setCookie } from '../../src/web/cookies.ts';
import { exchange } from './exchange.ts';

describe('reading the Cookie header', () => {
  test('gives names and values, quotes taken off', () => {
    const cookies = readCookies('stile=a.b; stile_lang="de" ; x=1=2');
    expect([...cookies]).toEqual([
      ['stile', 'a.b'],
      ['stile_lang', 'de'],
      ['x', '1=2'],
    ]);
  });

  test('tolerates junk and leaves it out', () => {
    expect([...readCookies(';;; =lonely; noequals; a=%E0%A4; "; b=2')]).toEqual([
      ['a', '%E0%A4'],
      ['b', '2'],
    ]);
    expect(readCookies(undefined).size).toBe(0);
  });

  test('believes the first of two by the same name', () => {
    expect(readCookies('stile=first; stile=second').get('stile')).toBe('first');
  });
});

describe('setting cookies', () => {
  test('makes them HttpOnly, SameSite=Lax and for the whole site', () => {
    const { res, cookies } = exchange();
    setCookie(res, 'stile', 'a.b', { secure: false });
    expect(cookies()).toEqual(['stile=a.b; Path=/; HttpOnly; SameSite=Lax']);
  });

  test('adds Secure and the __Host- prefix when the issuer is https', () => {
    const { res, cookies } = exchange();
    setCookie(res, 'stile', 'a.b', { secure: true, seconds: 60 });
    expect(cookies()).toEqual(['__Host-stile=a.b; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60']);
  });

  test("never clobbers another room's cookie, and replaces its own", () => {
    const { res, cookies } = exchange();
    res.setHeader('set-cookie', '_interaction=1; Path=/');
    setCookie(res, 'stile', 'old', { secure: false });
    dropCookie(res, 'stile', { secure: false });
    expect(cookies()).toEqual(['_interaction=1; Path=/', 'stile=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0']);
  });
});
