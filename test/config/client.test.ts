/** Clients that could not work, or that contradict themselves, stop the start with a sentence. */

import { clientSchema, settingsOf } from '../../src/config/client.ts';
import { certificateProblems } from '../../src/config/client-certificates.ts';
import { clientProblems } from '../../src/config/client-problems.ts';
import { describe as sentence } from '../../src/config/problems.ts';
import { tlsProblems } from '../../src/config/tls.ts';

const uris = { redirect_uris: ['https://a.example/cb'] };
const rsa = { jwks: { keys: [{ kty: 'RSA', n: 'n', e: 'AQAB' }] } };
const ec = { jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }] } };

/** Everything wrong with a client, each as `key words`. */
function wrongs(client: Record<string, unknown>): string[] {
  const whole: Record<string, unknown> = { client_id: 'a', ...uris, ...client };
  const parsed = clientSchema.safeParse(whole);
  const byShape = parsed.error?.issues.flatMap((issue) => sentence(issue, whole[String(issue.path[0])])) ?? [];
  return [...byShape, ...clientProblems(whole, [], [])].map(({ at, wrong }) => `${at} ${wrong}`);
}

const confidential = { client_secret: 's' };

describe('what a client sends and gets', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'signs by an algorithm without keys',
      { request_object_signing_alg: 'ES256' },
      /^request_object_signing_alg needs/,
    ],
    [
      'has no key for its algorithm',
      { ...rsa, request_object_signing_alg: 'ES256' },
      /^request_object_signing_alg is ES256, and jwks/,
    ],
    [
      'signs with nothing',
      { response_modes: ['jwt'], request_object_signing_alg: 'none', ...rsa },
      /^request_object_signing_alg is "none"; allowed/,
    ],
    [
      'has to sign without keys',
      { require_signed_request_object: true },
      /^require_signed_request_object needs the public keys/,
    ],
    [
      'is encrypted to no key',
      { id_token_encrypted_response_alg: 'RSA-OAEP-256' },
      /^id_token_encrypted_response_alg needs/,
    ],
    [
      'is encrypted to another key',
      { ...ec, id_token_encrypted_response_alg: 'RSA-OAEP-256' },
      /and jwks has no key for that/,
    ],
    [
      'is encrypted to a key for signing',
      { jwks: { keys: [{ ...ec.jwks.keys[0], use: 'sig' }] }, id_token_encrypted_response_alg: 'ECDH-ES' },
      /has no key/,
    ],
    ['is encrypted by RSA1_5', { ...rsa, id_token_encrypted_response_alg: 'RSA1_5' }, /allowed: RSA-OAEP-256, ECDH-ES/],
    [
      'has a cipher only',
      { id_token_encrypted_response_enc: 'A256GCM' },
      /^id_token_encrypted_response_enc needs id_token_encrypted_response_alg/,
    ],
    [
      'has userinfo encrypted but not signed',
      { ...rsa, userinfo_encrypted_response_alg: 'RSA-OAEP-256' },
      /needs userinfo_signed_response_alg/,
    ],
    [
      'pins an algorithm it does not use',
      { token_endpoint_auth_signing_alg: 'ES256', ...ec },
      /^token_endpoint_auth_signing_alg belongs to/,
    ],
    ['gets its answer in no way', { response_modes: [] }, /^response_modes is empty/],
    ['gets its answer in a new way', { response_modes: ['web_message'] }, /^response_modes\[?0?\]? .*allowed/],
    [
      'pushes what it may not ask',
      { grant_types: ['client_credentials'], require_pushed_authorization_requests: true },
      /^require_pushed_authorization_requests needs/,
    ],
  ])('%s', (_what, client, expected) => {
    expect(wrongs({ ...confidential, ...client })[0]).toMatch(expected);
  });

  test('is what it says where nothing is wrong', () => {
    const good = {
      ...confidential,
      ...ec,
      request_object_signing_alg: 'ES256',
      id_token_encrypted_response_alg: 'ECDH-ES',
    };
    expect(wrongs(good)).toEqual([]);
    const settings = settingsOf(clientSchema.parse({ client_id: 'a', ...uris, ...good }));
    expect(settings).toMatchObject({ id_token_signed_response_alg: 'RS256', response_types: ['code'] });
  });
});

const tls = { client_secret: undefined, token_endpoint_auth_method: 'tls_client_auth' };
const self = { ...tls, token_endpoint_auth_method: 'self_signed_tls_client_auth' };

