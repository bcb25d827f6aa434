import * as z from 'zod';
import { type Problem, problem } from './problems.ts';
import { loopback, parsed, section, secureAddress, text, webAddress, whole } from './words.ts';

/** An OIDC client as the file declares it: RFC 7591 names, and a few of our own. */

const dangerous = ['javascript:', 'data:', 'vbscript:', 'file:', 'blob:', 'about:', 'ws:', 'wss:'];

const redirectUri = () =>
  text(2048).refine((value) => {
    const url = parsed(value);
    return url !== undefined && !value.includes('#') && !value.includes('*') && !dangerous.includes(url.protocol);
  }, 'has to be an absolute URI without a fragment or an asterisk, compared letter by letter');

const origin = () =>
  text(2048).refine((value) => {
    const url = parsed(value);
    return url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.origin === value;
  }, 'has to be an origin like https://app.example.com: no path, no slash at the end, no asterisk');

const jwks = () =>
  z
    .looseObject({ keys: z.array(z.looseObject({ kty: z.string() })) })
    .refine(({ keys }) => keys.length > 0, 'has no keys')
    .refine(
      ({ keys }) => keys.every((key) => key.kty !== 'oct' && key.d === undefined),
      'holds a private or symmetric key: declare the public one only',
    );

const scopes = ['openid', 'profile', 'email', 'groups', 'offline_access'];

/** RFC 8628 section 3.4. */
const device = 'urn:ietf:params:oauth:grant-type:device_code';

export const clientSchema = section({
  client_id: text(256).refine((value) => /^[\x21-\x7e]+$/u.test(value), 'has to be visible ASCII without spaces'),
  client_secret: text().optional(),
  client_secret_file: text().optional(),
  redirect_uris: z.array(redirectUri()).default([]),
  response_types: z.array(z.enum(['code'])).optional(),
  grant_types: z
    .array(z.enum(['authorization_code', 'refresh_token', 'client_credentials', device]))
    .default(['authorization_code']),
  token_endpoint_auth_method: z
    .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
    .default('client_secret_basic'),
  application_type: z.enum(['web', 'native']).default('web'),
  post_logout_redirect_uris: z.array(redirectUri()).default([]),
  backchannel_logout_uri: webAddress().optional(),
  backchannel_logout_session_required: z.boolean().optional(),
  initiate_login_uri: secureAddress().optional(),
  scope: text()
    .refine((value) => value.split(' ').every((one) => scopes.includes(one)), `has to be some of: ${scopes.join(' ')}`)
    .optional(),
  default_acr_values: z.array(text()).optional(),
  default_max_age: whole(0, 31_536_000).optional(),
  require_auth_time: z.boolean().optional(),
  subject_type: z.enum(['public', 'pairwise']).default('public'),
  sector_identifier_uri: secureAddress().optional(),
  id_token_signed_response_alg: z.enum(['RS256', 'ES256']).default('RS256'),
  jwks: jwks().optional(),
  jwks_uri: secureAddress().optional(),
  client_uri: webAddress().optional(),
  logo_uri: secureAddress().optional(),
  policy_uri: webAddress().optional(),
  tos_uri: webAddress().optional(),
  contacts: z.array(text()).optional(),
  cors_origins: z.array(origin()).default([]),
  acr_values_voluntary: z.boolean().default(false),
  device_phishing_resistant: z.boolean().default(false),
});

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
  } else if (!hasSecret) {
    wrong('client_secret', `is missing: ${method} needs it (a public client says token_endpoint_auth_method: none)`);
  }
  if (client.jwks !== undefined && client.jwks_uri !== undefined) wrong('jwks_uri', 'stands beside jwks: keep one');

  const byCode = grants.includes('authorization_code');
  if (byCode && listed('redirect_uris').length === 0)
    wrong('redirect_uris', 'is missing: authorization_code needs at least one');
  if (grants.includes('refresh_token') && !byCode && !grants.includes(device))
    wrong(
      'grant_types',
      'lists refresh_token without authorization_code or device_code, from which refresh tokens come',
    );
  if (client.device_phishing_resistant === true && !grants.includes(device))
    wrong('device_phishing_resistant', `needs ${device} in grant_types`);
  if (!byCode && listed('response_types').length > 0)
    wrong('response_types', 'needs authorization_code in grant_types');
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
  if (
    client.subject_type === 'pairwise' &&
    grants.includes(device) &&
    !(method === 'private_key_jwt' && client.jwks_uri)
  )
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

/** With what follows from the rest filled in, and without where the secret came from. */
export function settingsOf(client: z.output<typeof clientSchema>): Record<string, unknown> {
  const { client_secret_file: _, ...settings } = client;
  const byCode = client.grant_types.includes('authorization_code');
  return { ...settings, response_types: client.response_types ?? (byCode ? ['code'] : []) };
}
