import jsqr from 'jsqr';
import type { Credential, NewCredential } from '../../../src/domain/credential.ts';
import { codeAt, stepOf } from '../../../src/methods/totp/code.ts';
import { createTotp } from '../../../src/methods/totp/totp.ts';
import { ana } from '../../support/people.ts';
import { subject } from '../../support/subject.ts';

const totp = createTotp();
const now = Date.UTC(2026, 10, 22, 12, 0, 10);
const step = Math.floor(now / 30_000);
const kept = (made: NewCredential, id = 'c1'): Credential => ({
  ...made,
  id,
  user: ana.id,
  failures: 0,
  disabled: false,
  createdAt: now,
});
const agreed = { secret: 'KN2GS3DFMRXW43DZMFZWKZLEKNUWO3TT', algorithm: 'SHA1', digits: 6 } as const;
const seeded = kept(totp.adopt(agreed));
const answer = (code: string, credentials: Credential[] = [seeded], at = now) =>
  totp.verify(subject({ user: ana, credentials, now: at }), '', { code });

// RFC 6238 Appendix B. The secrets are the digits repeated to 20, 32 and 64 bytes, in base32.
const secrets = {
  SHA1: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  SHA256: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA',
  SHA512: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA',
} as const;

describe('totp', () => {
  test.each([
    [59, '94287082', '46119246', '90693936'],
    [1111111109, '07081804', '68084774', '25091201'],
    [1111111111, '14050471', '67062674', '99943326'],
    [1234567890, '89005924', '91819424', '93441116'],
    [2000000000, '69279037', '90698825', '38618901'],
    [20000000000, '65353130', '77737706', '47863826'],
  ])('gives and takes the codes of RFC 6238 Appendix B at %d', (seconds, sha1, sha256, sha512) => {
    for (const [algorithm, code] of Object.entries({ SHA1: sha1, SHA256: sha256, SHA512: sha512 })) {
      const name = algorithm as keyof typeof secrets;
      const one = { secret: secrets[name], algorithm: name, digits: 8 } as const;
      expect(codeAt(one, seconds * 1000)).toBe(code);
      expect(stepOf(code, one, seconds * 1000, 0)).toBe(Math.floor(seconds / 30));
    }
  });

  test("proves ana by her app's code and says which step it spends", async () => {
    expect(await answer(codeAt(agreed, now))).toEqual({
      kind: 'proved',
      evidence: { class: 'totp', method: 'totp' },
      credential: 'c1',
      counter: step,
    });
  });

  test('takes a code typed in two groups', async () => {
    const code = codeAt(agreed, now);
    expect((await answer(` ${code.slice(0, 3)} ${code.slice(3)} `)).kind).toBe('proved');
  });

  test('takes the step before and the step after, not two steps away', async () => {
    for (const [away, kind] of [
      [-2, 'wrong'],
      [-1, 'proved'],
      [1, 'proved'],
      [2, 'wrong'],
    ] as const) {
      expect((await answer(codeAt(agreed, now + away * 30_000))).kind).toBe(kind);
    }
  });

  test('takes no drift at all where the window is nought', async () => {
    const strict = createTotp({ window: 0 });
    const at = subject({ user: ana, credentials: [seeded], now });
    expect((await strict.verify(at, '', { code: codeAt(agreed, now - 30_000) })).kind).toBe('wrong');
    expect((await strict.verify(at, '', { code: codeAt(agreed, now) })).kind).toBe('proved');
  });

  test("refuses ana's code when it, or a later one, was used before", async () => {
    const code = codeAt(agreed, now);
    expect(await answer(code, [{ ...seeded, counter: step }])).toEqual({ kind: 'wrong' });
    expect(await answer(code, [{ ...seeded, counter: step + 1 }])).toEqual({ kind: 'wrong' });
    expect((await answer(code, [{ ...seeded, counter: step - 1 }])).kind).toBe('proved');
  });

  test.each(['', '12345', '1234567', 'abcdef', '１２３４５６', '-12345', '1e5', '%00', '9'.repeat(100_000)])(
    'calls %.20j wrong and never fails',
    async (code) => expect(await answer(code)).toEqual({ kind: 'wrong' }),
  );

  test('calls a missing code, a list of codes and a person without an app wrong', async () => {
    const at = subject({ user: ana, credentials: [seeded], now });
    expect(await totp.verify(at, '', {})).toEqual({ kind: 'wrong' });
    expect(await totp.verify(at, '', { code: ['1', '2'] } as never)).toEqual({ kind: 'wrong' });
    expect(await answer(codeAt(agreed, now), [])).toEqual({ kind: 'wrong' });
  });

  test('finds the app among several, of any algorithm and length', async () => {
    const other = { secret: secrets.SHA512, algorithm: 'SHA512', digits: 8 } as const;
    const both = [seeded, kept(totp.adopt(other), 'c2')];
    expect(await answer(codeAt(other, now), both)).toMatchObject({ kind: 'proved', credential: 'c2' });
    expect(await answer(codeAt(agreed, now), both)).toMatchObject({ kind: 'proved', credential: 'c1' });
  });

  test('takes seeds of ten bytes, in small letters and groups, as other systems export them', async () => {
    const old = kept(totp.adopt({ secret: 'jbsw y3dp ehpk 3pxp' }));
    expect(old.secret).toBe('JBSWY3DPEHPK3PXP');
    const code = codeAt({ ...agreed, secret: 'JBSWY3DPEHPK3PXP' }, now);
    expect((await answer(code, [old])).kind).toBe('proved');
  });
});

