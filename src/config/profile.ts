import { type Problem, problem } from './problems.ts';
import { loopback, parsed } from './words.ts';

/** What `profile: fapi2-security` rules out: the FAPI 2.0 Security Profile (final), sections 5.3.2 and 5.4. */

const methods = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'];
const signed = [
  'id_token_signed_response_alg',
  'userinfo_signed_response_alg',
  'authorization_signed_response_alg',
  'request_object_signing_alg',
  'token_endpoint_auth_signing_alg',
];
const bound = ['dpop_bound_access_tokens', 'tls_client_certificate_bound_access_tokens'];

export function profileProblems(client: Readonly<Record<string, unknown>>, path: readonly PropertyKey[]): Problem[] {
  if (client.profile !== 'fapi2-security') return [];
  const found: Problem[] = [];
  const wrong = (key: string, words: string) => found.push(problem([...path, key], words));
  if (!methods.includes(String(client.token_endpoint_auth_method ?? 'client_secret_basic')))
    wrong('token_endpoint_auth_method', `has to be one of ${methods.join(', ')}: profile is fapi2-security`);
  if (client.require_pushed_authorization_requests === false)
    wrong('require_pushed_authorization_requests', 'is false, and has to be true: profile is fapi2-security');
  if (!bound.some((key) => client[key] === true))
    wrong('profile', `is fapi2-security, which binds access tokens to a key: set ${bound.join(' or ')} to true`);
  for (const key of signed)
    if (client[key] === 'RS256') wrong(key, 'is RS256, which profile: fapi2-security rules out');
  const uris = Array.isArray(client.redirect_uris) ? client.redirect_uris : [];
  uris.forEach((uri, i) => {
    const url = parsed(String(uri));
    const native = client.application_type === 'native';
    if (url?.protocol === 'http:' && !(native && loopback(url)))
      found.push(problem([...path, 'redirect_uris', i], 'has to be https: profile is fapi2-security'));
  });
  return found;
}
