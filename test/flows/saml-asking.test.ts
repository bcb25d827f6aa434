/** What a SAML service provider may ask of a sign-in, line by line (saml-core-2.0-os section 3.4.1), at a real server. */
import { binding, nameIdFormat } from '../../src/protocols/saml/names.ts';
import { Person } from '../support/person.ts';
import { as, MFA, newcomer, nobody, someone } from '../support/rp.ts';
import type { Answer } from '../support/saml-answer.ts';
import { cast, castSettings, meetAll } from '../support/saml-cast.ts';
import { type Stile, startStile } from '../support/stile.ts';

let stile: Stile;
/** Somebody with a password session, somebody with two factors; whoever changes a session takes one of their own. */
const [iris, ana] = [new Person(), new Person()];
let [first, strong]: Answer[] = [];

beforeAll(async () => {
  stile = await startStile({ config: castSettings() });
  await meetAll(stile);
  first = await cast.plain.signIn(iris, {}, as('iris'));
  strong = await cast.plain.signIn(ana, { classes: [MFA] }, as(someone()));
});
afterAll(async () => {
  expect(stile.output()).not.toMatch(/"level":(50|60)/);
  await stile.stop();
});

const own = (name: string) => `urn:oasis:names:tc:SAML:2.0:ac:classes:${name}`;
const [ppt, password] = [own('PasswordProtectedTransport'), own('Password')];
const multiple = 'http://schemas.microsoft.com/claims/multipleauthn';
const twoFactors = [MFA, multiple, 'urn:stile:acr:aal2'];
const refusedWith = (...status: string[]) => ({ status });

describe('RequestedAuthnContext', () => {
  test.each([
    ['exact, one class that is met', [ppt], undefined, ppt],
    ['exact, the weaker one of a stronger session', [password], 'exact', password],
    ['exact, in order: the first that is met', [password, ppt], 'exact', password],
    ['exact, unknown classes are skipped', ['urn:nobody:knows', ppt], 'exact', ppt],
    ['exact, what nobody here can prove is skipped too', ['phr', ppt], 'exact', ppt],
    ['minimum, and more than that was proved', [ppt], 'minimum', ppt],
    ['minimum of two factors', [MFA], 'minimum', MFA],
    ['maximum: as strong as possible, but not beyond', [multiple], 'maximum', multiple],
    ['maximum of a password', [ppt], 'maximum', ppt],
    ['minimum of what is unknown or met', ['urn:nobody:knows', MFA], 'minimum', MFA],
  ] as const)('%s', async (_what, classes, comparison, context) => {
    const asking = { classes, passive: true, ...(comparison ? { comparison } : {}) };
    expect(await cast.plain.signIn(ana, asking, nobody)).toMatchObject({ status: ['Success'], context });
  });

  test('better than a password asks for the second factor, and only for it', async () => {
    const [person, who, met] = [new Person(), someone(), [] as string[]];
    await cast.plain.signIn(person, {}, as(who));
    const answer = await cast.plain.signIn(person, { classes: [ppt], comparison: 'better' }, as(who, { met }));
    expect(met).toEqual(['prove:totp']);
    expect(twoFactors).toContain(answer.context);
  });

  test('maximum of two factors asks for both', async () => {
    const [person, who, met] = [new Person(), someone(), [] as string[]];
    const { context } = await cast.plain.signIn(person, { classes: [MFA], comparison: 'maximum' }, as(who, { met }));
    expect([met, context]).toEqual([['identify', 'prove:password', 'prove:totp'], MFA]);
  });

  test('exact, the first of an order is aimed at, not the first that is there already', async () => {
    const [person, who, met] = [new Person(), someone(), [] as string[]];
    await cast.plain.signIn(person, {}, as(who));
    const { context } = await cast.plain.signIn(person, { classes: [MFA, ppt] }, as(who, { met }));
    expect([met, context]).toEqual([['prove:totp'], MFA]);
  });

  test('whoever has no second factor sets one up, and it counts at once', async () => {
    const met: string[] = [];
    const { context } = await cast.plain.signIn(new Person(), { classes: [MFA] }, as(newcomer(), { met }));
    expect([met, context]).toEqual([['identify', 'prove:password', 'register:totp', 'register:recovery-code'], MFA]);
  });

  test.each([
    ['unknown classes only', { classes: ['urn:nobody:knows', 'urn:nor:this'] }],
    ['better than everything', { classes: [MFA, 'urn:stile:acr:aal3'], comparison: 'better' }],
    ['better than what is unknown', { classes: ['urn:nobody:knows'], comparison: 'better' }],
  ] as const)('NoAuthnContext, without a page: %s', async (_what, asking) => {
    const answer = await cast.plain.signIn(new Person(), asking, nobody);
    expect(answer).toMatchObject(refusedWith('Responder', 'NoAuthnContext'));
  });

  test.each([
    ['exactly', { classes: ['phr'] }],
    ['at least', { classes: ['phrh'], comparison: 'minimum' }],
    ['better than two factors', { classes: [MFA], comparison: 'better' }],
  ] as const)('NoAuthnContext: %s what nobody here can prove', async (_what, asking) => {
    const answer = await cast.plain.signIn(ana, { ...asking, passive: true }, nobody);
    expect(answer).toMatchObject(refusedWith('Responder', 'NoAuthnContext'));
    // With pages, one says so first.
    const shown: string[] = [];
    const told = await cast.plain.signIn(ana, asking, async (who, page) => {
      shown.push(page.heading);
      return who.submit(page);
    });
    expect([told.status, shown]).toEqual([['Responder', 'NoAuthnContext'], [expect.any(String)]]);
  });

  test('unasked, the strongest that is true is said, or what the application prefers if it is true', async () => {
    expect(first?.context).toBe(ppt);
    expect(twoFactors).toContain(strong?.context);
    const [weak, both] = [
      await cast.preferring.signIn(iris, { passive: true }, nobody),
      await cast.preferring.signIn(ana, { passive: true }, nobody),
    ];
    expect([weak.context, both.context]).toEqual([ppt, multiple]);
  });

  test('ignore_requested_context ignores exact requests for a password, and nothing else', async () => {
    const { lenient } = cast;
    expect(twoFactors).toContain((await lenient.signIn(ana, { classes: [ppt], passive: true }, nobody)).context);
    expect(twoFactors).toContain(
      (await lenient.signIn(ana, { classes: [password, ppt], passive: true }, nobody)).context,
    );
    const both = await lenient.signIn(iris, { classes: [ppt, MFA], passive: true }, nobody);
    expect(both).toMatchObject(refusedWith('Responder', 'NoPassive'));
    const atLeast = await lenient.signIn(ana, { classes: [password], comparison: 'minimum', passive: true }, nobody);
    expect(atLeast.context).toBe(password);
  });
});

