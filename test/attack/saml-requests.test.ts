/** Requests no honest service provider sends (protocols of issue 3, section 7): a page of ours, quickly, and never an assertion. */
import { sign } from 'node:crypto';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { algorithm, ns } from '../../src/protocols/saml/names.ts';
import { type Page, Person } from '../support/person.ts';
import { as, nobody, settings } from '../support/rp.ts';
import { pair } from '../support/saml-keys.ts';
import {
  authnRequest,
  freshId,
  logoutRequest,
  redirectQuery,
  type Signing,
  signedXml,
} from '../support/saml-messages.ts';
import { ServiceProvider, sharedPair } from '../support/saml-sp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { form, leaks, raw } from './attacker.ts';
import { type Signed, signedAnew, withIds, wrappings } from './saml-forgeries.ts';

const signing = new ServiceProvider({ id: 'signing', authnRequestsSigned: true });
const plain = new ServiceProvider({ id: 'plain' });
const [key, attacker] = [sharedPair('signing'), pair('attacker')];

let stile: Stile;
const ana = new Person();
beforeAll(async () => {
  stile = await startStile({ config: settings({ applications: [signing.application, plain.application] }) });
  await signing.meet(stile);
  plain.meetAs(signing);
  await plain.signIn(ana, {}, as('ana'));
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  await stile.stop();
});

type Asked = Partial<Parameters<typeof authnRequest>[0]>;
const endpoint = () => `${stile.issuer}/saml/sso`;
const request = (more: Asked = {}) =>
  authnRequest({ id: freshId(), issuer: plain.metadata.entityId, destination: endpoint(), passive: true, ...more });
const base64 = (text: string | Buffer) => Buffer.from(text as string).toString('base64');
const query = (bytes: string | Buffer, more = '') => `SAMLRequest=${encodeURIComponent(base64(bytes))}${more}`;
const deflated = (xml: string, more = '') => query(deflateRawSync(xml), more);

/** What Ana's browser, signed in, gets for a query or for the fields of a form. */
const arrive = (asked: string | Record<string, string>): Promise<Page> =>
  typeof asked === 'string'
    ? ana.go(`${endpoint()}?${asked}`)
    : ana.go(endpoint(), { method: 'POST', body: new URLSearchParams(asked) });

/** A page of ours that leads nowhere and tells nobody anything. */
async function refused(asked: string | Record<string, string>): Promise<void> {
  const page = await arrive(asked);
  expect([page.status, page.delivery, page.url.origin]).toEqual([400, undefined, stile.issuer]);
  expect(page.html).not.toMatch(leaks);
  expect(page.html).not.toMatch(/name="SAMLResponse"|<script>alert/);
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
}

async function answered(asked: string | Record<string, string>): Promise<Page> {
  const page = await arrive(asked);
  expect([page.status, page.delivery?.action.href]).toEqual([200, expect.stringContaining('https://sp.example/')]);
  return page;
}

test('the honest ones are answered, so that what follows fails for its own reason', async () => {
  await answered(deflated(request()));
  await answered({ SAMLRequest: base64(request()) });
  await answered(redirectQuery(request({ issuer: signing.metadata.entityId }), { signing: { pair: key } }));
});

