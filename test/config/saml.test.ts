/** Service providers and federations in the configuration. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { samlContexts } from '../../src/config/saml.ts';
import { type Config, ConfigurationError, loadConfig } from '../../src/config.ts';
import { inspect } from '../../src/protocols/saml/providers/declared.ts';
import { type Pair, pair } from '../support/saml-keys.ts';
import { metadataOf } from '../support/saml-metadata.ts';

let dir: string;
let signer: Pair;
beforeAll(() => {
  signer = pair('signer');
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stile-config-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function load(config: object, env: Record<string, string> = {}): Config {
  const file = join(dir, 'stile.yaml');
  // What is JSON is YAML.
  writeFileSync(file, JSON.stringify(config, undefined, 1));
  const secret = 'a-secret-of-more-than-thirty-two-characters';
  return loadConfig({ env: { STILE_CONFIG: file, STILE_SECRET: secret, DATA_DIR: dir, ...env }, inspect });
}

/** Without the file and line. */
function mistakes(config: object): string[] {
  try {
    load(config);
  } catch (error) {
    if (error instanceof ConfigurationError)
      return error.problems.map((one) => one.replace(/^.*?stile\.yaml:\d+: /, ''));
    throw error;
  }
  return [];
}

const metadata = metadataOf({
  entityId: 'https://pay.example/saml',
  consumers: [{ location: 'https://pay.example/acs' }],
});
const pay = (saml: object, more: object = {}) => ({ applications: [{ id: 'pay', name: 'Payroll', saml, ...more }] });
const federation = (more: object) => {
  writeFileSync(join(dir, 'campus.pem'), signer.certificate);
  return { federations: [{ id: 'campus', signing_cert_file: 'campus.pem', ...more }] };
};

describe('a service provider', () => {
  test('is an application like the others, its settings as they were written', () => {
    const saml = {
      metadata,
      profile: 'entra',
      nameid: { attribute: 'guid' },
      attributes: { map: { IDPEmail: 'upn' } },
    };
    expect(load(pay(saml, { third_party: true, groups: ['Finance'] })).applications).toEqual([
      { id: 'pay', name: 'Payroll', protocol: 'saml', thirdParty: true, groups: ['Finance'], settings: saml },
    ]);
  });

  test('in a file is taken in, with the certificate that signs it, and {issuer} is where this server is', () => {
    const own = metadata.replaceAll('https://pay.example', '{issuer}/demo/pay');
    writeFileSync(join(dir, 'pay.xml'), own);
    writeFileSync(join(dir, 'pay.pem'), signer.certificate);
    const env = { ISSUER: 'https://id.example.com' };
    const there = metadata.replaceAll('https://pay.example', 'https://id.example.com/demo/pay');
    expect(load(pay({ metadata_file: 'pay.xml' }), env).applications[0]?.settings).toEqual({ metadata: there });
    expect(load(pay({ metadata: own }), env).applications[0]?.settings).toEqual({ metadata: there });
    const remote = { metadata_url: 'http://pay.example/', signing_cert_file: 'pay.pem', entity_id: 'urn:pay' };
    expect(load(pay(remote)).applications[0]?.settings).toEqual({
      metadata_url: 'http://pay.example/',
      entity_id: 'urn:pay',
      signing_cert: signer.certificate.trimEnd(),
    });
  });

  const at = 'applications[0].saml';
  test.each<[string, object, string | RegExp]>([
    [
      'with nothing to know it by',
      {},
      `${at}.metadata is missing: exactly one of metadata, metadata_file, metadata_url is needed`,
    ],
    [
      'known twice',
      { metadata, metadata_url: 'https://pay.example/' },
      `${at}.metadata_url stands beside metadata: keep one`,
    ],
    ['with metadata nobody can read', { metadata: '<a' }, /^applications\[0\]\.saml\.metadata cannot be used: /],
    [
      'that is none',
      { metadata: '<html/>' },
      /^applications\[0\]\.saml\.metadata cannot be used: it is no SAML 2\.0 metadata/,
    ],
    [
      'that is somebody else',
      { metadata, entity_id: 'urn:pay' },
      /it is about https:\/\/pay\.example\/saml, and not about urn:pay/,
    ],
    [
      'in a file that is not there',
      { metadata_file: 'none.xml' },
      /^applications\[0\]\.saml\.metadata_file names none\.xml, which cannot be read/,
    ],
    ['at no address', { metadata_url: 'pay.example' }, /metadata_url has to be an absolute http or https URL/],
    [
      'fetched so that anybody can change it',
      { metadata_url: 'http://pay.example/' },
      /metadata_url has to be https, unless signing_cert_file/,
    ],
    [
      'with a profile nobody knows',
      { metadata, profile: 'shibboleth' },
      `${at}.profile is "shibboleth"; allowed: basic, saml2int, entra`,
    ],
    [
      'with a signature nobody makes',
      { metadata, sign: 'none' },
      `${at}.sign is "none"; allowed: response, assertion, both`,
    ],
    [
      'with a name nobody has',
      { metadata, nameid: 'kerberos' },
      `${at}.nameid is "kerberos"; allowed: persistent, transient, email, unspecified, or a group of keys`,
    ],
    [
      'with a format nobody has',
      { metadata, nameid: { format: 'kerberos' } },
      `${at}.nameid.format has to be one of persistent, transient, email, unspecified, or the URI of a format`,
    ],
    [
      'with a misspelled key',
      { metadata, nameid: { atribute: 'x' } },
      `${at}.nameid.atribute is not a known key; did you mean attribute?`,
    ],
    [
      'with a claim for what is new every time',
      { metadata, nameid: { format: 'transient', attribute: 'x' } },
      `${at}.nameid.attribute belongs to no transient name: that is another one every time`,
    ],
    [
      'with attributes nobody knows',
      { metadata, attributes: 'all' },
      `${at}.attributes is "all"; allowed: basic, eduperson, microsoft, none, or a group of keys`,
    ],
    [
      'with a preset nobody knows',
      { metadata, attributes: { preset: 'all' } },
      `${at}.attributes.preset is "all"; allowed: basic, eduperson, microsoft, none`,
    ],
    [
      'with a list of attributes',
      { metadata, attributes: ['mail'] },
      /^applications\[0\]\.saml\.attributes is a list, and has to be a group of keys/,
    ],
    ['with a context that is no class', { metadata, context: 'mfa' }, /context has to be a URI/],
    ['with a key that OIDC has', { metadata, redirect_uris: [] }, /redirect_uris is not a known key/],
  ])('%s', (_how, saml, words) => {
    expect(mistakes(pay(saml))).toEqual([typeof words === 'string' ? words : expect.stringMatching(words)]);
  });

  test('with a context that would never be said', () => {
    expect(mistakes(pay({ metadata, context: 'urn:nobody' }))[0]).toMatch(
      /^applications\[0\]\.saml\.context is not a name under assurance\.names; known are urn:oasis:.*multipleauthn/,
    );
    expect(
      mistakes(federation({ metadata_url: 'https://mds.example/', defaults: { context: 'urn:nobody' } }))[0],
    ).toMatch(/^federations\[0\]\.defaults\.context is not/);
    for (const context of samlContexts) expect(mistakes(pay({ metadata, context }))).toEqual([]);
  });

  test('that is an OIDC client as well', () => {
    const oidc = { client_id: 'pay', client_secret: 's', redirect_uris: ['https://pay.example/'] };
    expect(mistakes(pay({ metadata }, { oidc }))).toEqual([
      'applications[0].saml stands beside oidc: an application signs people in one way',
    ]);
  });

  test('declared twice under two names', () => {
    const both = { applications: [...pay({ metadata }).applications, { id: 'hr', name: 'HR', saml: { metadata } }] };
    expect(mistakes(both)).toEqual([
      'applications[1].saml.metadata is about https://pay.example/saml, as that of applications[0] is: keep one',
    ]);
  });

  test('with a certificate that did not sign, or is none', () => {
    writeFileSync(join(dir, 'pay.pem'), signer.certificate);
    expect(mistakes(pay({ metadata, signing_cert_file: 'pay.pem' }))).toEqual([
      expect.stringMatching(/it is not signed/),
    ]);
    writeFileSync(join(dir, 'pay.pem'), 'no certificate');
    expect(mistakes(pay({ metadata, signing_cert_file: 'pay.pem' }))).toEqual([
      'applications[0].saml.signing_cert_file holds no certificate in PEM',
    ]);
  });
});

