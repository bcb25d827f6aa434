/** Thousands of mutated requests at the addresses of SAML: never a 5xx, never an assertion to a stranger, never a process lost. */
import { Agent } from 'node:http';
import { deflateRawSync } from 'node:zlib';
import { DOMParser } from '@xmldom/xmldom';
import fc from 'fast-check';
import { algorithm, binding, nameIdFormat } from '../../src/protocols/saml/names.ts';
import { Person } from '../support/person.ts';
import { as, settings } from '../support/rp.ts';
import { authnRequest, freshId, logoutRequest, redirectQuery, signedXml } from '../support/saml-messages.ts';
import { ServiceProvider, sharedPair } from '../support/saml-sp.ts';
import { type Stile, startStile } from '../support/stile.ts';
import { leaks, raw } from './attacker.ts';

/** The same requests every time, so that a red run is a change of ours; FUZZ_SEED asks others. */
const seed = Number(process.env.FUZZ_SEED ?? 20_261_124);
const rounds = Number(process.env.FUZZ_ROUNDS ?? 300);
const together = 8;

const consumer = (id: string) => `https://sp.example/${id}/acs`;
const logout = (id: string) => [{ location: `https://sp.example/${id}/slo`, binding: binding.redirect }];
const providers = [
  new ServiceProvider({ id: 'signing', authnRequestsSigned: true, logout: logout('signing') }),
  new ServiceProvider({ id: 'plain', saml: { idp_initiated: true }, logout: logout('plain') }),
  new ServiceProvider({ id: 'sealed', encryption: [sharedPair('encryption')], logout: logout('sealed') }),
];
const ours = new Set(providers.flatMap(({ id, consumer }) => [consumer, `https://sp.example/${id}/slo`]));
const key = sharedPair('signing');

let stile: Stile;
let cookie = '';
beforeAll(async () => {
  const applications = providers.map(({ application }) => application);
  stile = await startStile({ config: settings({ applications, limits: { address_failures: 1_000_000 } }) });
  const ana = new Person();
  await (providers[1] as ServiceProvider).meet(stile);
  await (providers[1] as ServiceProvider).signIn(ana, {}, as('ana'));
  cookie = [...ana.cookies].map(([name, value]) => `${name.split(' ').at(-1)}=${value}`).join('; ');
});
afterAll(() => stile.stop());

const tricky = [
  ...[
    '',
    ' ',
    '\0',
    '<',
    '>',
    '&',
    '"',
    "'",
    '<!---->',
    '<![CDATA[',
    ']]>',
    '<?x?>',
    '<!DOCTYPE a>',
    '&x;',
    '&#0;',
    '<a/>',
    '</a>',
  ],
  ...[
    'true',
    '1',
    '-1',
    '65536',
    '1e9',
    'NaN',
    '__proto__',
    'constructor',
    'https://evil.example/acs',
    'javascript:alert(1)',
    'urn:x',
  ],
  ...[
    '../',
    '%00',
    '%',
    '+',
    '=',
    '\ud800',
    '\ufeff',
    '\u202e',
    '\u{1f600}',
    'x'.repeat(3000),
    '2026-11-24T00:00:00Z',
    '9999-99-99T99:99:99Z',
  ],
  ...Object.values(nameIdFormat),
  ...Object.values(binding),
  ...Object.values(algorithm).slice(0, 6),
  ...providers.map(({ metadata }) => metadata.entityId),
  ...['plain', 'signing'].map(consumer),
];
const bit = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...tricky) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
);

/** Absent, most of the time: a request with one thing wrong gets further than one with ten. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

/** A request with wishes of every kind, some of them senseless. */
const asking = fc.record({
  issuer: fc.constantFrom(...providers.map(({ metadata }) => metadata.entityId)),
  force: seldom(fc.boolean()),
  passive: fc.boolean(),
  consumer: seldom(fc.constantFrom(...['plain', 'signing', 'evil'].map(consumer))),
  consumerIndex: seldom(fc.constantFrom(0, 1, 70_000)),
  protocolBinding: seldom(fc.constantFrom(binding.post, binding.redirect)),
  attributeIndex: seldom(fc.constantFrom(0, 7)),
  subject: seldom(fc.record({ value: bit, format: fc.constantFrom(...Object.values(nameIdFormat)) })),
  policy: seldom(fc.record({ format: bit, allowCreate: fc.boolean() })),
  classes: seldom(fc.array(bit, { maxLength: 3 })),
  comparison: seldom(fc.constantFrom('exact', 'minimum', 'maximum', 'better')),
  proxyCount: seldom(fc.nat()),
});
const change = fc.record({ at: fc.nat(), to: fc.nat(20), what: bit, tag: fc.boolean() });
const plan = fc.record({
  asking,
  leaving: fc.integer({ min: 0, max: 3 }).map((one) => one === 0),
  changes: fc.oneof(fc.array(change, { maxLength: 0 }), fc.array(change, { maxLength: 3 })),
  /** Signed before its XML is changed, after it, or not. */
  signed: fc.constantFrom('after', 'after', 'before', 'no'),
  post: fc.boolean(),
  path: seldom(fc.constantFrom('/saml/sso', '/saml/slo', '/saml/sso/x', '/saml/metadata')),
  relayState: fc.option(bit, { nil: undefined }),
  /** Of the query or the form as sent. */
  spoiled: seldom(change),
  extra: seldom(fc.tuple(fc.constantFrom('sp', 'SAMLResponse', 'SAMLEncoding', 'lang', 'RelayState', 'SigAlg'), bit)),
  withCookies: fc.integer({ min: 0, max: 3 }).map((one) => one > 0),
});
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

