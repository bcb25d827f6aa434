/** Clients that show a certificate: at a port of its own, and to a proxy of ours (RFC 8705). */
import { type RequestOptions, request } from 'node:https';
import { Prover } from '../protocols/oidc/prover.ts';
import { Office, type Shown } from '../support/certificates.ts';
import { settings } from '../support/rp.ts';
import { freePort, type Stile, startStile } from '../support/stile.ts';

const office = new Office();
const ca = office.authority('/CN=Partners');
const otherCa = office.authority('/CN=Strangers');
const server = office.issue('/CN=localhost', { extensions: ['subjectAltName=DNS:localhost'] });
const names =
  'subjectAltName=DNS:payroll.example,URI:spiffe://northfold/payroll,IP:192.0.2.7,email:ops@northfold.example';
const subject = '/C=DE/O=Northfold, Inc./CN=payroll';
const good = office.issue(subject, { by: ca, extensions: [names, 'extendedKeyUsage=clientAuth'] });
const alone = office.issue('/CN=alone');
const spent = office.issue('/CN=alone', { days: -1 });

const proxy = '127.0.0.2';
const header = 'X-Client-Certificate';
let stile: Stile;
let clientPort: number;

beforeAll(async () => {
  const [port, another] = [await freePort(), await freePort()];
  clientPort = another;
  const issuer = `https://localhost:${port}`;
  const machine = (id: string, more: object) => ({
    id,
    name: id,
    oidc: {
      client_id: id,
      grant_types: ['client_credentials'],
      token_endpoint_auth_method: 'tls_client_auth',
      ...more,
    },
  });
  const x5c = ({ der, cert }: Shown) => ({ kty: 'EC', crv: 'P-256', ...point(cert), x5c: [der] });
  const self = { token_endpoint_auth_method: 'self_signed_tls_client_auth' };
  stile = await startStile({
    env: { PORT: String(port), ISSUER: issuer },
    config: settings({
      proxies: [proxy],
      tls: {
        cert_file: server.certFile,
        key_file: server.keyFile,
        client_port: clientPort,
        client_ca_file: ca.certFile,
        client_certificate_header: header,
      },
      applications: [
        machine('dn', { tls_client_auth_subject_dn: 'CN=payroll,O=Northfold\\, Inc.,C=DE' }),
        machine('turned', { tls_client_auth_subject_dn: 'C=DE,O=Northfold\\, Inc.,CN=payroll' }),
        machine('dns', { tls_client_auth_san_dns: 'Payroll.example' }),
        machine('uri', { tls_client_auth_san_uri: 'spiffe://northfold/payroll' }),
        machine('ip', { tls_client_auth_san_ip: '192.0.2.7' }),
        machine('email', { tls_client_auth_san_email: 'ops@northfold.example' }),
        machine('else', { tls_client_auth_san_dns: 'wiki.example' }),
        machine('self', { ...self, jwks: { keys: [x5c(alone)] } }),
        machine('late', { ...self, jwks: { keys: [x5c(spent)] } }),
        { ...machine('auditor', { tls_client_auth_san_dns: 'payroll.example', ...ourApi(issuer) }), role: 'auditor' },
        machine('bound', {
          token_endpoint_auth_method: 'client_secret_post',
          client_secret: 'a client secret for tests',
          tls_client_certificate_bound_access_tokens: true,
        }),
      ],
    }),
  });
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  await stile.stop();
  office.close();
});

const ourApi = (issuer: string) => ({ resources: [{ resource: `${issuer}/admin/api` }] });

/** The public key of a certificate is not looked at, its digest is. */
const point = (_cert: string) => ({ x: 'x'.repeat(43), y: 'y'.repeat(43) });

interface Way {
  readonly shown?: Shown;
  readonly header?: string | string[];
  readonly from?: string;
  readonly aside?: boolean;
  readonly more?: Readonly<Record<string, string>>;
}

function send(path: string, fields: Record<string, string> | undefined, way: Way) {
  const { port } = new URL(stile.issuer);
  const options: RequestOptions = {
    ...{ host: '127.0.0.1', servername: 'localhost', ca: server.cert, agent: false, path },
    port: way.aside ? clientPort : port,
    method: fields ? 'POST' : 'GET',
    ...(way.shown ? { cert: way.shown.cert, key: way.shown.key } : {}),
    ...(way.from ? { localAddress: way.from } : {}),
    headers: {
      ...(fields ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
      ...(way.header === undefined ? {} : { [header]: way.header }),
      ...way.more,
    },
  };
  return new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
    const sent = request(options, async (res) => {
      let text = '';
      for await (const chunk of res) text += chunk;
      resolve({ status: res.statusCode!, body: text.startsWith('{') ? JSON.parse(text) : {} });
    });
    sent.on('error', reject).end(fields && new URLSearchParams(fields).toString());
  });
}

const token = (id: string, way: Way, more: Record<string, string> = {}) =>
  send('/token', { grant_type: 'client_credentials', client_id: id, ...more }, way);
const said = async (id: string, way: Way) => {
  const { status, body } = await token(id, way);
  return body.error ?? (body.access_token ? 'ok' : status);
};
const escaped = ({ cert }: Shown) => encodeURIComponent(cert);
const atPort = (shown: Shown): Way => ({ shown, aside: true });
const byProxy = (value: string | string[]): Way => ({ header: value, from: proxy });

const ways: [string, (shown: Shown) => Way][] = [
  ['at the port', atPort],
  ['by a proxy', (shown) => byProxy(escaped(shown))],
];