test('the metadata of the published example can be read', () => {
  const file = join(dir, 'stile.yaml');
  copyFileSync('config/stile.example.yaml', file);
  const seen: object[] = [];
  const env = { STILE_CONFIG: file, STILE_SECRET: 'x'.repeat(32), DATA_DIR: dir };
  loadConfig({
    env,
    inspect(text, about) {
      const said = inspect(text, about);
      seen.push(said);
      return said;
    },
  });
  expect(seen).toEqual([{ entityId: 'https://payroll.example.com/saml' }]);
});

describe('a federation', () => {
  test('is taken with its defaults, and strangers are third parties', () => {
    const defaults = { profile: 'saml2int', attributes: 'eduperson', groups: ['Staff'] };
    expect(load(federation({ metadata_url: 'https://mds.example/', defaults })).federations).toEqual([
      {
        id: 'campus',
        url: 'https://mds.example/',
        certificates: signer.certificate.trimEnd(),
        thirdParty: true,
        groups: ['Staff'],
        settings: { profile: 'saml2int', attributes: 'eduperson' },
      },
    ]);
    expect(load(federation({ metadata_file: 'all.xml' })).federations[0]).toMatchObject({
      file: join(dir, 'all.xml'),
      settings: {},
    });
  });

  const at = 'federations[0]';
  test.each<[string, object, string | RegExp]>([
    ['from nowhere', {}, `${at}.metadata_url is missing: exactly one of metadata_url, metadata_file is needed`],
    [
      'from two places',
      { metadata_url: 'https://mds.example/', metadata_file: 'all.xml' },
      `${at}.metadata_file stands beside metadata_url: keep one`,
    ],
    [
      'that nobody signs',
      { metadata_file: 'all.xml', signing_cert_file: undefined },
      `${at}.signing_cert_file is missing; it is text`,
    ],
    [
      'whose old cryptography would be taken',
      { metadata_file: 'all.xml', defaults: { accept_sha1: true } },
      /defaults\.accept_sha1 is not a known key/,
    ],
    [
      'signed for by SHA-1',
      { metadata_file: 'all.xml', defaults: { signature_algorithm: 'rsa-sha1' } },
      /allowed: rsa-sha256, ecdsa-sha256/,
    ],
  ])('%s', (_how, more, words) => {
    expect(mistakes(federation(more))).toEqual([typeof words === 'string' ? words : expect.stringMatching(words)]);
  });

  test('twice under one name', () => {
    const { federations } = federation({ metadata_file: 'all.xml' });
    expect(mistakes({ federations: [...federations, ...federations] })).toEqual([
      'federations[1].id is the same as that of federations[0]; each has its own',
    ]);
  });
});

test('all of it is listed at once, together with what else is wrong', () => {
  const config = {
    ...pay({ metadata: '<a/>', sign: 'never' }),
    ...federation({ metadata_url: 'ftp://mds.example/' }),
    users: [{ username: 'ana', email: 'nowhere' }],
  };
  expect(mistakes(config)).toHaveLength(4);
});