describe('what is no message', () => {
  test.each([
    ['nothing', ''],
    ['an empty parameter', 'SAMLRequest='],
    ['no base64', 'SAMLRequest=%00%ff%3c'],
    ['a percent sign alone', 'SAMLRequest=%'],
    ['base64 of nothing deflated', query('x')],
    ['XML that is not deflated', query('<a/>')],
    ['something else deflated', deflated('x')],
    ['XML of nobody', deflated('<a/>')],
    ['zeros', query(deflateRawSync(Buffer.alloc(1000)))],
    ['no UTF-8', query(deflateRawSync(Buffer.from([0x3c, 0x61, 0xff, 0xfe, 0x2f, 0x3e])))],
    ['zlib around it', query(deflateSync('<a/>'))],
    ['gzip around it', query(gzipSync('<a/>'))],
    ['a hundred megabytes in a hundred kilobytes', query(deflateRawSync(Buffer.alloc(10_000_000)))],
    ['an array of it', 'SAMLRequest[]=x'],
    ['the prototype', '__proto__=x&constructor=y'],
    ['a RelayState alone', 'RelayState=x'],
    ['an sp twice', 'sp=https%3A%2F%2Fsp.example%2Fplain&sp=x'],
    ['an sp that is an object', 'sp[a]=x'],
  ])('%s', async (_what, asked) => refused(asked));

  test('another message than an AuthnRequest', async () => {
    const leave = logoutRequest({
      id: freshId(),
      issuer: plain.metadata.entityId,
      destination: endpoint(),
      nameId: 'ana',
    });
    await refused(deflated(leave));
    await refused(deflated(request().replaceAll('AuthnRequest', 'Response')));
    await refused(deflated(request().replace(ns.protocol, 'urn:oasis:names:tc:SAML:1.0:protocol')));
    await refused(deflated(request()).replace('SAMLRequest', 'SAMLResponse'));
    await refused({ SAMLResponse: base64(request()) });
    await refused({ SAMLRequest: base64(request()), SAMLResponse: base64(request()) });
  });

  test('forms of another type, or too large, or cut off', async () => {
    const body = new URLSearchParams({ SAMLRequest: base64(request()) }).toString();
    for (const type of ['application/json', 'text/plain', 'text/xml', 'multipart/form-data; boundary=x', '']) {
      const headers = type ? { 'content-type': type } : {};
      const { status } = await raw(stile.issuer, '/saml/sso', { method: 'POST', headers, body });
      expect([type, status >= 400 && status < 500]).toEqual([type, true]);
    }
    for (const size of [100_000, 1_000_000, 5_000_000]) {
      const large = form({ SAMLRequest: base64(request()), RelayState: 'x'.repeat(size) });
      const answer = await raw(stile.issuer, '/saml/sso', large).catch(() => ({ status: 413 }));
      expect([400, 413]).toContain(answer.status);
    }
    await refused({ SAMLRequest: base64(request()), RelayState: 'x'.repeat(5000) });
    const wide = await arrive({ SAMLRequest: base64(`${request()}${' '.repeat(70_000)}`) });
    expect([[400, 413].includes(wide.status), wide.delivery]).toEqual([true, undefined]);
    const long = await raw(
      stile.issuer,
      `/saml/sso?${deflated(request(), `&RelayState=${'x'.repeat(1_000_000)}`)}`,
    ).catch(() => ({ status: 431 }));
    expect([400, 414, 431]).toContain(long.status);
    await refused(deflated(request(), `&RelayState=${'x'.repeat(5000)}`));
    // Small on the way, and well formed: only its size is wrong.
    await answered(deflated(`${request()}${' '.repeat(50_000)}`));
    await refused(deflated(`${request()}${' '.repeat(70_000)}`));
  });

  test('other methods, other paths', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE'])
      expect((await raw(stile.issuer, '/saml/sso', { method })).status).toBe(404);
    for (const path of [
      '/saml/sso/x',
      '/saml/sso/%2e%2e%2fmetadata',
      `/saml/sso/${'x'.repeat(64)}`,
      '/saml/sso/__proto__',
      '/saml/sso/%00',
    ])
      expect([path, (await raw(stile.issuer, path)).status]).toEqual([path, 400]);
  });
});