describe.each(ways)('%s', (_name, way) => {
  test.each(['dn', 'dns', 'uri', 'ip', 'email'])('a client is known by its %s', async (id) => {
    expect(await said(id, way(good))).toBe('ok');
  });

  test.each<[string, string, Shown]>([
    ['the names in another order', 'turned', good],
    ['another name', 'else', good],
    ['the right names by another authority', 'dn', office.issue(subject, { by: otherCa, extensions: [names] })],
    [
      'the right names by an authority of the same name',
      'dn',
      office.issue(subject, { by: office.authority('/CN=Partners') }),
    ],
    ['the right names by nobody but itself', 'dn', office.issue(subject, { extensions: [names] })],
    ['an expired certificate', 'dn', office.issue(subject, { by: ca, days: -1 })],
    ['a certificate of a server', 'dn', office.issue(subject, { by: ca, extensions: ['extendedKeyUsage=serverAuth'] })],
    ['a certificate by somebody who is no authority', 'dn', office.issue(subject, { by: good })],
    ['two names in one', 'dns', office.issue('/CN=x', { by: ca, address: 'https://x/a, DNS:payroll.example' })],
    ['another certificate than the registered', 'self', office.issue('/CN=alone')],
    ['a trusted one where it is registered by itself', 'self', good],
    ['the registered one, expired', 'late', spent],
  ])('%s is refused', async (_what, id, shown) => {
    expect(await said(id, way(shown))).toBe('invalid_client');
  });

  test('one that is registered by itself needs nobody to vouch for it', async () => {
    expect(await said('self', way(alone))).toBe('ok');
  });

  test('tokens are bound to the certificate of whoever got them', async () => {
    const { body } = await token('bound', way(alone), { client_secret: 'a client secret for tests' });
    const fields = { token: String(body.access_token), client_id: 'bound', client_secret: 'a client secret for tests' };
    const seen = await send('/token/introspection', fields, {});
    expect(seen.body).toMatchObject({ active: true, cnf: { 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) } });
  });
});

test('a proof for our own API names the port it is shown at', async () => {
  const prover = await Prover.make();
  const aside = `https://localhost:${clientPort}`;
  const asking = { scope: 'stile:admin', resource: `${stile.issuer}/admin/api` };
  const dpop = await prover.proof({ url: `${aside}/token` });
  const { body } = await token('auditor', { ...atPort(good), more: { dpop } }, asking);
  const bound = String(body.access_token);
  const path = '/admin/api/v1/users';
  const list = async (url: string) => {
    const proof = await prover.proof({ method: 'GET', url, token: bound });
    return send(path, undefined, { ...atPort(good), more: { authorization: `DPoP ${bound}`, dpop: proof } });
  };
  expect((await list(`${aside}${path}`)).status).toBe(200);
  expect((await list(`${stile.issuer}${path}`)).status).toBe(401);
});

test('no certificate is no client', async () => {
  expect(await said('dn', { aside: true })).toBe('invalid_client');
  expect(await said('self', {})).toBe('invalid_client');
  const { body } = await token('bound', {}, { client_secret: 'a client secret for tests' });
  expect(body.error).toBe('invalid_grant');
});

test('the port that browsers use asks nobody, and the other has no pages', async () => {
  expect(await said('dn', { shown: good })).toBe('invalid_client');
  for (const path of ['/account', '/auth', '/', '/.well-known/openid-configuration'])
    expect([path, (await send(path, undefined, { aside: true, shown: good })).status]).toEqual([path, 404]);
});

describe('a header', () => {
  test.each<[string, () => string]>([
    ['escaped PEM', () => escaped(good)],
    ['base64', () => good.der],
    ['RFC 9440', () => `:${good.der}:`],
    ['PEM with spaces', () => good.cert.replaceAll('\n', ' ')],
  ])('as %s', async (_form, value) => {
    expect(await said('dn', byProxy(value()))).toBe('ok');
  });

  test('from a stranger is not seen, whatever else comes with it', async () => {
    expect(await said('dn', { header: escaped(good) })).toBe('invalid_client');
    expect(await said('dn', { header: escaped(good), aside: true })).toBe('invalid_client');
    // Nor does it hide what the stranger really showed.
    expect(await said('self', { header: escaped(good), shown: alone, aside: true })).toBe('ok');
  });

  test.each<[string, () => string | string[]]>([
    ['two certificates', () => escaped(good) + escaped(good)],
    ['two headers', () => [escaped(good), escaped(good)]],
    ['two in a list', () => `${good.der},${good.der}`],
    ['bytes behind it', () => Buffer.concat([Buffer.from(good.der, 'base64'), Buffer.from('x')]).toString('base64')],
    ['half of it', () => good.der.slice(0, 200)],
    ['nothing', () => ''],
    ['garbage', () => '%E0%A4%A'],
    ['a key', () => encodeURIComponent(good.key)],
    ['twelve kilobytes', () => 'A'.repeat(12_000)],
  ])('with %s is none', async (_what, value) => {
    expect(await said('dn', byProxy(value()))).toBe('invalid_client');
  });
});

test('discovery says where, and how', async () => {
  const { body } = await send('/.well-known/openid-configuration', undefined, {});
  const aside = `https://localhost:${clientPort}`;
  expect(body).toMatchObject({
    tls_client_certificate_bound_access_tokens: true,
    token_endpoint_auth_methods_supported: expect.arrayContaining(['tls_client_auth', 'self_signed_tls_client_auth']),
    mtls_endpoint_aliases: {
      token_endpoint: `${aside}/token`,
      pushed_authorization_request_endpoint: `${aside}/par`,
      introspection_endpoint: `${aside}/token/introspection`,
      revocation_endpoint: `${aside}/token/revocation`,
      userinfo_endpoint: `${aside}/me`,
    },
  });
});
