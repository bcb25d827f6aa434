/** Clients that could not work, or that contradict themselves, stop the start with a sentence. */

import { clientSchema, settingsOf } from '../../src/config/client.ts';
import { clientProblems } from '../../src/config/client-problems.ts';
import { describe as sentence } from '../../src/config/problems.ts';

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
