import { derive, secretsSealer } from '../../src/state/sealer.ts';

describe('the sealer', () => {
  const old = secretsSealer(['the old secret']);

  test('opens what it sealed, for the same context only', () => {
    const sealed = old.seal('JBSWY3DP grüße', 'credential:1');
    expect(old.open(sealed, 'credential:1')).toBe('JBSWY3DP grüße');
    expect(() => old.open(sealed, 'credential:2')).toThrow();
  });

  test('never writes the text, nor the same seal twice', () => {
    const [one, two] = [old.seal('JBSWY3DP', 'c'), old.seal('JBSWY3DP', 'c')];
    expect(one).not.toBe(two);
    expect(Buffer.from(one.split('.')[1]!, 'base64url').toString('latin1')).not.toContain('JBSWY3DP');
  });

  test('seals with the first secret and opens with any of them', () => {
    const rotated = secretsSealer(['the new secret', 'the old secret']);
    expect(rotated.open(old.seal('x', 'c'), 'c')).toBe('x');
    expect(() => old.open(rotated.seal('x', 'c'), 'c')).toThrow('not ours');
  });

  test('refuses any change of any byte, and what is cut short', () => {
    const sealed = old.seal('x', 'c');
    const dot = sealed.indexOf('.') + 1;
    const bytes = Buffer.from(sealed.slice(dot), 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const bent = Buffer.from(bytes);
      bent[at]! ^= 1;
      expect(() => old.open(sealed.slice(0, dot) + bent.toString('base64url'), 'c')).toThrow();
      expect(() => old.open(sealed.slice(0, dot) + bytes.subarray(0, at).toString('base64url'), 'c')).toThrow();
    }
    for (const nonsense of ['', '.', 'x', sealed.slice(1)]) expect(() => old.open(nonsense, 'c')).toThrow();
  });

  test('needs a secret', () => {
    expect(() => secretsSealer([])).toThrow('at least one secret');
  });

  test('derives another key for every purpose and secret, always the same', () => {
    expect(derive('s', 'cookies')).toHaveLength(32);
    expect(derive('s', 'cookies')).toEqual(derive('s', 'cookies'));
    expect(derive('s', 'cookies')).not.toEqual(derive('s', 'pairwise'));
    expect(derive('s', 'cookies')).not.toEqual(derive('t', 'cookies'));
  });
});
