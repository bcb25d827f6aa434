import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, ConfigurationError, readConfig } from '../../src/config.ts';

const known = '11111111-2222-4333-8444-555555555555';
const other = '99999999-2222-4333-8444-555555555555';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stile-webauthn-'));
  writeFileSync(join(dir, 'statements.json'), 'statements');
  writeFileSync(join(dir, 'roots.pem'), 'no certificate');
});
afterEach(() => rmSync(dir, { recursive: true }));

function read(webauthn: string, issuer = 'https://id.example.com'): Config {
  const file = join(dir, 'stile.yaml');
  writeFileSync(file, `methods: {webauthn: ${webauthn}}`);
  return readConfig({
    env: {
      STILE_CONFIG: file,
      STILE_SECRET: 'a-secret-of-more-than-thirty-two-characters',
      DATA_DIR: dir,
      ISSUER: issuer,
    },
    inspectStatements: (text) =>
      text === 'statements' ? { knows: (aaguid) => aaguid === known } : { wrong: 'is none' },
  });
}

function mistakes(webauthn: string, issuer?: string): string[] {
  try {
    read(webauthn, issuer);
  } catch (error) {
    if (error instanceof ConfigurationError)
      return error.problems.map((one) => one.replace(/^.*methods\.webauthn\.?/u, ''));
    throw error;
  }
  return [];
}

const strict = `attestation: direct, authenticators: {allow: [${known}], metadata_file: statements.json}`;

test('nothing said: passkeys of any kind, for the host of ISSUER', () => {
  expect(read('{}').methods.webauthn).toEqual({
    rpId: 'id.example.com',
    related: [],
    attestation: 'none',
    allow: [],
    deny: [],
    requireMetadata: false,
  });
});

test('everything said', () => {
  const { webauthn } = read(
    `{rp_id: example.com, origins: [https://id.example.org, https://id.example.com], ${strict}}`,
  ).methods;
  expect(webauthn).toMatchObject({
    rpId: 'example.com',
    related: ['https://id.example.org'],
    attestation: 'direct',
    allow: [known],
    metadata: 'statements',
  });
});

test('AAGUIDs are taken in capital letters', () => {
  expect(read(`{authenticators: {deny: [${'ABCDEFAB-1111-4111-8111-ABCDEFABCDEF'}]}}`).methods.webauthn.deny).toEqual([
    'abcdefab-1111-4111-8111-abcdefabcdef',
  ]);
});

test.each([
  ['a domain above the host of ISSUER', '{rp_id: example.com}', 'https://id.example.com'],
  [
    'another domain that lists ISSUER as one of its origins',
    '{rp_id: example.org, origins: [https://id.example.com]}',
    'https://id.example.com',
  ],
  ['http on this machine', '{origins: ["http://localhost:4000"]}', 'http://localhost:3000'],
])('%s', (_what, webauthn, issuer) => {
  expect(mistakes(webauthn, issuer)).toEqual([]);
});

test.each([
  [
    'another domain',
    '{rp_id: example.org}',
    [/^rp_id is neither the host of ISSUER \(id\.example\.com\) nor a domain above it/u],
  ],
  ['a domain that only ends alike', '{rp_id: ample.com}', [/^rp_id is neither/u]],
  ['a domain below', '{rp_id: a.id.example.com}', [/^rp_id is neither/u]],
  ['a domain with a port', '{rp_id: "example.com:443"}', [/^rp_id has to be a domain/u, /^rp_id is neither/u]],
  ['an origin with a path', '{origins: [https://id.example.org/]}', [/^origins\[0\] has to be an origin/u]],
  [
    'an origin that is not https',
    '{origins: ["http://id.example.org"]}',
    [/^origins\[0\] has to be/u, /^origins\[0\] is http/u],
  ],
  ['localhost beside a server that is not there', '{origins: ["http://localhost:4000"]}', [/^origins\[0\] is http/u]],
  ['an origin twice', '{origins: [https://a.example, https://a.example]}', [/^origins\[1\] stands there twice/u]],
  [
    'an attestation there is not',
    '{attestation: full}',
    [/^attestation is "full"; allowed: none, indirect, direct, enterprise/u],
  ],
  [
    'an AAGUID that is none',
    '{authenticators: {deny: [yubikey]}}',
    [/^authenticators\.deny\[0\] has to be an AAGUID/u],
  ],
  ['a key nobody knows', '{authenticators: {metadata: x}}', [/^authenticators\.metadata is not a known key/u]],
  [
    'models allowed that nothing proves',
    `{authenticators: {allow: [${known}], require_metadata: true}}`,
    [
      /allow needs metadata_file/u,
      /allow needs attestation: direct/u,
      /require_metadata needs m/u,
      /require_metadata needs a/u,
    ],
  ],
  [
    'models allowed on a statement that may be anonymous',
    `{attestation: indirect, authenticators: {allow: [${known}], metadata_file: statements.json}}`,
    [/allow needs attestation: direct or enterprise/u],
  ],
  [
    'a model allowed and denied',
    `{attestation: direct, authenticators: {allow: [${known}], deny: [${known.toUpperCase()}], metadata_file: statements.json}}`,
    [/^authenticators\.allow\[0\] stands under deny too/u],
  ],
  [
    'a model allowed that no statement is about',
    `{attestation: direct, authenticators: {allow: [${known}, ${other}], metadata_file: statements.json}}`,
    [/^authenticators\.allow\[1\] is in no statement of metadata_file/u],
  ],
  [
    'statements that are none',
    '{authenticators: {metadata_file: stile.yaml}}',
    [/^authenticators\.metadata_file is none/u],
  ],
  [
    'a file that is not there',
    '{authenticators: {metadata_file: no.json}}',
    [/metadata_file names no\.json, which cannot be read/u],
  ],
  [
    'roots for nothing',
    '{authenticators: {metadata_roots_file: roots.pem}}',
    [/roots_file needs metadata_file/u, /holds no certificate/u],
  ],
])('%s is told', (_what, webauthn, told) => {
  const found = mistakes(webauthn);
  expect(found).toEqual(told.map((one) => expect.stringMatching(one)));
});
