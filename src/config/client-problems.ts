import { certificateKeyProblems } from './client-certificates.ts';
import { keyProblems } from './client-keys.ts';
import { type Problem, problem } from './problems.ts';
import { profileProblems } from './profile.ts';
import { deviceGrant, loopback, parsed } from './words.ts';

/** What is wrong between the keys of one client; `client` as it stands in the file, `names` the acr values known. */
export function clientProblems(
  client: Readonly<Record<string, unknown>>,
  path: readonly PropertyKey[],
  names: readonly string[],
): Problem[] {
  const found: Problem[] = [];
  const wrong = (key: string, words: string) => found.push(problem([...path, key], words));
  const listed = (key: string, otherwise: string[] = []): unknown[] =>
    Array.isArray(client[key]) ? (client[key] as unknown[]) : otherwise;

  found.push(...keyProblems(client, path), ...certificateKeyProblems(client, path), ...profileProblems(client, path));
  const method = client.token_endpoint_auth_method ?? 'client_secret_basic';
  const hasSecret = client.client_secret !== undefined || client.client_secret_file !== undefined;
  const grants = listed('grant_types', ['authorization_code']);
  if (client.client_secret !== undefined && client.client_secret_file !== undefined)
    wrong('client_secret_file', 'stands beside client_secret: keep one');
  if (method === 'none') {
    if (hasSecret)
      wrong('client_secret', 'belongs to no public client: remove it, or token_endpoint_auth_method: none');
    if (grants.includes('client_credentials'))
      wrong(
        'grant_types',
        'lists client_credentials, which a public client (token_endpoint_auth_method: none) cannot use',
      );
  } else if (method === 'private_key_jwt') {
    if (client.jwks === undefined && client.jwks_uri === undefined)
      wrong('jwks', 'is missing: private_key_jwt needs the public keys in jwks, or jwks_uri');
  } else if (method === 'tls_client_auth' || method === 'self_signed_tls_client_auth') {
    if (hasSecret) wrong('client_secret', `belongs to no client that shows a certificate (${method}): remove it`);
  } else if (!hasSecret) {
    wrong('client_secret', `is missing: ${method} needs it (a public client says token_endpoint_auth_method: none)`);
  }
  if (client.jwks !== undefined && client.jwks_uri !== undefined) wrong('jwks_uri', 'stands beside jwks: keep one');

  const byCode = grants.includes('authorization_code');
  if (byCode && listed('redirect_uris').length === 0)
    wrong('redirect_uris', 'is missing: authorization_code needs at least one');
  const byDevice = grants.includes(deviceGrant);
  if (grants.includes('refresh_token') && !byCode && !byDevice)
    wrong(
      'grant_types',
      'lists refresh_token without authorization_code or device_code, from which refresh tokens come',
    );
  if (client.device_phishing_resistant === true && !byDevice)
    wrong('device_phishing_resistant', `needs ${deviceGrant} in grant_types`);
  if (!byCode && listed('response_types').length > 0)
    wrong('response_types', 'needs authorization_code in grant_types');
  for (const key of ['require_pushed_authorization_requests', 'require_signed_request_object'])
    if (!byCode && client[key] === true)
      wrong(key, 'needs authorization_code in grant_types: nothing else is asked for');
  if (byCode && Array.isArray(client.response_modes) && client.response_modes.length === 0)
    wrong('response_modes', 'is empty: leave it out, or list at least one');
  if (byCode && Array.isArray(client.response_types) && client.response_types.length === 0)
    wrong('response_types', 'is empty, while grant_types lists authorization_code; allowed: code');

  listed('redirect_uris').forEach((uri, i) => {
    const words = typeof uri === 'string' ? unfit(uri, client.application_type === 'native') : undefined;
    if (words) found.push(problem([...path, 'redirect_uris', i], words));
  });
  listed('default_acr_values').forEach((name, i) => {
    if (typeof name === 'string' && !names.includes(name))
      found.push(
        problem(
          [...path, 'default_acr_values', i],
          `is not a name under assurance.names; known are ${names.join(', ')}`,
        ),
      );
  });
  // The library's rule, taken from CIBA Core section 4: such a client's sector is that of the keys it proves to hold.
  if (client.subject_type === 'pairwise' && byDevice && !(method === 'private_key_jwt' && client.jwks_uri))
    wrong('subject_type', 'pairwise and the device flow go together only with private_key_jwt and a jwks_uri');
  const hosts = new Set(listed('redirect_uris').map((uri) => parsed(String(uri))?.host));
  if (client.subject_type === 'pairwise' && hosts.size > 1 && client.sector_identifier_uri === undefined)
    wrong('sector_identifier_uri', 'is missing: pairwise subjects need it when redirect_uris have several hosts');
  return found;
}

/** RFC 8252 sections 7 and 8, and OIDC Registration section 2 on application_type. */
function unfit(uri: string, native: boolean): string | undefined {
  const url = parsed(uri);
  if (!url) return undefined;
  const web = ['http:', 'https:'].includes(url.protocol);
  if (!native) return web ? undefined : 'has to be http or https, save with application_type: native';
  if (url.protocol === 'http:' && !loopback(url)) return 'of a native application may be http only on localhost';
  if (!web && !url.protocol.includes('.'))
    return 'of a native application needs a scheme that is a reversed domain name, like com.example.app:/callback';
  return undefined;
}
