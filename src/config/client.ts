import { isIP } from 'node:net';
import * as z from 'zod';
import { distinguishedName } from '../web/certificates/names.ts';
import { wantedSchema } from './resource.ts';
import { deviceGrant, parsed, scopes, section, secureAddress, text, webAddress, whole } from './words.ts';

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

export const signatures = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
const ours = z.enum(['RS256', 'ES256']);
const wrap = z.enum(['RSA-OAEP-256', 'ECDH-ES']);
const cipher = z.enum(['A256GCM', 'A128CBC-HS256']);

const methods = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
  'none',
] as const;

export const clientSchema = section({
  client_id: text(256).refine((value) => /^[\x21-\x7e]+$/u.test(value), 'has to be visible ASCII without spaces'),
  client_secret: text().optional(),
  client_secret_file: text().optional(),
  redirect_uris: z.array(redirectUri()).default([]),
  response_types: z.array(z.enum(['code'])).optional(),
  response_modes: z
    .array(z.enum(['query', 'fragment', 'form_post', 'jwt', 'query.jwt', 'fragment.jwt', 'form_post.jwt']))
    .optional(),
  grant_types: z
    .array(z.enum(['authorization_code', 'refresh_token', 'client_credentials', deviceGrant]))
    .default(['authorization_code']),
  token_endpoint_auth_method: z.enum(methods).default('client_secret_basic'),
  token_endpoint_auth_signing_alg: z.enum(signatures).optional(),
  application_type: z.enum(['web', 'native']).default('web'),
  post_logout_redirect_uris: z.array(redirectUri()).default([]),
  backchannel_logout_uri: webAddress().optional(),
  backchannel_logout_session_required: z.boolean().optional(),
  initiate_login_uri: secureAddress().optional(),
  scope: text()
    .refine(
      (value) => value.split(' ').every((one) => scopes.some((scope) => scope === one)),
      `has to be some of: ${scopes.join(' ')}`,
    )
    .optional(),
  default_acr_values: z.array(text()).optional(),
  default_max_age: whole(0, 31_536_000).optional(),
  require_auth_time: z.boolean().optional(),
  subject_type: z.enum(['public', 'pairwise']).default('public'),
  sector_identifier_uri: secureAddress().optional(),
  id_token_signed_response_alg: ours.optional(),
  id_token_encrypted_response_alg: wrap.optional(),
  id_token_encrypted_response_enc: cipher.optional(),
  userinfo_signed_response_alg: ours.optional(),
  userinfo_encrypted_response_alg: wrap.optional(),
  userinfo_encrypted_response_enc: cipher.optional(),
  authorization_signed_response_alg: ours.optional(),
  authorization_encrypted_response_alg: wrap.optional(),
  authorization_encrypted_response_enc: cipher.optional(),
  request_object_signing_alg: z.enum(signatures).optional(),
  require_signed_request_object: z.boolean().optional(),
  require_pushed_authorization_requests: z.boolean().optional(),
  tls_client_auth_subject_dn: text()
    .refine(
      (value) => distinguishedName(value) !== undefined,
      'has to be a distinguished name like CN=payroll,O=Example,C=DE (RFC 4514)',
    )
    .optional(),
  tls_client_auth_san_dns: text(253).optional(),
  tls_client_auth_san_uri: text(2048).optional(),
  tls_client_auth_san_ip: text(45)
    .refine((value) => isIP(value) !== 0, 'has to be an address like 192.0.2.7')
    .optional(),
  tls_client_auth_san_email: text(254).optional(),
  tls_client_certificate_bound_access_tokens: z.boolean().optional(),
  profile: z.enum(['fapi2-security']).optional(),
  jwks: jwks().optional(),
  jwks_uri: secureAddress().optional(),
  client_uri: webAddress().optional(),
  logo_uri: secureAddress().optional(),
  policy_uri: webAddress().optional(),
  tos_uri: webAddress().optional(),
  contacts: z.array(text()).optional(),
  dpop_bound_access_tokens: z.boolean().optional(),
  resources: z.array(wantedSchema).optional(),
  cors_origins: z.array(origin()).default([]),
  acr_values_voluntary: z.boolean().default(false),
  device_phishing_resistant: z.boolean().default(false),
});

/** With what follows from the rest filled in, and without where the secret came from. */
export function settingsOf(client: z.output<typeof clientSchema>): Record<string, unknown> {
  const { client_secret_file: _, ...settings } = client;
  const byCode = client.grant_types.includes('authorization_code');
  const strict = client.profile === 'fapi2-security';
  return {
    ...(strict && byCode ? { require_pushed_authorization_requests: true } : {}),
    ...(strict ? { authorization_signed_response_alg: 'ES256' } : {}),
    ...settings,
    id_token_signed_response_alg: client.id_token_signed_response_alg ?? (strict ? 'ES256' : 'RS256'),
    response_types: client.response_types ?? (byCode ? ['code'] : []),
  };
}
