import { readFileSync } from 'node:fs';
import { importJWK, importPKCS8, SignJWT } from 'jose';
import { type ApiAnswer, type ApiRequest, prefix } from '../admin/api/request.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Milliseconds until a server that says nothing is taken for one that is away. */
const patience = 30_000;

/**
 * Asks the server at ADMIN_URL, which is its issuer, with ADMIN_TOKEN or with a token it gives to ADMIN_CLIENT_ID.
 * Throws a sentence when it does not answer or gives no token.
 */
export async function askAt(env: Environment, asked: ApiRequest): Promise<ApiAnswer> {
  const at = addressOf(env.ADMIN_URL as string);
  const token = secretOf(env, 'ADMIN_TOKEN') ?? (await tokenFrom(at, env));
  const query = asked.query.size > 0 ? `?${asked.query}` : '';
  const res = await reach(`${at}${asked.path}${query}`, {
    method: asked.method,
    headers: { ...(asked.headers as Record<string, string>), authorization: `Bearer ${token}` },
    ...(asked.body === undefined ? {} : { body: asked.body }),
  });
  if (res.status === 404 && !res.headers.get('content-type')?.includes('json'))
    throw new Error(`${at} has no ${prefix}: is it the address of a Stile?`);
  return { status: res.status, headers: Object.fromEntries(res.headers), body: textIn(res) };
}

function addressOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const near = url && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && near)))
    throw new Error(`ADMIN_URL is ${JSON.stringify(text)}, and has to be the https address of the server.`);
  return url.origin;
}

/** A variable, or the file that NAME_FILE names. */
function secretOf(env: Environment, name: string): string | undefined {
  const file = env[`${name}_FILE`];
  return (env[name] ?? (file ? readFileSync(file, 'utf8') : undefined))?.trim() || undefined;
}

/** RFC 6749 section 4.4, at the token endpoint the server itself names. */
async function tokenFrom(at: string, env: Environment): Promise<string> {
  const id = env.ADMIN_CLIENT_ID;
  const [secret, key] = [secretOf(env, 'ADMIN_CLIENT_SECRET'), secretOf(env, 'ADMIN_CLIENT_KEY')];
  if (!id || !(secret || key))
    throw new Error(
      'ADMIN_URL needs a token: set ADMIN_TOKEN, or ADMIN_CLIENT_ID and ADMIN_CLIENT_SECRET or ADMIN_CLIENT_KEY.',
    );
  const found = await (await reach(`${at}/.well-known/openid-configuration`)).json().catch(() => ({}));
  const endpoint = found.token_endpoint;
  // Whoever answers for the address must not send the secret elsewhere.
  if (typeof endpoint !== 'string' || found.issuer !== at || new URL(endpoint).origin !== at)
    throw new Error(`${at} does not say of itself where tokens are given. ADMIN_URL has to be the server's ISSUER.`);
  const body = new URLSearchParams({
    ...{ grant_type: 'client_credentials', client_id: id },
    // Good at the administration and nowhere else (RFC 8707).
    ...{ scope: 'stile:admin', resource: `${at}/admin/api` },
  });
  const headers: Record<string, string> = {};
  if (key) {
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    body.set('client_assertion', await assertion(id, key, at));
  } else {
    body.delete('client_id');
    const encoded = [id, secret as string].map((one) => new URLSearchParams([['', one]]).toString().slice(1));
    headers.authorization = `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
  }
  const res = await reach(endpoint, { method: 'POST', headers, body });
  const answer = await res.json().catch(() => ({}));
  if (typeof answer.access_token !== 'string')
    throw new Error(`${at} gives ${id} no token: ${answer.error_description ?? answer.error ?? res.status}.`);
  return answer.access_token;
}

/** RFC 7523 section 3; the key as PEM (PKCS#8) or JWK. */
async function assertion(id: string, key: string, audience: string): Promise<string> {
  const jwk = key.startsWith('{') ? JSON.parse(key) : undefined;
  const alg = jwk?.alg ?? (jwk?.kty === 'RSA' ? 'RS256' : 'ES256');
  const signing = jwk ? await importJWK(jwk, alg) : await privateKey(key);
  return new SignJWT()
    .setProtectedHeader({ alg: jwk ? alg : (signing as { alg: string }).alg, ...(jwk?.kid ? { kid: jwk.kid } : {}) })
    .setIssuer(id)
    .setSubject(id)
    .setAudience(audience)
    .setJti(crypto.randomUUID())
    .setIssuedAt()
    .setExpirationTime('1 minute')
    .sign(jwk ? (signing as CryptoKey) : (signing as { key: CryptoKey }).key);
}

async function privateKey(pem: string): Promise<{ alg: string; key: CryptoKey }> {
  for (const alg of ['ES256', 'RS256']) {
    const key = await importPKCS8(pem, alg).catch(() => undefined);
    if (key) return { alg, key };
  }
  throw new Error('ADMIN_CLIENT_KEY holds no key for ES256 or RS256, as PEM (PKCS#8) or JWK.');
}

async function reach(url: string, init: RequestInit = {}): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(patience) });
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Error(`${new URL(url).origin} does not answer (${(cause as Error | undefined)?.message ?? message}).`);
  }
}

async function* textIn(res: Response): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const part of res.body ?? []) yield decoder.decode(part, { stream: true });
  yield decoder.decode();
}
