import { X509Certificate } from 'node:crypto';
import { type Problem, problem } from './problems.ts';

/** Clients that show a certificate (RFC 8705). */

type Group = Readonly<Record<string, unknown>>;

const names = ['subject_dn', 'san_dns', 'san_uri', 'san_ip', 'san_email'].map((name) => `tls_client_auth_${name}`);

/** What is wrong between the keys of one client. */
export function certificateKeyProblems(client: Group, path: readonly PropertyKey[]): Problem[] {
  const found: Problem[] = [];
  const wrong = (key: string, words: string) => found.push(problem([...path, key], words));
  const method = client.token_endpoint_auth_method;
  const given = names.filter((name) => client[name] !== undefined);
  if (method === 'tls_client_auth') {
    if (given.length === 0)
      wrong('token_endpoint_auth_method', `is tls_client_auth, which needs one of ${names.join(', ')}`);
    for (const name of given.slice(1)) wrong(name, `stands beside ${given[0]}: keep one`);
  } else for (const name of given) wrong(name, 'belongs to token_endpoint_auth_method: tls_client_auth');
  if (client.tls_client_certificate_bound_access_tokens === true && client.dpop_bound_access_tokens === true)
    wrong('tls_client_certificate_bound_access_tokens', 'stands beside dpop_bound_access_tokens: keep one');
  if (method === 'self_signed_tls_client_auth') {
    const keys = (client.jwks as { keys?: unknown } | undefined)?.keys;
    if (client.jwks === undefined && client.jwks_uri === undefined)
      wrong(
        'jwks',
        'is missing: self_signed_tls_client_auth needs the certificates, as x5c of keys in jwks, or jwks_uri',
      );
    else if (Array.isArray(keys) && !keys.some(holdsCertificate))
      wrong('jwks', 'has no key with a certificate in x5c, which self_signed_tls_client_auth compares');
  }
  return found;
}

function holdsCertificate(key: { x5c?: unknown } | null): boolean {
  const first = Array.isArray(key?.x5c) ? String(key.x5c[0]) : '';
  try {
    return new X509Certificate(Buffer.from(first, 'base64')).raw.length > 0;
  } catch {
    return false;
  }
}

/** Clients whose certificate has no way to us. */
export function certificateProblems(applications: readonly Group[], tls: Group): Problem[] {
  if (tls.client_port !== undefined || tls.client_certificate_header !== undefined) return [];
  return applications.flatMap(({ oidc }, i) => {
    const client = (oidc ?? {}) as Group;
    const shown = ['tls_client_auth', 'self_signed_tls_client_auth'].includes(
      String(client.token_endpoint_auth_method),
    );
    const key = shown ? 'token_endpoint_auth_method' : 'tls_client_certificate_bound_access_tokens';
    if (!shown && client[key] !== true) return [];
    const words = 'needs certificates, and none can come: set tls.client_port or tls.client_certificate_header';
    return [problem(['applications', i, 'oidc', key], words)];
  });
}