function changed(text: string, { at, to, what, tag }: { at: number; to: number; what: string; tag: boolean }): string {
  if (!tag) {
    const i = at % (text.length + 1);
    return text.slice(0, i) + what + text.slice(i + to);
  }
  const pieces = text.match(/"[^"]*"|>[^<]*<|[^">]+/g) ?? [text];
  const i = at % pieces.length;
  const piece = pieces[i] as string;
  pieces[i] = /^["<>]/.test(piece) ? piece.slice(0, 1) + what + piece.slice(-1) : piece + what;
  return pieces.join('');
}

function messageOf({ asking: wish, leaving, changes, signed, post }: Plan): { xml: string; sign: boolean } {
  const destination = `${stile.issuer}/saml/${leaving ? 'slo' : 'sso'}`;
  const id = freshId();
  const bare = leaving
    ? logoutRequest({ id, issuer: wish.issuer, destination, nameId: wish.subject?.value ?? 'ana' })
    : authnRequest({ ...wish, id, destination } as Parameters<typeof authnRequest>[0]);
  const spoil = (xml: string) => changes.reduce(changed, xml);
  if (!post || signed === 'no') return { xml: spoil(bare), sign: signed !== 'no' };
  if (signed === 'before') return { xml: spoil(signedXml(bare, { pair: key })), sign: false };
  const spoiled = spoil(bare);
  return { xml: signedIfReadable(spoiled), sign: false };
}

/** Signed, unless it is spoiled so much that the library that signs cannot read it: it would complain on the console first. */
function signedIfReadable(xml: string): string {
  const strict = () => {
    throw new Error('not for xmldom');
  };
  try {
    const parser = new DOMParser({ errorHandler: { warning: strict, error: strict, fatalError: strict } });
    parser.parseFromString(xml, 'text/xml');
    return signedXml(xml, { pair: key });
  } catch {
    return xml;
  }
}

/** As UTF-8 can say it, and not too long for an address. */
const sayable = (text: string, most: number) => Buffer.from(text.slice(0, most)).toString();

async function play(one: Plan, agent: Agent) {
  const { post, relayState, spoiled, extra, withCookies } = one;
  const path = one.path ?? (one.leaving ? '/saml/slo' : '/saml/sso');
  const { xml, sign } = messageOf(one);
  const more = relayState === undefined ? {} : { relayState: sayable(relayState, 2000) };
  let sent: string;
  if (post) {
    const fields = new URLSearchParams({ SAMLRequest: Buffer.from(xml).toString('base64') });
    if (more.relayState !== undefined) fields.set('RelayState', more.relayState);
    if (extra) fields.append(extra[0], sayable(extra[1], 500));
    sent = fields.toString();
  } else {
    sent = redirectQuery(xml, { ...more, ...(sign ? { signing: { pair: key } } : {}) });
    if (extra) sent += `&${extra[0]}=${encodeURIComponent(sayable(extra[1], 500))}`;
  }
  if (spoiled)
    sent = changed(sent, {
      ...spoiled,
      what: encodeURIComponent(sayable(spoiled.what, 300)),
      tag: false,
    });
  const headers: Record<string, string> = withCookies ? { cookie } : {};
  const answer = await raw(stile.issuer, post ? path : `${path}?${sent.replace(/[^\x21-\x7e]/g, encodeURIComponent)}`, {
    agent,
    headers: post ? { ...headers, 'content-type': 'application/x-www-form-urlencoded' } : headers,
    ...(post ? { method: 'POST', body: sent } : {}),
  });
  const { location } = answer.headers;
  // What was posted is taken up by a GET of our own.
  return answer.status === 303 && location?.startsWith('/saml/')
    ? raw(stile.issuer, location, { agent, headers })
    : answer;
}

test('mutated requests end in answers, and those only at addresses in metadata', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: together });
  const statuses = new Map<number, number>();
  let assertions = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(plan, { minLength: together, maxLength: together }), async (plans) => {
      const answers = await Promise.all(plans.map((one) => play(one, agent)));
      for (const { status, headers, body } of answers) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        expect(status).toBeLessThan(500);
        expect(body).not.toMatch(leaks);
        expect(body).not.toMatch(/action="(?!https:\/\/sp\.example\/|\/)/);
        const action = /<form[^>]*action="(https:[^"]*)"/.exec(body)?.[1];
        if (action) expect(ours).toContain(action);
        if (body.includes('name="SAMLResponse"')) assertions++;
        if (headers.location)
          expect(headers.location).toMatch(/^(\/|https:\/\/sp\.example\/(signing|plain|sealed)\/slo\?)/);
      }
    }),
    { seed, numRuns: rounds, endOnFailure: true },
  );
  agent.destroy();
  // Some of it got through, or nothing behind the door was tried.
  expect(assertions).toBeGreaterThan(rounds / 10);
  expect([...statuses.keys()].sort()).toEqual(expect.arrayContaining([200, 303, 400]));
  expect((await raw(stile.issuer, '/healthz')).status).toBe(200);
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
}, 300_000);

test('bytes nobody deflated, in a query and in a form', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: together });
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), fc.boolean(), async (bytes, deflate) => {
      const value = encodeURIComponent(Buffer.from(deflate ? deflateRawSync(bytes) : bytes).toString('base64'));
      const posted = {
        method: 'POST',
        body: `SAMLRequest=${value}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      };
      const [got, sent] = await Promise.all([
        raw(stile.issuer, `/saml/sso?SAMLRequest=${value}`, { agent }),
        raw(stile.issuer, '/saml/sso', { agent, ...posted }),
      ]);
      expect([got.status, sent.status]).toEqual([400, 400]);
    }),
    { seed, numRuns: rounds, endOnFailure: true },
  );
  agent.destroy();
}, 120_000);
