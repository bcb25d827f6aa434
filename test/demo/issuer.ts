/** A pretended Stile that signs everybody in at once, and can be told to answer wrongly. What it says is properly signed. */
import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface PretendedIssuer {
  readonly url: string;
  /** What the next answers say, over what is true. */
  says: Record<string, unknown>;
  /** Redirects back with this instead of a code. */
  refuses: { error: string; error_description: string } | undefined;
  /** The parameters of the last authorization request. */
  asked: URLSearchParams;
  logoutToken(claims: Record<string, unknown>, key?: 'foreign'): Promise<string>;
  close(): Promise<void>;
}

export async function pretendedIssuer(client: { id: string; secret: string }): Promise<PretendedIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const foreign = (await generateKeyPair('ES256')).privateKey;
  const codes = new Map<string, URLSearchParams>();
  // RFC 6749, section 2.3.1: form-encoded before it is joined.
  const secret = new URLSearchParams({ s: client.secret }).toString().slice(2);
  const basic = `Basic ${Buffer.from(`${client.id}:${secret}`).toString('base64')}`;
  const sign = (claims: Record<string, unknown>, key = privateKey, typ?: string) =>
    new SignJWT({ iss: self.url, aud: client.id, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: '1', ...(typ && { typ }) })
      .setIssuedAt()
      .setExpirationTime('2m')
      .sign(key);

  const server = createServer(async (req, res) => {
    const url = new URL(req.url!, self.url);
    const json = (body: object, status = 200) =>
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());

    if (url.pathname === '/.well-known/openid-configuration') {
      return json({
        issuer: self.url,
        authorization_endpoint: `${self.url}/authorize`,
        token_endpoint: `${self.url}/token`,
        userinfo_endpoint: `${self.url}/userinfo`,
        end_session_endpoint: `${self.url}/end`,
        jwks_uri: `${self.url}/jwks`,
        response_types_supported: ['code'],
        id_token_signing_alg_values_supported: ['ES256'],
      });
    }
    if (url.pathname === '/jwks') return json({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256', kid: '1' }] });
    if (url.pathname === '/authorize') {
      self.asked = url.searchParams;
      const back = new URL(url.searchParams.get('redirect_uri')!);
      back.searchParams.set('state', url.searchParams.get('state')!);
      if (self.refuses) for (const [name, value] of Object.entries(self.refuses)) back.searchParams.set(name, value);
      else {
        const code = randomUUID();
        codes.set(code, url.searchParams);
        back.searchParams.set('code', code);
      }
      return res.writeHead(303, { location: back.href }).end();
    }
    if (url.pathname === '/token') {
      const asked = codes.get(form.get('code')!);
      codes.delete(form.get('code')!);
      const challenge = createHash('sha256').update(form.get('code_verifier')!).digest('base64url');
      if (!asked || asked.get('code_challenge') !== challenge || req.headers.authorization !== basic) {
        return json({ error: 'invalid_grant' }, 400);
      }
      const acr = JSON.parse(asked.get('claims') ?? '{}').id_token?.acr?.value ?? 'urn:stile:acr:aal1';
      const claims = { sub: 'u_ana', sid: 's1', nonce: asked.get('nonce'), acr, amr: ['pwd'], auth_time: seconds() };
      const id_token = await sign({ ...claims, ...self.says });
      return json({ access_token: String(self.says.sub ?? 'u_ana'), token_type: 'Bearer', id_token, expires_in: 60 });
    }
    if (url.pathname === '/userinfo') {
      const sub = req.headers.authorization!.slice('Bearer '.length);
      return json({ sub, name: sub === 'u_ana' ? 'Ana Duarte' : 'Mei Lin' });
    }
    res.writeHead(404).end();
  });
  const self: PretendedIssuer = {
    url: '',
    says: {},
    refuses: undefined,
    asked: new URLSearchParams(),
    logoutToken: (claims, key) => sign({ jti: randomUUID(), ...claims }, key && foreign, 'logout+jwt'),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  Object.assign(self, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  return self;
}

const seconds = () => Math.floor(Date.now() / 1000);
