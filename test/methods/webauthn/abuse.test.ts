/** Whatever a browser, or somebody without one, sends: an answer is wrong or right, and never an accident. */
import fc from 'fast-check';
import { createAuthenticators } from '../../../src/methods/webauthn/authenticators.ts';
import { readMetadata } from '../../../src/methods/webauthn/metadata.ts';
import { createWebauthn } from '../../../src/methods/webauthn/webauthn.ts';
import {
  Authenticator,
  attestationOf,
  type Cbor,
  type CreationOptions,
  cbor,
  type Lies,
} from '../../support/authenticator.ts';
import { Office } from '../../support/certificates.ts';
import { makerOf, statementOf } from '../../support/maker.ts';
import { asked, kept, origin, person, site, stranger, vouched } from './ceremony.ts';

const office = new Office();
afterAll(() => office.close());

const aaguid = '11111111-2222-4333-8444-555555555555';
const maker = makerOf(office, aaguid);
const now = Date.now();
const read = readMetadata(JSON.stringify(statementOf(maker)), { roots: [] }, now);
if ('wrong' in read) throw new Error(read.wrong);
const strict = createAuthenticators({
  attestation: 'direct',
  allow: [],
  deny: [],
  requireMetadata: false,
  metadata: read.metadata,
});
const everything = { lax: createWebauthn(site), strict: createWebauthn(site, strict) };
const key = new Authenticator(origin, { eligible: false });

/** How one answer to a fresh question for a new passkey is judged. */
async function confirm(method: ReturnType<typeof createWebauthn>, response: (options: CreationOptions) => string) {
  const { state, show } = await method.register(person());
  return method.confirm(state, { response: response(show.options as CreationOptions) }, now);
}

/** The same answer with the bytes of one part changed. */
const damaged = (answer: string, part: string, change: (bytes: Buffer) => Uint8Array): string => {
  const value = JSON.parse(answer);
  value.response[part] = Buffer.from(change(Buffer.from(value.response[part], 'base64url'))).toString('base64url');
  return JSON.stringify(value);
};

/** A byte changed, a part cut off, put in or repeated. */
const damage = fc
  .tuple(
    fc.constantFrom('change', 'cut', 'put', 'repeat'),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.integer({ min: 1, max: 255 }),
  )
  .map(([how, where, by]) => (bytes: Buffer): Buffer => {
    const at = Math.min(bytes.length - 1, Math.floor(where * bytes.length));
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    if (how === 'cut') return before;
    if (how === 'put') return Buffer.concat([before, Buffer.from([by]), after]);
    if (how === 'repeat') return Buffer.concat([before, after, after]);
    return Buffer.concat([before, Buffer.from([(bytes[at] ?? 0) ^ by]), bytes.subarray(at + 1)]);
  });

const nested = (depth: number) => Buffer.concat([Buffer.alloc(depth, 0x81), Buffer.from([0x01])]);
const object = (more: Record<string, Cbor>) => cbor(new Map<string, Cbor>(Object.entries(more)));

