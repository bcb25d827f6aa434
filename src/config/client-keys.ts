import { type Problem, problem } from './problems.ts';

/** What a client's own keys are needed for: signing what it sends, and being sent what only it can read. */

type Group = Readonly<Record<string, unknown>>;

/** Of a key set: whether one of its keys may serve an algorithm. By type and use; the key itself is the library's to try. */
const fits: Readonly<Record<string, (key: Group) => boolean>> = {
  RS256: (key) => key.kty === 'RSA' && key.use !== 'enc',
  PS256: (key) => key.kty === 'RSA' && key.use !== 'enc',
  ES256: (key) => key.kty === 'EC' && key.crv === 'P-256' && key.use !== 'enc',
  EdDSA: (key) => key.kty === 'OKP' && key.crv === 'Ed25519' && key.use !== 'enc',
  'RSA-OAEP-256': (key) => key.kty === 'RSA' && key.use !== 'sig',
  'ECDH-ES': (key) => ['EC', 'OKP'].includes(String(key.kty)) && key.crv !== 'Ed25519' && key.use !== 'sig',
};

const encrypted = ['id_token', 'userinfo', 'authorization'] as const;

export function keyProblems(client: Group, path: readonly PropertyKey[]): Problem[] {
  const found: Problem[] = [];
  const wrong = (key: string, words: string) => found.push(problem([...path, key], words));
  const named = [
    'request_object_signing_alg',
    'token_endpoint_auth_signing_alg',
    ...encrypted.map((what) => `${what}_encrypted_response_alg`),
  ];
  const set = keysOf(client.jwks);
  for (const name of named.filter((one) => client[one] !== undefined)) {
    const algorithm = String(client[name]);
    if (client.jwks === undefined && client.jwks_uri === undefined)
      wrong(name, 'needs the public keys of the application, in jwks or jwks_uri');
    else if (set && !set.some((key) => fits[algorithm]?.(key) !== false && (key.alg ?? algorithm) === algorithm))
      wrong(name, `is ${algorithm}, and jwks has no key for that`);
  }
  if (client.require_signed_request_object === true && client.jwks === undefined && client.jwks_uri === undefined)
    wrong('require_signed_request_object', 'needs the public keys of the application, in jwks or jwks_uri');
  for (const what of encrypted)
    if (
      client[`${what}_encrypted_response_enc`] !== undefined &&
      client[`${what}_encrypted_response_alg`] === undefined
    )
      wrong(`${what}_encrypted_response_enc`, `needs ${what}_encrypted_response_alg`);
  if (client.userinfo_encrypted_response_alg !== undefined && client.userinfo_signed_response_alg === undefined)
    wrong('userinfo_encrypted_response_alg', 'needs userinfo_signed_response_alg: what is encrypted is signed first');
  if (client.token_endpoint_auth_signing_alg !== undefined && client.token_endpoint_auth_method !== 'private_key_jwt')
    wrong('token_endpoint_auth_signing_alg', 'belongs to token_endpoint_auth_method: private_key_jwt');
  return found;
}

function keysOf(jwks: unknown): Group[] | undefined {
  const keys = (jwks as { keys?: unknown } | null | undefined)?.keys;
  return Array.isArray(keys) ? keys.filter((key) => typeof key === 'object' && key !== null) : undefined;
}
