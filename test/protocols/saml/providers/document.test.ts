/** Signed aggregates: what is taken, and what is refused whole. */
import type { KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { algorithm, ns } from '../../../../src/protocols/saml/names.ts';
import { keysOf, reasonOf } from '../../../../src/protocols/saml/providers/declared.ts';
import { MetadataDocument } from '../../../../src/protocols/saml/providers/document.ts';
import type { ProviderRecord } from '../../../../src/protocols/saml/providers/record.ts';
import { entityIdOf, generateAggregate, makeSigner } from '../../../support/aggregate.ts';
import { type Pair, pair } from '../../../support/saml-keys.ts';
import { metadataOf } from '../../../support/saml-metadata.ts';
import { type Signing, signedMetadata } from '../../../support/signed-metadata.ts';

let federation: Pair;
let thief: Pair;
beforeAll(() => {
  federation = pair('federation');
  thief = pair('thief');
});

interface Read {
  readonly records: readonly ProviderRecord[];
  readonly skipped: readonly string[];
  readonly wrong?: string;
}

/** What comes of a document, or why nothing does; written in pieces, as it would come from a file. */
function read(text: string, keys: readonly KeyObject[] | undefined, piece = 1000): Read {
  const records: ProviderRecord[] = [];
  const skipped: string[] = [];
  const document = new MetadataDocument({
    keys,
    https: true,
    old: false,
    onProvider: (record) => records.push(record),
    onSkipped: (why) => skipped.push(why),
  });
  try {
    for (let i = 0; i < text.length; i += piece) document.write(text.slice(i, i + piece));
    document.end();
    return { records, skipped };
  } catch (error) {
    const wrong = reasonOf(error);
    if (wrong === undefined) throw error;
    return { records: [], skipped, wrong };
  }
}

const sp = (name: string) =>
  metadataOf({
    entityId: `https://${name}.example/saml`,
    consumers: [{ location: `https://${name}.example/acs` }],
    keys: [federation],
  });

const aggregateOf = (...entities: string[]) =>
  `<md:EntitiesDescriptor xmlns:md="${ns.metadata}" ID="_all" xmlns:unused="urn:unused"><!-- weekly -->\n${entities.join('\n')}</md:EntitiesDescriptor>`;

/** By the federation, unless it is said otherwise. */
const signed = (text: string, signing: Partial<Signing> = {}) => signedMetadata(text, { by: federation, ...signing });

const names = ({ records }: Read) => records.map(({ entityId }) => entityId);
const two = ['https://wiki.example/saml', 'https://pay.example/saml'];
const keys = () => [federation.publicKey];

describe('a signed aggregate is taken', () => {
  test.each<[string, Partial<Signing>]>([
    ['as most federations sign', {}],
    ['with an empty reference, which is the whole document as well', { wholeDocument: true }],
    ['with prefixes that are treated inclusively', { prefixes: ['unused', 'md'] }],
    ['with SHA-512', { method: algorithm.rsaSha512, digest: algorithm.sha512 }],
  ])('%s', (_how, signing) => {
    const text = signed(aggregateOf(sp('wiki'), sp('pay')), signing);
    expect(read(text, keys())).not.toHaveProperty('wrong');
    expect(names(read(text, keys()))).toEqual(two);
  });

  test('whatever the pieces it comes in', () => {
    const text = signed(aggregateOf(sp('wiki'), `<!-- and -->${sp('pay')}`));
    for (const piece of [1, 7, 64, 1_000_000]) expect(names(read(text, keys(), piece))).toEqual(two);
  });

  test('when any of the pinned keys has signed it', () => {
    expect(names(read(signed(aggregateOf(sp('wiki'))), [thief.publicKey, federation.publicKey]))).toHaveLength(1);
  });

  test('with groups in groups, of which each ends when what is around it does', () => {
    const inner = `<md:EntitiesDescriptor validUntil="2026-12-01T00:00:00Z">${sp('wiki')}</md:EntitiesDescriptor>`;
    const outer = `<md:EntitiesDescriptor xmlns:md="${ns.metadata}" ID="_all" validUntil="2026-12-05T00:00:00Z">${inner}${sp('pay')}</md:EntitiesDescriptor>`;
    expect(read(signed(outer), keys()).records.map(({ validUntil }) => validUntil)).toEqual([
      Date.UTC(2026, 11, 1),
      Date.UTC(2026, 11, 5),
    ]);
  });

  test('in which no group outlasts the one around it', () => {
    const inner = `<md:EntitiesDescriptor validUntil="2027-12-01T00:00:00Z">${sp('wiki')}</md:EntitiesDescriptor>`;
    const outer = `<md:EntitiesDescriptor xmlns:md="${ns.metadata}" ID="_all" validUntil="2026-12-05T00:00:00Z">${inner}</md:EntitiesDescriptor>`;
    expect(read(signed(outer), keys()).records[0]?.validUntil).toBe(Date.UTC(2026, 11, 5));
  });

  test('and of an entityID that stands twice the first is', () => {
    const again = sp('wiki').replace('wiki.example/acs', 'thief.example/acs');
    const { records } = read(signed(aggregateOf(sp('wiki'), again)), keys());
    expect(records.map((one) => one.assertionConsumers[0]?.location)).toEqual(['https://wiki.example/acs']);
  });

  test('without what cannot be used in it', () => {
    const http = sp('wiki').replace('https://wiki.example/acs', 'http://wiki.example/acs');
    const idp = `<md:EntityDescriptor entityID="https://idp.example"><md:IDPSSODescriptor protocolSupportEnumeration="${ns.protocol}"/></md:EntityDescriptor>`;
    const result = read(signed(aggregateOf(http, idp, sp('pay'))), keys());
    expect(names(result)).toEqual([two[1]]);
    expect(result.skipped).toEqual([
      expect.stringMatching(/^https:\/\/wiki\.example\/saml: there is no AssertionConsumerService .* absolute https/),
    ]);
  });
});

describe('a signed aggregate is refused', () => {
  const cases: [string, () => string, RegExp][] = [
    ['without a signature', () => aggregateOf(sp('wiki')), /not signed/],
    [
      'signed by somebody else',
      () => signed(aggregateOf(sp('wiki')), { by: thief }),
      /not of a key in signing_cert_file/,
    ],
    ['with one letter changed', () => signed(aggregateOf(sp('wiki'))).replace('/acs', '/acx'), /digest differs/],
    [
      'with an entity more',
      () =>
        signed(aggregateOf(sp('wiki'))).replace('</md:EntitiesDescriptor>', `${sp('thief')}</md:EntitiesDescriptor>`),
      /digest differs/,
    ],
    [
      'with its digest changed',
      () =>
        signed(aggregateOf(sp('wiki'))).replace(
          /DigestValue>./,
          (one) => `DigestValue>${one.endsWith('+') ? '/' : '+'}`,
        ),
      /not of a key/,
    ],
    [
      'with a signature at its end',
      () => signed(aggregateOf(sp('wiki')), { action: 'append' }),
      /first child of its root/,
    ],
    ['with two signatures', () => signed(signed(aggregateOf(sp('wiki')))), /more than one signature/],
    ['by SHA-1', () => signed(aggregateOf(sp('wiki')), { method: algorithm.rsaSha1 }), /rsa-sha1 is not accepted/],
    [
      'with a digest by SHA-1',
      () => signed(aggregateOf(sp('wiki')), { digest: algorithm.sha1 }),
      /sha1 is not accepted/,
    ],
    [
      'without the transform that takes the signature out',
      () => signed(aggregateOf(sp('wiki')), { transforms: [algorithm.exclusiveC14n] }),
      /other transforms/,
    ],
    [
      'with another canonicalization',
      () => signed(aggregateOf(sp('wiki')), { canonicalization: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315' }),
      /only exclusive/,
    ],
    [
      'of which only a part is signed',
      () =>
        signed(aggregateOf(sp('wiki').replace('entityID', 'ID="_one" entityID')), {
          reference: "//*[local-name(.)='EntityDescriptor']",
        }),
      /something else than the whole/,
    ],
    [
      'with the ID of the root twice',
      () => signed(aggregateOf(sp('wiki')).replace('entityID', 'ID="_all" entityID')),
      /stands twice/,
    ],
    [
      'with an Object in its signature',
      () => signed(aggregateOf(sp('wiki'))).replace('</Signature>', '<Object/></Signature>'),
      /has an Object/,
    ],
    [
      'with two SignedInfo',
      () => signed(aggregateOf(sp('wiki'))).replace(/<SignedInfo>.*<\/SignedInfo>/s, '$&$&'),
      /more than one SignedInfo/,
    ],
    [
      'with two References',
      () => signed(aggregateOf(sp('wiki'))).replace(/<Reference.*<\/Reference>/s, '$&$&'),
      /more than one Reference/,
    ],
    ['with a document type', () => `<!DOCTYPE a [<!ENTITY b "c">]>${signed(aggregateOf(sp('wiki')))}`, /document type/],
    ['with a processing instruction', () => `<?a b?>${signed(aggregateOf(sp('wiki')))}`, /processing instruction/],
    ['cut off', () => signed(aggregateOf(sp('wiki'))).slice(0, -30), /./],
    ['of something else', () => signed(`<a ID="_all">${sp('wiki')}</a>`), /no SAML 2.0 metadata/],
  ];
  test.each(cases)('%s', (_how, text, why) => {
    expect(read(text(), keys())).toMatchObject({ records: [], wrong: expect.stringMatching(why) });
  });

  test('wrapped: the signed one inside a root of somebody else, which carries its signature', () => {
    const good = signed(aggregateOf(sp('wiki')));
    const [signature = ''] = /<Signature.*<\/Signature>/s.exec(good) ?? [];
    const inside = good.replace(signature, '');
    const root = `<md:EntitiesDescriptor xmlns:md="${ns.metadata}" ID="_thief">${signature}${sp('thief')}${inside}</md:EntitiesDescriptor>`;
    expect(read(root, keys()).wrong).toMatch(/something else than the whole/);
    const same = root.replace('ID="_thief"', 'ID="_all"');
    expect(read(same, keys()).wrong).toMatch(/stands twice/);
  });

  test("with a key in the signature that is the thief's own", () => {
    const text = signed(aggregateOf(sp('wiki')), { by: thief });
    expect(text).toContain(thief.base64);
    expect(read(text, keys()).wrong).toMatch(/not of a key/);
  });
});

test('one byte flipped anywhere: refused, or it says the same as before', () => {
  const bytes = Buffer.from(signed(aggregateOf(sp('wiki'), sp('pay'))));
  const before = read(bytes.toString(), keys()).records;
  expect(before).toHaveLength(2);
  let refused = 0;
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 7 }), (at, bit) => {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] as number) ^ (1 << bit);
      const { records, wrong } = read(flipped.toString('latin1'), keys());
      if (wrong === undefined) expect(records).toEqual(before);
      else refused += 1;
    }),
    { numRuns: 1500 },
  );
  expect(refused).toBeGreaterThan(0);
});

test('three hundred service providers, as a federation publishes them', () => {
  const signer = makeSigner();
  const now = Date.UTC(2026, 10, 22);
  const text = [...generateAggregate(300, { signer, now })].join('');
  const { records, skipped, wrong } = read(text, keysOf(signer.certificate), 64 * 1024);
  expect({ wrong, skipped }).toEqual({ wrong: undefined, skipped: [] });
  expect(records).toHaveLength(300);
  expect(records[7]).toMatchObject({
    entityId: entityIdOf(7),
    displayNames: { en: 'Service 7', de: 'Dienst 7 für Prüfungen' },
    validUntil: now + 5 * 86_400_000,
    entityAttributes: { 'urn:oasis:names:tc:SAML:profiles:subject-id:req': ['pairwise-id'] },
  });
  expect(records[7]?.signingKeys).toHaveLength(2);
});