describe('registering an authenticator app', () => {
  const person = { user: ana, issuer: 'Northfold: staff', held: [], now };

  test('shows a new secret of 160 bits as text and as a QR code that an app can read', async () => {
    const { state, show } = await totp.register(person);
    const { secret } = JSON.parse(state);
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(show.secret).toBe(secret.match(/.{4}/g).join(' '));
    const uri = read(show.qr as { size: number; path: string });
    expect(uri).toBe(show.uri);
    const { protocol, pathname, searchParams } = new URL(uri ?? '');
    expect(protocol + decodeURIComponent(pathname)).toBe('otpauth:/Northfold  staff:ana');
    expect(searchParams.get('secret')).toBe(secret);
    expect(searchParams.get('issuer')).toBe('Northfold  staff');
    expect((await totp.register(person)).state).not.toBe(state);
  });

  test('shows the same secret again when the page is loaded again', async () => {
    const first = await totp.register(person);
    expect(await totp.register(person, first.state)).toEqual(first);
  });

  test('is finished by a code, and that code is spent', async () => {
    const { state } = await totp.register(person);
    const { secret } = JSON.parse(state);
    const code = codeAt({ ...agreed, secret }, now);
    const registered = await totp.confirm(state, { code }, now);
    expect(registered).toEqual({
      kind: 'registered',
      class: 'totp',
      credential: {
        method: 'totp',
        label: 'Authenticator app',
        secret,
        data: { algorithm: 'SHA1', digits: 6, period: 30 },
        counter: step,
      },
    });
    if (registered.kind !== 'registered') return;
    expect(await answer(code, [kept(registered.credential)])).toEqual({ kind: 'wrong' });
  });

  test('is not finished by a wrong code, nor by a state we did not write', async () => {
    const { state } = await totp.register(person);
    const wrong = codeAt({ ...agreed, secret: JSON.parse(state).secret }, now + 3_600_000);
    expect(await totp.confirm(state, { code: wrong }, now)).toEqual({ kind: 'wrong' });
    for (const forged of ['', 'null', '{', '{"secret":7}']) {
      expect(await totp.confirm(forged, { code: wrong }, now)).toEqual({ kind: 'wrong' });
    }
  });
});

/** Reads the path as a phone's camera would: painted four pixels a module, with the quiet zone of the page. */
function read({ size, path }: { size: number; path: string }): string | undefined {
  const [scale, quiet] = [4, 4];
  const width = (size + 2 * quiet) * scale;
  const pixels = new Uint8ClampedArray(width * width * 4).fill(255);
  for (const [, x, y, run] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
    for (let dy = 0; dy < scale; dy += 1) {
      const from = ((Number(y) + quiet) * scale + dy) * width + (Number(x) + quiet) * scale;
      for (let dx = 0; dx < Number(run) * scale; dx += 1) pixels.fill(0, (from + dx) * 4, (from + dx) * 4 + 3);
    }
  }
  const scan = (typeof jsqr === 'function'
    ? jsqr
    : (jsqr as unknown as { default: typeof jsqr }).default) as unknown as (
    data: Uint8ClampedArray,
    width: number,
    height: number,
  ) => { data: string } | null;
  return scan(pixels, width, width)?.data;
}