describe('a new passkey', () => {
  test.each(Object.entries(everything))('of any text, any JSON and any bytes is wrong (%s)', async (_how, method) => {
    const bytes = fc.uint8Array({ maxLength: 300 }).map((one) => Buffer.from(one).toString('base64url'));
    const shaped = fc.record({
      id: fc.constantFrom('AAAA', key.id),
      rawId: fc.constantFrom('AAAA', key.id),
      type: fc.constantFrom('public-key', 'password'),
      response: fc.record({ clientDataJSON: bytes, attestationObject: bytes, transports: fc.jsonValue() }),
    });
    const any = fc.oneof(
      fc.string(),
      fc.json(),
      shaped.map((one) => JSON.stringify(one)),
    );
    await fc.assert(
      fc.asyncProperty(any, async (response) => {
        expect(await confirm(method, () => response)).toMatchObject({ kind: 'wrong' });
      }),
      { numRuns: 150 },
    );
  });

  test('damaged anywhere is never attested', async () => {
    expect(await confirm(everything.strict, (options) => key.create(options, { maker }))).toMatchObject({
      class: 'webauthn:verification:bound:attested',
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('attestationObject', 'clientDataJSON'), damage, async (part, change) => {
        const done = await confirm(everything.strict, (options) =>
          damaged(key.create(options, { maker }), part, change),
        );
        if (done.kind === 'registered') expect(done.credential.data.attested).toBe(false);
      }),
      { numRuns: 150 },
    );
  });

  test.each<[string, Lies]>([
    ['twenty thousand arrays within each other', { object: nested(20_000) }],
    ['a statement of them', { object: object({ fmt: 'packed', attStmt: nested(10), authData: Buffer.alloc(200) }) }],
    ['extension outputs of them', { extensions: Buffer.concat([Buffer.from('a10b', 'hex'), nested(9_000)]) }],
    ['a length of four thousand million', { object: Buffer.from('a363666d745affffffff', 'hex') }],
    ['a map of that many', { object: Buffer.from('baffffffff', 'hex') }],
    ['a map without a length', { object: Buffer.from('bf63666d74646e6f6e65ff', 'hex') }],
    ['a public key of zeros', { publicKey: Buffer.alloc(77) }],
    ['an empty public key', { publicKey: cbor(new Map()) }],
    [
      'a public key of a kind nobody has',
      {
        publicKey: cbor(
          new Map([
            [1, 99],
            [3, -7],
          ]),
        ),
      },
    ],
    [
      'a public key of text',
      {
        publicKey: cbor(
          new Map<number, Cbor>([
            [1, 'EC'],
            [3, 'ES256'],
          ]),
        ),
      },
    ],
    ['a public key by another algorithm than was asked', { algorithm: -35 }],
    ['no credential id', { id: '' }],
    ['a credential id of 1024 bytes', { id: Buffer.alloc(1024).toString('base64url') }],
    ['client data of another kind', { clientData: '[]' }],
    ['client data that is null', { clientData: 'null' }],
    ['client data deep as a well', { clientData: `${'['.repeat(5000)}${']'.repeat(5000)}` }],
    ['client data with a list for a challenge', { client: { challenge: ['AAAA'] } }],
    ['client data with a prototype', { client: { __proto__: { type: 'webauthn.create' }, type: 'webauthn.get' } }],
    ['a page within another', { client: { crossOrigin: true } }],
    ['a page within another, which it names', { client: { topOrigin: 'https://evil.example' } }],
    ['a page of a subdomain', { origin: 'https://evil.id.northfold.example' }],
    ['a page at another port', { origin: `${origin}:8443` }],
    ['a page without encryption', { origin: origin.replace('https', 'http') }],
    ['the site above', { rpId: 'northfold.example' }],
    ['an answer to a sign-in', { type: 'webauthn.get' }],
    ['nobody present', { present: false }],
    ['a backup of what is never backed up', { eligible: false, backedUp: true }],
  ])('with %s is wrong', async (_what, lies) => {
    for (const method of Object.values(everything))
      expect(await confirm(method, (options) => key.create(options, lies))).toMatchObject({ kind: 'wrong' });
  });

  test('of more than is taken is wrong, whatever it is', async () => {
    const long = (options: CreationOptions) =>
      key.create(options, { object: attestationOf('none', new Map(), Buffer.alloc(40_000)) });
    expect(await confirm(everything.lax, long)).toEqual({ kind: 'wrong', reason: 'unreadable' });
    expect(await confirm(everything.lax, () => 'x'.repeat(1_000_000))).toEqual({ kind: 'wrong', reason: 'unreadable' });
  });

  test("made for one walk is of no use in another, nor is another's", async () => {
    const first = await everything.lax.register(person());
    const response = key.create(first.show.options as CreationOptions);
    const second = await everything.lax.register(person());
    expect(await everything.lax.confirm(second.state, { response }, now)).toMatchObject({ kind: 'wrong' });
    expect(await everything.lax.confirm('', { response }, now)).toMatchObject({ kind: 'wrong' });
    expect(await everything.lax.confirm('{"challenge":7}', { response }, now)).toMatchObject({ kind: 'wrong' });
    expect(await everything.lax.confirm(first.state, { response }, now)).toMatchObject({ kind: 'registered' });
  });
});

