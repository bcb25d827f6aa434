import fc from 'fast-check';
import { readAttestation, soundData } from '../../../src/methods/webauthn/attestation.ts';
import { endOfItem } from '../../../src/methods/webauthn/cbor.ts';
import { Authenticator, attestationOf, type Cbor, cbor, type Lies } from '../../support/authenticator.ts';

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const options = { challenge: 'challenge', rp: { id: 'localhost' }, user: { id: 'dTE' } };
const created = (key: Authenticator, lies: Lies = {}): Buffer =>
  Buffer.from(JSON.parse(key.create(options, lies)).response.attestationObject, 'base64url');
const item = fc.letrec<{ leaf: Cbor; array: Cbor; map: Cbor; any: Cbor }>((tie) => ({
  leaf: fc.oneof(
    fc.integer({ min: -1000, max: 60_000 }),
    fc.string({ maxLength: 20 }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  ),
  array: fc.array(tie('leaf'), { maxLength: 5 }),
  map: fc.array(fc.tuple(fc.string({ maxLength: 8 }), tie('array')), { maxLength: 5 }).map((all) => new Map(all)),
  any: fc.oneof(tie('leaf'), tie('array'), tie('map')),
})).any;

describe('one item is measured', () => {
  test('to where it ends, whatever follows', () => {
    fc.assert(
      fc.property(item, fc.uint8Array(), (value, more) => {
        const bytes = cbor(value);
        expect(endOfItem(Buffer.concat([bytes, more]))).toBe(bytes.length);
      }),
    );
  });

  test.each([
    ['nothing', ''],
    ['a length and nothing behind it', '58 20'],
    ['a length beyond the end', '44 01 02 03'],
    ['a length of eight exabytes', '5b 7f ff ff ff ff ff ff ff 00'],
    ['an array said to have four thousand million items', '9a ff ff ff ff 00'],
    ['a map said to have that many', 'ba ff ff ff ff 00 00'],
    ['a map with a key and no value', 'a1 01'],
    ['bytes without a length', '5f 41 00 ff'],
    ['an array without a length', '9f 01 ff'],
    ['a map without a length', 'bf 01 02 ff'],
    ['a tag', 'c0 01'],
    ['a length that means nothing', '1c'],
    ['a break', 'ff'],
    ['five arrays within each other', '81 81 81 81 81 01'],
    ['a thousand of them', '81'.repeat(1000)],
    ['maps as deep', 'a101'.repeat(1000)],
  ])('%s is none', (_what, bytes) => {
    expect(endOfItem(hex(bytes))).toBeUndefined();
  });

  test('the deepest an authenticator may send is one', () => {
    expect(endOfItem(hex('81 81 81 81 01'))).toBe(5);
  });
});

describe('an attestation object', () => {
  const object = created(new Authenticator('http://localhost'));

  test('is read', () => {
    expect(readAttestation(object)).toMatchObject({ format: 'none', aaguid: '00000000-0000-0000-0000-000000000000' });
  });

  test('cut anywhere, or with a byte behind it, is none', () => {
    for (let length = 0; length < object.length; length += 1)
      expect(readAttestation(object.subarray(0, length))).toBeUndefined();
    expect(readAttestation(Buffer.concat([object, Buffer.from([0])]))).toBeUndefined();
  });

  test('of any bytes, and any of its own changed, never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        readAttestation(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.nat(object.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(object);
        changed[at] = value;
        readAttestation(changed);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['a key twice', hex('a3 63666d74 646e6f6e65 63666d74 646e6f6e65 6761747453746d74 a0')],
    ['no map', hex('83 01 02 03')],
    [
      'parts of other kinds',
      cbor(
        new Map<string, Cbor>([
          ['fmt', 1],
          ['attStmt', 2],
          ['authData', 3],
        ]),
      ),
    ],
    ['more than thirty-two thousand bytes', attestationOf('x'.repeat(40_000), new Map(), Buffer.alloc(37))],
  ])('with %s is none', (_what, bytes) => {
    expect(readAttestation(bytes)).toBeUndefined();
  });
});

describe('authenticator data', () => {
  const key = new Authenticator('http://localhost');
  const dataOf = (lies: Lies) => readAttestation(created(key, lies));

  test.each([
    ['a credential id of 1023 bytes', { id: Buffer.alloc(1023).toString('base64url') }, true],
    ['one of 1024', { id: Buffer.alloc(1024).toString('base64url') }, false],
    ['none', { id: '' }, false],
    ['a public key that is no map', { publicKey: hex('01') }, false],
    ['a public key of two items', { publicKey: hex('a000') }, false],
    ['extensions', { extensions: cbor(new Map([['credProtect', 2]])) }, true],
    ['extensions that are no map', { extensions: hex('83010203') }, false],
    ['extensions nested too deep', { extensions: hex(`a10${'1a10'.repeat(9)}100`) }, false],
    ['bytes behind them', { extensions: hex('a000') }, false],
  ])('with %s: %#', (_what, lies, sound) => {
    expect(dataOf(lies) !== undefined).toBe(sound);
  });

  test('of an assertion is of 37 bytes, or says what follows', () => {
    const data = Buffer.from(
      JSON.parse(key.get({ challenge: 'challenge', rpId: 'localhost' })).response.authenticatorData,
      'base64url',
    );
    expect(soundData(data)).toBe(true);
    expect(soundData(data.subarray(0, 36))).toBe(false);
    expect(soundData(Buffer.concat([data, hex('a0')]))).toBe(false);
  });
});
