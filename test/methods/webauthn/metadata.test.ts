import { sign, X509Certificate } from 'node:crypto';
import type { Signers } from '../../../src/methods/webauthn/blob.ts';
import { readMetadata } from '../../../src/methods/webauthn/metadata.ts';
import { Office, type Shown } from '../../support/certificates.ts';
import { makerOf, statementOf } from '../../support/maker.ts';

const office = new Office();
afterAll(() => office.close());

const aaguid = '11111111-2222-4333-8444-555555555555';
const maker = makerOf(office, aaguid);
const fido = office.authority('/O=FIDO/CN=Metadata root');
const middle = office.issue('/O=FIDO/CN=Metadata issuer', {
  by: fido,
  extensions: ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'],
});
const signer = office.issue('/O=FIDO/CN=mds.fidoalliance.org', {
  by: middle,
  extensions: ['subjectAltName=DNS:mds.fidoalliance.org'],
});
const stranger = office.authority('/O=Somebody/CN=Somebody');
// After the certificates, which begin with the second they are made in.
const now = Date.now();
const signers = (...roots: Shown[]): Signers => ({ roots: roots.map((one) => new X509Certificate(one.cert)) });

const json = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
function blobOf(payload: unknown, { alg = 'ES256', by = signer, path = [signer, middle] } = {}): string {
  const said = `${json({ alg, typ: 'JWT', x5c: path.map(({ der }) => der) })}.${json(payload)}`;
  const signature = sign('sha256', Buffer.from(said), { key: by.key, dsaEncoding: 'ieee-p1363' });
  return `${said}.${signature.toString('base64url')}`;
}
const entry = { aaguid, metadataStatement: statementOf(maker), statusReports: [{ status: 'FIDO_CERTIFIED_L2' }] };
const payload = { no: 7, nextUpdate: '2030-01-02', entries: [entry] };

const wrongOf = (text: string, by = signers(fido)) => {
  const read = readMetadata(text, by, now);
  return 'wrong' in read ? read.wrong : undefined;
};
const modelIn = (text: string) => {
  const read = readMetadata(text, signers(fido), now);
  return 'metadata' in read ? read.metadata.byAaguid(aaguid) : undefined;
};

describe('a signed BLOB', () => {
  test('is believed when its certificates lead to a root, and says when there is a newer one', () => {
    const read = readMetadata(blobOf(payload), signers(fido), now);
    expect(read).toMatchObject({ metadata: { nextUpdate: Date.parse('2030-01-02'), size: 1 } });
    expect(modelIn(blobOf(payload))).toMatchObject({
      name: 'Northfold Key 3',
      protection: ['hardware', 'secure_element'],
    });
  });

  test('is taken from the named host alone where a root signs for everybody', () => {
    const by = (host: string) => wrongOf(blobOf(payload), { ...signers(fido), host });
    expect(by('mds.fidoalliance.org')).toBeUndefined();
    expect(by('mds.example.org')).toBe(
      'is signed by somebody else than mds.fidoalliance.org'.replace('fidoalliance', 'example'),
    );
  });

  test.each([
    ['by a root that is not trusted', blobOf(payload, { by: stranger, path: [stranger] }), /no root/u],
    ['without the certificate between', blobOf(payload, { path: [signer] }), /no root/u],
    ['with another key than its certificate', blobOf(payload, { by: stranger }), /signature that does not fit/u],
    [
      'with other words than were signed',
      blobOf(payload).replace(/\.[^.]+\./u, `.${json({ ...payload, no: 8 })}.`),
      /does not fit/u,
    ],
    ['with the signature of another kind', blobOf(payload, { alg: 'RS256' }), /does not fit/u],
    ['with none', blobOf(payload, { alg: 'none' }), /not known here/u],
    ['with a secret both know', blobOf(payload, { alg: 'HS256' }), /not known here/u],
    ['with a part too many', `${blobOf(payload)}.x`, /not known here/u],
    ['without entries', blobOf({ no: 1, nextUpdate: '2030-01-01' }), /no entries/u],
    ['without the date of the next', blobOf({ entries: [] }), /nextUpdate/u],
    ['of words', 'Metadata', /neither a signed BLOB/u],
    ['of nothing', '', /neither a signed BLOB/u],
  ])('%s is refused', (_what, text, why) => {
    expect(wrongOf(text)).toMatch(why);
  });

  test('that expired with its certificate is refused', () => {
    expect(readMetadata(blobOf(payload), signers(fido), now + 400 * 86_400_000)).toHaveProperty('wrong');
  });

  test('leaves out the entry that cannot be read', () => {
    const read = readMetadata(
      blobOf({ ...payload, entries: [{}, null, entry, { aaguid, metadataStatement: 7 }] }),
      signers(fido),
      now,
    );
    expect(read).toMatchObject({ metadata: { size: 1 } });
  });
});

describe('statements in JSON', () => {
  test.each([
    ['one', statementOf(maker)],
    ['a list', [statementOf(maker)]],
    ['entries', [entry]],
    ['one in capital letters', statementOf({ ...maker, aaguid: aaguid.toUpperCase() })],
  ])('%s', (_what, value) => {
    expect(modelIn(JSON.stringify(value))?.name).toBe('Northfold Key 3');
  });

  test.each([
    'REVOKED',
    'USER_VERIFICATION_BYPASS',
    'ATTESTATION_KEY_COMPROMISE',
    'USER_KEY_REMOTE_COMPROMISE',
    'USER_KEY_PHYSICAL_COMPROMISE',
  ])('a report of %s withdraws a model, whatever is reported after it', (status) => {
    const statusReports = [{ status: 'FIDO_CERTIFIED' }, { status }, { status: 'UPDATE_AVAILABLE' }];
    expect(modelIn(JSON.stringify({ ...entry, statusReports }))?.withdrawn).toBe(status);
  });

  test('a U2F key is found by its certificate', () => {
    const leaf = new X509Certificate(maker.leaf.cert);
    const u2f = (keys: string[]) =>
      readMetadata(
        JSON.stringify({ ...statementOf(maker), aaguid: undefined, attestationCertificateKeyIdentifiers: keys }),
        signers(),
        now,
      );
    // The subject key identifier openssl writes is made the same way (RFC 5280 section 4.2.1.2 (1)).
    const identifier = /X509v3 Subject Key Identifier:\s+([\dA-F:]+)/u
      .exec(office.text(maker.leaf))?.[1]
      ?.replaceAll(':', '');
    const read = u2f([identifier ?? '']);
    expect('metadata' in read && read.metadata.byCertificate(leaf)?.name).toBe('Northfold Key 3');
    const other = u2f(['00'.repeat(20)]);
    expect('metadata' in other && other.metadata.byCertificate(leaf)).toBeUndefined();
  });

  test.each([
    ['what is not JSON', '{"aaguid":', /^is not JSON/u],
    ['a statement of nothing', '[{}]', /statement \(1 of 1\) without a description/u],
    ['one of no model', JSON.stringify([entry, { description: 'Key' }]), /\(2 of 2\) with neither/u],
    ['another way to write an AAGUID', JSON.stringify({ description: 'Key', aaguid: 'abc' }), /not written like one/u],
    [
      'roots that are none',
      JSON.stringify(statementOf(maker, { attestationRootCertificates: ['AAAA'] })),
      /something else than certificates/u,
    ],
  ])('%s is told', (_what, text, why) => {
    expect(wrongOf(text)).toMatch(why);
  });
});