describe('when it was proved', () => {
  test('AuthnInstant is when the evidence was proved, not when the answer was written', async () => {
    const again = await cast.plain.signIn(iris, { passive: true }, nobody);
    expect(again.instant).toEqual(first?.instant);
    expect(again.issuedAt.getTime()).toBeGreaterThan(again.instant.getTime());
    expect(again.sessionIndex).toBe(first?.sessionIndex);
    expect(again.sessionEnds?.getTime()).toBeGreaterThan(again.issuedAt.getTime());
  });

  test('of two factors AuthnInstant is the newer; of the password in them it is its own', async () => {
    const [person, who] = [new Person(), someone()];
    const one = await cast.plain.signIn(person, {}, as(who));
    const two = await cast.plain.signIn(person, { classes: [MFA] }, as(who));
    expect(two.instant.getTime()).toBeGreaterThan(one.instant.getTime());
    const three = await cast.plain.signIn(person, { classes: [ppt], passive: true }, nobody);
    expect(three.instant).toEqual(one.instant);
  });

  test('after two factors every answer tells so, also from a live session and towards others', async () => {
    for (const sp of [cast.plain, cast.other, cast.preferring]) {
      const { attributes } = await sp.signIn(ana, { passive: true }, nobody);
      expect(attributes['http://schemas.microsoft.com/claims/authnmethodsreferences']).toEqual([
        'http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password',
        'http://schemas.microsoft.com/ws/2012/12/authmethod/otp',
        multiple,
      ]);
    }
    expect(first?.attributes['http://schemas.microsoft.com/claims/authnmethodsreferences']).toEqual([
      'http://schemas.microsoft.com/ws/2008/06/identity/authenticationmethod/password',
    ]);
  });

  test('ForceAuthn with IsPassive is NoPassive', async () => {
    expect(await cast.plain.signIn(iris, { force: true, passive: true }, nobody)).toMatchObject(
      refusedWith('Responder', 'NoPassive'),
    );
  });
});