describe('messages that are not for us, not now, or of nobody', () => {
  const minutes = (count: number) => new Date(Date.now() + count * 60_000);
  test.each([
    ['another Destination', () => ({ destination: 'https://idp.evil.example/saml/sso' })],
    ['a Destination below ours', () => ({ destination: `${endpoint()}/x` })],
    ['a Destination with a query', () => ({ destination: `${endpoint()}?x` })],
    ['a Destination with a space', () => ({ destination: ` ${endpoint()}` })],
    ['an empty Destination', () => ({ destination: '' })],
    ['long ago', () => ({ issuedAt: minutes(-20) })],
    ['in the future', () => ({ issuedAt: minutes(10) })],
    ['in another age', () => ({ issuedAt: new Date(0) })],
    ['another version', () => ({ version: '1.1' })],
    ['an ID that is none', () => ({ id: '1 2' })],
    ['an ID of a kilobyte', () => ({ id: `_${'x'.repeat(1024)}` })],
    ['an unknown Issuer', () => ({ issuer: 'https://sp.example/nobody' })],
    ['an Issuer in other letters', () => ({ issuer: 'https://SP.example/plain' })],
    ['an Issuer of the prototype', () => ({ issuer: '__proto__' })],
    ['an Issuer of a megabyte', () => ({ issuer: 'x'.repeat(20_000) })],
    ['a Comparison nobody knows', () => ({ classes: ['x'], comparison: 'least' as 'exact' })],
  ])('%s', async (_what, more: () => Asked) => refused({ SAMLRequest: base64(request(more())) }));

  test('more classes than anybody needs; a hundred are read', async () => {
    const asking = (count: number) => request({ classes: Array.from({ length: count }, () => 'a') });
    await refused(deflated(asking(400)));
    await answered(deflated(asking(100)));
  });

  test('what is small on its way and would lie large in Kv while somebody walks', async () => {
    const wide = request({ classes: Array.from({ length: 60 }, (_, i) => `urn:${i}:${'x'.repeat(1000)}`) });
    expect(deflateRawSync(wide).length).toBeLessThan(3000);
    await refused(deflated(wide));
    await refused({ SAMLRequest: base64(request({ protocolBinding: 'x'.repeat(20_000) })) });
  });

  test('a signature over more than anybody signs, before it is canonicalized', async () => {
    const many = request().replace(
      '</saml:Issuer>',
      `$&<samlp:Extensions>${'<a b=""/>'.repeat(300)}</samlp:Extensions>`,
    );
    await answered({ SAMLRequest: base64(many) });
    await refused({ SAMLRequest: base64(signedXml(many, { pair: key })) });
    const declared = Array.from({ length: 60 }, (_, i) => `xmlns:n${i}="urn:x"`).join(' ');
    const names = `<a ${declared}/>`.repeat(9);
    await refused({
      SAMLRequest: base64(
        signedXml(request().replace('</saml:Issuer>', `$&<samlp:Extensions>${names}</samlp:Extensions>`), {
          pair: key,
        }),
      ),
    });
  });

  test.each([
    ['no ID', / ID="[^"]*"/, ''],
    ['no IssueInstant', / IssueInstant="[^"]*"/, ''],
    ['a local time', /Z" Dest/, '+01:00" Dest'],
    ['no time', /IssueInstant="[^"]*"/, 'IssueInstant="now"'],
    ['no Issuer', /<saml:Issuer>.*<\/saml:Issuer>/, ''],
    ['two Issuers', /<saml:Issuer>.*<\/saml:Issuer>/, '$&$&'],
    ['an Issuer of another format', '<saml:Issuer>', '<saml:Issuer Format="urn:x">'],
    ['an Issuer that is a sentence', '/plain</saml:Issuer>', ' Your account is locked. Call 555-0100</saml:Issuer>'],
    ['an Issuer with an element in it', '</saml:Issuer>', '<a/></saml:Issuer>'],
    ['an Issuer with a comment in it', '/plain</saml:Issuer>', '/plain<!---->.evil.example</saml:Issuer>'],
    ['an Issuer cut by a comment', '</saml:Issuer>', '<!-- -->.evil</saml:Issuer>'],
    ['an Issuer cut by a processing instruction', '</saml:Issuer>', '<?x?>.evil</saml:Issuer>'],
    ['an external entity', /^/, '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'],
    ['neither true nor false', 'IsPassive="true"', 'IsPassive="maybe"'],
    ['an index that is no number', 'IsPassive="true"', 'IsPassive="true" AssertionConsumerServiceIndex="-1"'],
    ['half a Subject', '</saml:Issuer>', '</saml:Issuer><saml:Subject/>'],
    ['an encrypted Subject', '</saml:Issuer>', '</saml:Issuer><saml:Subject><saml:EncryptedID/></saml:Subject>'],
    ['an empty RequestedAuthnContext', '</saml:Issuer>', '</saml:Issuer><samlp:RequestedAuthnContext/>'],
  ])('%s', async (_what, from, to) => refused({ SAMLRequest: base64(request().replace(from, to)) }));
});

describe('signatures of the Redirect binding', () => {
  const { entityId } = signing.metadata;
  const signed = (more: Partial<Signing> = {}, asked: Asked = {}) =>
    redirectQuery(request({ issuer: entityId, ...asked }), { signing: { pair: key, ...more }, relayState: 'a b' });
  const anyAlgorithm = (name: string) => signed().replace(/SigAlg=[^&]*/, `SigAlg=${encodeURIComponent(name)}`);

  test('what is wrong is said in words of ours, so that no link puts a sentence of its own on our page', async () => {
    const said = async (query: string) => (await arrive(query)).html;
    expect(await said(signed({ method: algorithm.rsaSha1 }))).toContain('only with saml.accept_sha1');
    const words = 'Call 555 0100 to go on';
    expect(await said(anyAlgorithm(words))).toContain('its signature algorithm is not accepted');
    expect(await said(anyAlgorithm(words))).not.toContain(words);
    const twice = `${encodeURIComponent(words)}=1`;
    expect(await said(`${signed()}&${twice}&${twice}`)).not.toContain('555 0100');
  });

  test.each([
    ["the attacker's key", () => signed({ pair: attacker })],
    ['SHA-1', () => signed({ method: algorithm.rsaSha1 })],
    ['no SigAlg', () => signed().replace(/&SigAlg=[^&]*/, '')],
    ['no Signature', () => signed().replace(/&Signature=.*/, '')],
    ['an empty Signature', () => signed().replace(/&Signature=.*/, '&Signature=')],
    ['a Signature that is no base64', () => signed().replace(/&Signature=.*/, '&Signature=%3C%3E')],
    ['neither', () => signed().replace(/&SigAlg=.*/, '')],
    ['no algorithm', () => anyAlgorithm('')],
    ['another algorithm', () => anyAlgorithm(algorithm.rsaSha512)],
    ['a MAC', () => anyAlgorithm('http://www.w3.org/2000/09/xmldsig#hmac-sha1')],
    ['the prototype as an algorithm', () => anyAlgorithm('__proto__')],
    ['another RelayState', () => signed().replace('RelayState=a%20b', 'RelayState=evil')],
    ['no RelayState', () => signed().replace('RelayState=a%20b&', '')],
    ['an empty RelayState', () => signed().replace('RelayState=a%20b', 'RelayState=')],
    ['the same RelayState encoded otherwise', () => signed().replace('a%20b', 'a+b')],
    ['the same message encoded otherwise', () => signed().replace(/%2B|%2F|%3D/, (one) => one.toLowerCase())],
    ['SAMLRequest twice', () => `${deflated(request())}&${signed()}`],
    ['SAMLRequest twice, the other way', () => `${signed()}&${deflated(request())}`],
    ['RelayState twice', () => `${signed()}&RelayState=evil`],
    ['SigAlg twice', () => `${signed()}&SigAlg=${encodeURIComponent(algorithm.rsaSha256)}`],
    ['Signature twice', () => `${signed()}&Signature=AA==`],
    ['a name encoded to stand twice', () => `${signed()}&Relay%53tate=evil`],
    ['SAMLResponse beside it', () => `${signed()}&SAMLResponse=x`],
    ['another encoding', () => `${signed()}&SAMLEncoding=urn:x`],
    ['signed as XML, unsigned as a query', () => deflated(signedXml(request({ issuer: entityId }), { pair: key }))],
    [
      'signed as XML and as a query',
      () => redirectQuery(signedXml(request({ issuer: entityId }), { pair: key }), { signing: { pair: key } }),
    ],
    ['without a Destination', () => signed({}, { destination: null })],
  ])('%s', async (_what, asked) => refused(asked()));

  test('over the octets as they came, in the order of the specification and in no other', async () => {
    const upper = request({ issuer: entityId });
    const octets = `${deflated(upper)}&SigAlg=${encodeURIComponent(algorithm.rsaSha256)}`;
    const lower = octets.replace(/%[0-9A-F]{2}/g, (one) => one.toLowerCase());
    for (const signedOctets of [octets, lower]) {
      const value = sign('sha256', Buffer.from(signedOctets), key.privateKey).toString('base64');
      await answered(`${signedOctets}&Signature=${encodeURIComponent(value)}`);
    }
    await answered(signed().split('&').reverse().join('&'));
  });
});

describe('signatures of the POST binding', () => {
  const parts = (): Signed => {
    const bare = request({ issuer: signing.metadata.entityId, id: '_honest' });
    const xml = signedXml(bare, { pair: key });
    const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(xml)?.[0] as string;
    const evil = request({ issuer: signing.metadata.entityId, id: '_evil', consumer: 'https://evil.example/acs' });
    return { name: 'AuthnRequest', id: '_honest', xml, signature, bare, evil };
  };
  const posted = (xml: string) => refused({ SAMLRequest: base64(xml) });

  test.each(Object.entries(wrappings))('%s', async (_name, wrap) => {
    const honest = parts();
    for (const evil of withIds(honest.evil, honest.id)) await posted(wrap({ ...honest, evil }));
  });

  test('of others, of nobody, over something else, of old algorithms', async () => {
    const { bare, xml, signature } = parts();
    await posted(bare);
    await posted(signedAnew(bare, { by: attacker }));
    await posted(signedAnew(bare, { by: attacker }).replace(attacker.base64, key.base64));
    await posted(signedAnew(bare, { by: key, uri: '' }));
    await posted(signedXml(bare, { pair: key, method: algorithm.rsaSha1, digest: algorithm.sha1 }));
    await posted(xml.replace('IsPassive="true"', 'IsPassive="false"'));
    await posted(xml.replace(signature, signature + signature));
    await posted(xml.replace('</saml:Issuer>', '<!-- --></saml:Issuer>'));
    await posted(signedXml(request({ issuer: plain.metadata.entityId }), { pair: attacker }));
  });
});

describe('a request that was seen before', () => {
  test.each(['redirect', 'post'] as const)('by %s: the same browser may reload, another gets a page', async (by) => {
    const { to, init } = plain.start({ by, passive: true });
    for (const _again of [1, 2]) expect((await ana.go(to, init)).delivery).toBeDefined();
    const stolen = await new Person().go(to, init);
    expect([stolen.status, stolen.delivery]).toEqual([400, undefined]);
    expect((await ana.go(to, init)).delivery).toBeDefined();
  });

  test('by the other binding from another browser: still one request', async () => {
    const { to, id } = plain.start({ passive: true });
    expect((await ana.go(to)).delivery).toBeDefined();
    const again = plain.start({ by: 'post', id, passive: true });
    expect((await new Person().go(again.to, again.init)).delivery).toBeUndefined();
  });

  test('a walk belongs to the browser that began it', async () => {
    const begun = await new Person().go(plain.start().to);
    const stranger = await new Person().go(begun.url);
    expect(stranger.delivery).toBeUndefined();
    const id = begun.url.pathname.split('/').at(-1);
    const { status, delivery } = await ana.go(`${stile.issuer}/saml/sso/${id}`);
    expect([status, delivery]).toEqual([400, undefined]);
  });

  test('whoever posts a request somewhere else learns nothing by its address', async () => {
    const { to, init } = plain.start({ by: 'post', passive: true });
    const posted = await ana.fetch(to, init as RequestInit);
    const path = new URL(posted.headers.get('location') as string, to);
    const stranger = await new Person().go(path);
    expect((await plain.read(stranger, undefined).catch(() => undefined))?.assertion).toBeUndefined();
    // The stranger was first: the request is theirs, and Ana's session gives nothing to it.
    expect((await ana.go(path)).delivery).toBeUndefined();
  });
});

test('an answer for one service provider is no use at another', async () => {
  const page = await ana.go(plain.start({ passive: true }).to);
  await expect(signing.read(page, undefined)).rejects.toThrow();
  expect((await nobody(ana, page)).delivery?.action.href).toBe(plain.consumer);
});