describe('a client that shows a certificate', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['has no name in it', tls, /is tls_client_auth, which needs one of tls_client_auth_subject_dn, /],
    ['has two', { ...tls, tls_client_auth_san_dns: 'a', tls_client_auth_san_ip: '192.0.2.7' }, /_san_ip stands beside/],
    [
      'has one it does not use',
      { tls_client_auth_san_dns: 'a' },
      /belongs to token_endpoint_auth_method: tls_client_auth/,
    ],
    [
      'has no distinguished name',
      { ...tls, tls_client_auth_subject_dn: 'payroll' },
      /has to be a distinguished name like/,
    ],
    [
      'has raw bytes for a name',
      { ...tls, tls_client_auth_subject_dn: 'CN=#0c01' },
      /has to be a distinguished name like/,
    ],
    ['has no address', { ...tls, tls_client_auth_san_ip: 'localhost' }, /has to be an address like/],
    [
      'has a secret as well',
      { ...tls, tls_client_auth_san_dns: 'a', client_secret: 's' },
      /^client_secret belongs to no client that/,
    ],
    ['is registered without it', self, /^jwks is missing: self_signed_tls_client_auth needs the certificates/],
    ['is registered with a bare key', { ...self, ...ec }, /^jwks has no key with a certificate in x5c/],
  ])('%s', (_what, client, expected) => {
    expect(wrongs({ ...confidential, ...client })[0]).toMatch(expected);
  });
});

describe('certificates', () => {
  const all = { cert_file: 'a', key_file: 'b', client_port: 1 };
  test.each<[string, object, unknown, RegExp]>([
    ['a certificate without its key', { cert_file: 'a' }, [], /^tls.key_file is missing beside cert_file/],
    ['a section with nothing in it', {}, [], /^tls.cert_file is missing/],
    [
      'a port without a certificate of ours',
      { client_port: 1, client_certificate_header: 'x' },
      ['::1'],
      /^tls.client_port needs cert_file/,
    ],
    [
      'a header without proxies',
      { ...all, client_certificate_header: 'x' },
      [],
      /^tls.client_certificate_header is believed from proxies only/,
    ],
    [
      'authorities nobody is asked about',
      { cert_file: 'a', key_file: 'b', client_ca_file: 'c' },
      [],
      /^tls.client_ca_file needs client_port or/,
    ],
    [
      'an address nobody comes to',
      { cert_file: 'a', key_file: 'b', client_address: 'c' },
      [],
      /^tls.client_address needs client_port or/,
    ],
  ])('%s', (_what, section, proxies, expected) => {
    const found = tlsProblems(section, proxies, 'https://id.example').map(({ at, wrong }) => `${at} ${wrong}`);
    expect(found).toEqual([expect.stringMatching(expected)]);
  });

  test('of a client that cannot reach us', () => {
    const applications = [{ oidc: tls }, { oidc: { tls_client_certificate_bound_access_tokens: true } }, { oidc: {} }];
    const found = certificateProblems(applications, {}).map(({ at }) => at);
    expect(found).toEqual([
      'applications[0].oidc.token_endpoint_auth_method',
      'applications[1].oidc.tls_client_certificate_bound_access_tokens',
    ]);
    expect(certificateProblems(applications, { client_port: 1 })).toEqual([]);
  });
});

describe('profile: fapi2-security', () => {
  const strict = {
    ...ec,
    profile: 'fapi2-security',
    client_secret: undefined,
    token_endpoint_auth_method: 'private_key_jwt',
    dpop_bound_access_tokens: true,
  };

  test('fills in what follows from it', () => {
    expect(wrongs(strict)).toEqual([]);
    expect(settingsOf(clientSchema.parse({ client_id: 'a', ...uris, ...strict }))).toMatchObject({
      require_pushed_authorization_requests: true,
      id_token_signed_response_alg: 'ES256',
      authorization_signed_response_alg: 'ES256',
    });
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'by a secret',
      { client_secret: 's', token_endpoint_auth_method: 'client_secret_basic' },
      /has to be one of private_key_jwt, tls_client_auth/,
    ],
    ['by nothing', { token_endpoint_auth_method: 'none' }, /has to be one of private_key_jwt/],
    [
      'without a binding',
      { dpop_bound_access_tokens: false },
      /set dpop_bound_access_tokens or tls_client_certificate_bound/,
    ],
    ['with two', { tls_client_certificate_bound_access_tokens: true }, /stands beside dpop_bound_access_tokens/],
    ['without PAR', { require_pushed_authorization_requests: false }, /is false, and has to be true/],
    [
      'with RS256 in an ID token',
      { id_token_signed_response_alg: 'RS256' },
      /^id_token_signed_response_alg is RS256, which/,
    ],
    [
      'with RS256 in a request',
      { ...rsa, request_object_signing_alg: 'RS256' },
      /^request_object_signing_alg is RS256, which/,
    ],
    ['with http', { redirect_uris: ['http://a.example/cb'] }, /redirect_uris\[0\] has to be https/],
  ])('%s', (_what, client, expected) => {
    expect(wrongs({ ...strict, ...client })).toEqual([expect.stringMatching(expected)]);
  });
});