describe('Subject', () => {
  const subjectOf = ({ nameId, format }: Answer) => ({ value: nameId, ...(format ? { format } : {}) });

  test('the person who is there: answered at once', async () => {
    const answer = await cast.plain.signIn(iris, { subject: subjectOf(first as Answer), passive: true }, nobody);
    expect(answer.nameId).toBe(first?.nameId);
  });

  test('somebody else, and no page may be shown: no assertion', async () => {
    const answer = await cast.plain.signIn(iris, { subject: subjectOf(strong as Answer), passive: true }, nobody);
    expect(answer.status[0]).not.toBe('Success');
    expect(answer.assertion).toBeUndefined();
  });

  test('somebody else signs in after all: RequestDenied, and no page tells who was meant', async () => {
    const shown: string[] = [];
    const answer = await cast.plain.signIn(new Person(), { subject: subjectOf(first as Answer) }, async (who, page) => {
      shown.push(page.html);
      return as(someone())(who, page);
    });
    expect(answer).toMatchObject(refusedWith('Responder', 'RequestDenied'));
    expect(shown.join('')).not.toContain('iris');
  });

  test('the one who was meant signs in', async () => {
    const { nameId } = await cast.plain.signIn(new Person(), { subject: subjectOf(first as Answer) }, as('iris'));
    expect(nameId).toBe(first?.nameId);
  });

  test.each([
    [
      'a name of another service provider',
      { value: '', format: nameIdFormat.persistent, spNameQualifier: 'https://sp.example/other' },
    ],
    ['a name nobody has', { value: 'nobody' }],
    ['a user name with a comment in it would be refused, with a space it is another', { value: 'iris ' }],
    ['a format nobody knows', { value: 'iris', format: 'urn:x' }],
  ])('%s: no assertion', async (_what, subject) => {
    const named = subject.value === '' ? { ...subject, value: first?.nameId as string } : subject;
    const answer = await cast.plain.signIn(iris, { subject: named, passive: true }, nobody);
    expect(answer.status[0]).not.toBe('Success');
  });
});

describe('NameIDPolicy', () => {
  const named = (format: string, who: Person = iris) =>
    cast.plain.signIn(who, { policy: { format, allowCreate: true }, passive: true }, nobody);

  test('persistent: the same every time, another for everybody and everywhere', async () => {
    const names = [
      first?.nameId,
      (await named(nameIdFormat.persistent)).nameId,
      (await named(nameIdFormat.persistent, ana)).nameId,
      (await cast.other.signIn(iris, { passive: true }, nobody)).nameId,
    ];
    expect(names[1]).toBe(names[0]);
    expect(new Set(names).size).toBe(3);
    expect(first).toMatchObject({ format: nameIdFormat.persistent, spNameQualifier: 'https://sp.example/plain' });
    expect(names.join()).not.toMatch(/iris|ana/);
  });

  test('transient: another in every session', async () => {
    const [one, two] = [await named(nameIdFormat.transient), await named(nameIdFormat.transient, ana)];
    expect([one.format, two.format]).toEqual([nameIdFormat.transient, nameIdFormat.transient]);
    expect(one.nameId).not.toBe(two.nameId);
  });

  test('emailAddress: one that was verified, or none', async () => {
    expect(await named(nameIdFormat.emailAddress)).toMatchObject({
      nameId: 'iris@northfold.example',
      format: nameIdFormat.emailAddress,
    });
    const omar = new Person();
    const policy = { format: nameIdFormat.emailAddress };
    const answer = await cast.plain.signIn(omar, { policy }, as('omar'));
    expect(answer).toMatchObject(refusedWith('Requester', 'InvalidNameIDPolicy'));
  });

  test('unspecified leaves it to us, and to the metadata, and to the administrator', async () => {
    expect((await named(nameIdFormat.unspecified)).format).toBe(nameIdFormat.persistent);
    expect((await cast.many.signIn(iris, { passive: true }, nobody)).format).toBe(nameIdFormat.emailAddress);
    expect(await cast.named.signIn(iris, { passive: true }, nobody)).toMatchObject({
      nameId: '00417',
      format: nameIdFormat.unspecified,
    });
  });

  test.each([
    ['a format nobody knows', cast.plain, { format: 'urn:x' }],
    ['encrypted', cast.plain, { format: nameIdFormat.encrypted }],
    ['a format its metadata does not list', cast.many, { format: nameIdFormat.persistent }],
    ['another format than the administrator decided', cast.named, { format: nameIdFormat.persistent }],
    [
      'names of somebody else',
      cast.plain,
      { format: nameIdFormat.persistent, spNameQualifier: 'https://sp.example/other' },
    ],
  ])('InvalidNameIDPolicy: %s', async (_what, sp, policy) => {
    expect(await sp.signIn(iris, { policy, passive: true }, nobody)).toMatchObject(
      refusedWith('Requester', 'InvalidNameIDPolicy'),
    );
  });

  test('a name that may not be made is only given where it was made before', async () => {
    const policy = { format: nameIdFormat.persistent, allowCreate: false };
    const person = new Person();
    const who = someone();
    expect(await cast.other.signIn(person, { policy }, as(who))).toMatchObject(
      refusedWith('Requester', 'InvalidNameIDPolicy'),
    );
    const { nameId } = await cast.other.signIn(person, { passive: true }, nobody);
    expect((await cast.other.signIn(person, { policy, passive: true }, nobody)).nameId).toBe(nameId);
  });
});

