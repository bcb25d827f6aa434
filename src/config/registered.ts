import { isIP } from 'node:net';
import { clientSchema, settingsOf } from './client.ts';
import { clientProblems } from './client-problems.ts';
import { describe, type Problem, problem } from './problems.ts';
import { parsed, text } from './words.ts';

/** Client metadata that strangers send (RFC 7591 section 2): the file's own schema, and less than a file may say. */

type Metadata = Readonly<Record<string, unknown>>;

export type RegisteredClient =
  | { readonly name: string; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly refused: 'invalid_redirect_uri' | 'invalid_client_metadata'; readonly words: string };

/** What only an administrator says, or we do. */
const ours = [
  ...['client_id', 'client_secret', 'client_secret_file', 'cors_origins', 'acr_values_voluntary', 'resources'],
  ...['device_phishing_resistant', 'frontchannel_logout_uri', 'frontchannel_logout_session_required'],
];
const understood = Object.keys(clientSchema.shape).filter((key) => !ours.includes(key));
const grants = ['authorization_code', 'refresh_token'];
const addresses = [
  ...['jwks_uri', 'sector_identifier_uri', 'backchannel_logout_uri', 'initiate_login_uri'],
  ...['logo_uri', 'client_uri', 'policy_uri', 'tos_uri'],
];
const most = 20;

/** `scopes`: what the initial access token allows; all of them where the client names none. `names`: known acr values. */
export function registeredClient(
  metadata: Metadata,
  scopes: readonly string[],
  names: readonly string[],
): RegisteredClient {
  // What is not understood is ignored (section 2), and null is what a client leaves out (RFC 7592 section 2.2).
  const asked = Object.fromEntries(
    understood.flatMap((key) => (metadata[key] === undefined || metadata[key] === null ? [] : [[key, metadata[key]]])),
  );
  // Its secret is made by us, so that it has one where it needs one.
  const method = asked.token_endpoint_auth_method ?? 'client_secret_basic';
  const secret = String(method).startsWith('client_secret_') ? { client_secret: 'made here' } : {};
  const whole: Record<string, unknown> = { scope: scopes.join(' '), ...asked, client_id: 'made-here', ...secret };
  const result = clientSchema.safeParse(whole);
  const problems = [
    ...(result.error?.issues.flatMap((issue) => describe(issue, valueAt(whole, issue.path))) ?? []),
    ...clientProblems(whole, [], names),
    ...strangerProblems(whole, scopes),
  ];
  const name = metadata.client_name ?? hostOf(whole.redirect_uris);
  if (!text(128).safeParse(name).success || /\p{C}/u.test(String(name)))
    problems.push(problem(['client_name'], 'has to be a name of at most 128 characters'));
  if (problems.length > 0 || !result.success) return refusal(problems);
  const { client_id: _, client_secret: __, ...settings } = settingsOf(result.data);
  return { name: String(name), settings };
}

function refusal(problems: readonly Problem[]): RegisteredClient {
  const about = problems.filter(({ path }) => path?.[0] === 'redirect_uris');
  const words = (about.length > 0 ? about : problems).map(({ at, wrong }) => `${at} ${wrong}`).join('; ');
  return { refused: about.length > 0 ? 'invalid_redirect_uri' : 'invalid_client_metadata', words };
}

function strangerProblems(client: Metadata, scopes: readonly string[]): Problem[] {
  const found: Problem[] = [];
  const listed = (key: string): unknown[] => (Array.isArray(client[key]) ? (client[key] as unknown[]) : []);
  for (const key of understood.filter((one) => listed(one).length > most))
    found.push(problem([key], `has more than ${most} entries`));
  for (const one of listed('grant_types').filter((grant) => !grants.includes(String(grant))))
    found.push(problem(['grant_types'], `lists ${one}; allowed: ${grants.join(', ')}`));
  for (const one of String(client.scope)
    .split(' ')
    .filter((scope) => !scopes.includes(scope)))
    found.push(problem(['scope'], `lists ${one}; allowed: ${scopes.join(' ')}`));
  for (const key of addresses.filter((one) => client[one] !== undefined && !outside(client[one])))
    found.push(problem([key], 'has to be https, at the name of a host on the internet'));
  for (const key of ['redirect_uris', 'post_logout_redirect_uris'])
    listed(key).forEach((uri, i) => {
      if (client.application_type !== 'native' && parsed(String(uri))?.protocol === 'http:')
        found.push(problem([key, i], 'has to be https'));
    });
  return found;
}

/** We call some of these ourselves: what is plainly inside is refused by name, the rest by where it leads when called. */
function outside(value: unknown): boolean {
  const url = parsed(String(value));
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '') return false;
  const host = url.hostname.replace(/^\[|\]$|\.$/gu, '');
  return isIP(host) === 0 && host.includes('.') && !/\.(localhost|local|internal|lan|home\.arpa)$/u.test(host);
}

const hostOf = (uris: unknown): string | undefined =>
  Array.isArray(uris) ? parsed(String(uris[0]))?.hostname || parsed(String(uris[0]))?.protocol.slice(0, -1) : undefined;

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown> | null | undefined)?.[key], value);