describe('an answer by a passkey', () => {
  const method = everything.strict;
  const anas = new Authenticator(origin, { eligible: false });
  const credential = async (lies: Lies = {}) => {
    const done = await confirm(method, (options) => anas.create(options, lies));
    if (done.kind !== 'registered') throw new Error(done.reason);
    return kept(done.credential);
  };

  test('of any text, any JSON and any bytes is wrong', async () => {
    const credentials = [await credential()];
    const bytes = fc.uint8Array({ maxLength: 200 }).map((one) => Buffer.from(one).toString('base64url'));
    const shaped = fc.record({
      id: fc.constant(anas.id),
      rawId: fc.constant(anas.id),
      type: fc.constant('public-key'),
      response: fc.record({ clientDataJSON: bytes, authenticatorData: bytes, signature: bytes, userHandle: bytes }),
    });
    const any = fc.oneof(
      fc.string(),
      fc.json(),
      shaped.map((one) => JSON.stringify(one)),
    );
    await fc.assert(
      fc.asyncProperty(any, async (response) => {
        expect(await method.verify(vouched({ credentials }), '', { response })).toMatchObject({ kind: 'wrong' });
        method.lookupIn?.({ response });
      }),
      { numRuns: 150 },
    );
  });

  test('damaged anywhere is wrong', async () => {
    const credentials = [await credential()];
    const about = vouched({ credentials });
    const options = await asked(about, method);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('authenticatorData', 'clientDataJSON'), damage, async (part, change) => {
        const whole = anas.get(options);
        const response = damaged(whole, part, change);
        fc.pre(JSON.parse(response).response[part] !== JSON.parse(whole).response[part]);
        expect(await method.verify(about, '', { response })).toMatchObject({ kind: 'wrong' });
      }),
      { numRuns: 150 },
    );
  });

  test.each<[string, Lies]>([
    ['authenticator data of nothing', { object: Buffer.alloc(0) }],
    ['authenticator data of zeros', { object: Buffer.alloc(37) }],
    [
      'extension outputs nested without end',
      { extensions: Buffer.concat([Buffer.from('a10b', 'hex'), nested(2_000)]) },
    ],
    ['extension outputs that are no map', { extensions: Buffer.from('80', 'hex') }],
    ['bytes behind them', { extensions: Buffer.from('a0a0', 'hex') }],
    ['no signature', { signature: Buffer.alloc(0) }],
    ['a signature of zeros', { signature: Buffer.from('3006020100020100', 'hex') }],
    ['a page within another', { client: { crossOrigin: true, topOrigin: 'https://evil.example' } }],
    ['the origin of another', { origin: 'https://id.northfold.example.evil.example' }],
    ['the site of another', { rpId: 'evil.example' }],
    ['a registration', { type: 'webauthn.create' }],
    ['a backup it cannot have', { eligible: false, backedUp: true }],
    ['a key that can be copied all at once', { eligible: true, backedUp: true }],
  ])('with %s is wrong', async (_what, lies) => {
    const about = vouched({ credentials: [await credential()] });
    const response = anas.get(await asked(about, method), lies);
    expect(await method.verify(about, '', { response })).toMatchObject({ kind: 'wrong' });
  });

  test('by a key that was attested is worth that until its model is withdrawn or denied', async () => {
    const about = stranger({ credentials: [await credential({ maker })] });
    const response = anas.get(await asked(about, method));
    const worth = async (believes: boolean) => {
      const judged = createWebauthn(site, { ...strict, believes: () => believes });
      expect(judged.classesOf(about.credentials[0]!)[0]).toBe(
        `webauthn:verification:bound${believes ? ':attested' : ''}`,
      );
      return judged.verify(about, '', { response });
    };
    expect(await worth(true)).toMatchObject({ evidence: { class: 'webauthn:verification:bound:attested' } });
    // What was proved at registration stays on record: a report that is taken back restores it.
    expect(await worth(false)).toMatchObject({
      evidence: { class: 'webauthn:verification:bound' },
      data: { attested: true },
    });
  });

  test('for a page of a related origin is taken, and of no other', async () => {
    const related = createWebauthn({ ...site, origins: [origin, 'https://northfold.example.org'] }, strict);
    const about = stranger({ credentials: [await credential()] });
    const from = async (where: string) =>
      (await related.verify(about, '', { response: anas.get(await asked(about, related), { origin: where }) })).kind;
    expect(await from('https://northfold.example.org')).toBe('proved');
    expect(await from('https://northfold.example.net')).toBe('wrong');
  });
});