describe('where the answer goes', () => {
  const { many } = cast;
  const address = (name: string) => `https://sp.example/many/${name}`;
  test.each([
    ['the default without a word', {}, 'second'],
    ['an address', { consumer: address('first') }, 'first'],
    ['an index', { consumerIndex: 3 }, 'first'],
    ['an index and our binding', { consumerIndex: 7, protocolBinding: binding.post }, 'second'],
  ])('%s', async (_what, asking, name) => {
    expect((await many.signIn(iris, { ...asking, passive: true }, nobody)).consumer).toBe(address(name));
  });

  test.each([
    ['an address that is not in its metadata', { consumer: 'https://evil.example/acs' }],
    ['an address below a registered one', { consumer: `${address('first')}/../evil` }],
    ['an address in other letters', { consumer: address('first').replace('sp', 'SP') }],
    ['an address with a query', { consumer: `${address('first')}?x` }],
    ['an address with a space around it', { consumer: ` ${address('first')}` }],
    ['an address of another service provider', { consumer: 'https://sp.example/plain/acs' }],
    ['an address of javascript', { consumer: 'javascript:alert(1)' }],
    ['an index nobody has', { consumerIndex: 4 }],
    ['an index of a binding we do not speak', { consumerIndex: 9 }],
    ['an address and an index', { consumer: address('first'), consumerIndex: 3 }],
  ])('a page of ours: %s', async (_what, asking) => {
    const { to } = many.start({ ...asking, passive: true });
    const page = await iris.go(to);
    expect([page.status, page.delivery, page.url.origin]).toEqual([400, undefined, stile.issuer]);
    expect(page.html).not.toContain('evil.example');
    expect(page.html).not.toContain('SAMLResponse');
  });

  test('never to an address whose binding is not HTTP-POST', async () => {
    const answer = await cast.unbound.signIn(iris, { passive: true }, nobody);
    expect(answer.consumer).toBe('https://sp.example/unbound/acs');
  });

  test('another binding is UnsupportedBinding', async () => {
    for (const protocolBinding of [binding.redirect, 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Artifact', 'urn:x'])
      expect(await many.signIn(iris, { protocolBinding, passive: true }, nobody)).toMatchObject(
        refusedWith('Requester', 'UnsupportedBinding'),
      );
  });
});

describe('what is told', () => {
  test('what is configured, by names this application knows, as text that stays text', async () => {
    expect(first?.attributes).toMatchObject({
      displayName: ['Iris <Ödegård> & "Co"'],
      uid: ['iris'],
      mail: ['iris@northfold.example'],
      groups: ['Finance', 'Everyone'],
    });
    const { attributes } = await cast.preferring.signIn(iris, { passive: true }, nobody);
    expect(attributes).toMatchObject({
      'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress': ['iris@northfold.example'],
    });
  });

  test('AttributeConsumingServiceIndex: only what that service asks for; one that is not there is refused', async () => {
    const told = async (attributeIndex: number) =>
      Object.keys((await cast.many.signIn(iris, { attributeIndex, passive: true }, nobody)).attributes).filter(
        (name) => !name.includes('authnmethodsreferences'),
      );
    expect(await told(1)).toEqual(['mail']);
    expect((await told(2)).sort()).toEqual(['displayName', 'uid']);
    expect(await cast.many.signIn(iris, { attributeIndex: 5, passive: true }, nobody)).toMatchObject(
      refusedWith('Requester', 'RequestUnsupported'),
    );
  });

  test('ProxyCount is noted and harms nothing', async () => {
    expect(await cast.plain.signIn(iris, { proxyCount: 0, passive: true }, nobody)).toMatchObject({
      status: ['Success'],
    });
  });
});

describe('how it is sent', () => {
  test('by POST: checked, kept, and taken up by a GET of ours, which is where the cookies are', async () => {
    const { to, init, id } = cast.plain.start({ by: 'post', relayState: 'kept', passive: true });
    const posted = await new Person().fetch(to, { ...init, headers: {} });
    expect([posted.status, posted.headers.getSetCookie()]).toEqual([303, []]);
    const page = await iris.go(new URL(posted.headers.get('location') as string, to));
    const answer = await cast.plain.read(page, id);
    expect(answer).toMatchObject({ nameId: first?.nameId, relayState: 'kept' });
  });

  test.each([
    ['markup', `"><script>alert(1)</script>'&amp;`],
    ['white space', ' a  b\tc '],
    ['every kind of letter', 'ä€\u{1f600}\u200f%20+&=?#/\\'],
    ['an address', 'https://sp.example/deep?a=b&c=d#e'],
    ['4 KiB', 'x'.repeat(4096)],
    ['nothing', ''],
  ])('RelayState comes back as it was: %s', async (_what, relayState) => {
    for (const by of ['redirect', 'post'] as const) {
      const answer = await cast.plain.signIn(iris, { by, relayState, passive: true }, nobody);
      expect(answer.relayState).toBe(relayState);
    }
  });

  test('none comes back where none was sent, and one comes back from a walk and with a refusal', async () => {
    expect((await cast.plain.signIn(iris, { passive: true }, nobody)).relayState).toBeUndefined();
    const [person, relayState] = [new Person(), 'through "all" <pages>'];
    expect((await cast.plain.signIn(person, { relayState, passive: true }, nobody)).relayState).toBe(relayState);
    expect((await cast.plain.signIn(person, { relayState, by: 'post' })).relayState).toBe(relayState);
  });

  test('the page that carries it runs without our script too: one form, one button, nothing cached', async () => {
    const { to } = cast.plain.start({ passive: true });
    const page = await iris.go(to);
    expect(page.delivery?.buttons).toHaveLength(1);
    expect(page.headers.get('cache-control')).toContain('no-store');
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });
});

describe('signed requests', () => {
  const { signing, plain } = cast;
  const page = async (sp: typeof plain, asking: Parameters<typeof plain.start>[0]) => {
    const { to, init } = sp.start({ ...asking, passive: true });
    const { status, delivery } = await iris.go(to, init);
    return [status, delivery];
  };

  test.each(['redirect', 'post'] as const)('by %s, with any of its keys while they are changed', async (by) => {
    for (const pair of signing.signing)
      expect(await signing.signIn(iris, { by, sign: { pair }, passive: true }, nobody)).toMatchObject({
        status: ['Success'],
      });
  });

  test.each(['redirect', 'post'] as const)(
    'by %s, unsigned: only where metadata does not say AuthnRequestsSigned',
    async (by) => {
      expect(await page(signing, { by, sign: false })).toEqual([400, undefined]);
      expect(await plain.signIn(iris, { by, sign: false, passive: true }, nobody)).toMatchObject({
        status: ['Success'],
      });
      // Signed or not, it may leave out whom it is for only when nobody vouches for it.
      expect(await plain.signIn(iris, { by, sign: false, destination: null, passive: true }, nobody)).toMatchObject({
        status: ['Success'],
      });
      expect(await page(plain, { by, destination: null })).toEqual([400, undefined]);
    },
  );

  test.each(['redirect', 'post'] as const)('by %s, a signature that is there has to hold', async (by) => {
    const [other] = signing.signing;
    expect(await page(plain, { by, sign: { pair: other as NonNullable<typeof other> } })).toEqual([400, undefined]);
  });
});

describe('what the administrator decided', () => {
  test('idp_initiated: an answer nobody asked for, where it is on', async () => {
    const { opened, plain } = cast;
    const link = (entityId: string, more = '') => `${stile.issuer}/saml/sso?sp=${encodeURIComponent(entityId)}${more}`;
    const page = await iris.go(link(opened.metadata.entityId, '&RelayState=%22deep%22'));
    const answer = await opened.read(page, undefined);
    expect(answer).toMatchObject({ status: ['Success'], relayState: '"deep"', consumer: opened.consumer });
    expect(answer.xml).not.toContain('InResponseTo');
    for (const entityId of [plain.metadata.entityId, 'https://sp.example/nobody', '']) {
      const { status, delivery } = await iris.go(link(entityId));
      expect([entityId, status, delivery]).toEqual([entityId, 400, undefined]);
    }
    const walked = await as(someone())(...(await arrive(link(opened.metadata.entityId))));
    expect((await opened.read(walked, undefined)).status).toEqual(['Success']);
  });

  const arrive = async (link: string) => {
    const person = new Person();
    return [person, await person.go(link)] as const;
  };

  test.each([
    ['encrypted where there is a key for it', 'encrypting', true, /aes256-gcm.*rsa-oaep-mgf1p/],
    [
      'encrypted to a key without a use, by what it says it understands',
      'modern',
      true,
      /aes128-gcm.*xmlenc11#rsa-oaep/,
    ],
    ['never, whatever its metadata says', 'open', false, undefined],
    ['not to a key that only signs', 'curved', false, undefined],
  ] as const)('%s', async (_what, name, encrypted, algorithms) => {
    const answer = await cast[name].signIn(iris, { passive: true, sign: false }, nobody);
    expect(answer).toMatchObject({ status: ['Success'], encrypted });
    if (encrypted) expect(answer.xml).not.toContain('iris');
    if (algorithms) expect(answer.xml.replace(/\n/g, '')).toMatch(algorithms);
    expect(answer.xml).not.toMatch(/rsa-1_5|-cbc/);
  });

  test('encrypt: always, and no key for it: refused', async () => {
    const answer = await cast.keyless.signIn(iris, { passive: true }, nobody);
    expect(answer.status[0]).toBe('Responder');
  });

  test.each(['response', 'assertion', 'curve', 'old', 'saml2int', 'entra'] as const)('%s', async (name) => {
    const answer = await cast[name].signIn(iris, { passive: true }, nobody);
    expect(answer).toMatchObject({ status: ['Success'], encrypted: name === 'saml2int' });
    const method = { curve: 'ecdsa-sha256', old: 'rsa-sha1' }[name as string] ?? 'rsa-sha256';
    const methods = [...`${answer.xml}${answer.assertion}`.matchAll(/SignatureMethod Algorithm="[^"#]*#([^"]*)"/g)].map(
      ([, one]) => one,
    );
    expect(new Set(methods)).toEqual(new Set([method]));
    if (name === 'saml2int') expect(answer.format).toBe(nameIdFormat.transient);
    if (name === 'entra')
      expect(answer).toMatchObject({
        nameId: 'aXJpcw==',
        format: nameIdFormat.persistent,
        attributes: { IDPEmail: ['iris@northfold.example'] },
      });
  });

  test('refusals are signed as the application wants its answers, and never encrypted', async () => {
    for (const sp of [cast.assertion, cast.curve, cast.entra, cast.saml2int])
      expect(await sp.signIn(new Person(), { passive: true }, nobody)).toMatchObject({
        ...refusedWith('Responder', 'NoPassive'),
        encrypted: false,
      });
  });

  test('whoever is in none of its groups gets RequestDenied', async () => {
    expect(await cast.finance.signIn(iris, { passive: true }, nobody)).toMatchObject({ status: ['Success'] });
    expect(await cast.finance.signIn(ana, { passive: true }, nobody)).toMatchObject(
      refusedWith('Responder', 'RequestDenied'),
    );
  });
});
