/**
 * Signature wrapping and parser tricks against the one file that reads XML: what
 * is read is what was signed, or nothing.
 */
import type { KeyObject } from 'node:crypto';
import { algorithm, ns } from '../../src/protocols/saml/names.ts';
import { UnreadableXml, type XmlElement } from '../../src/protocols/saml/xml/element.ts';
import { BadSignature, readXml, verifiedXml } from '../../src/protocols/saml/xml/reading.ts';
import { pair } from '../support/saml-keys.ts';
import { signedXml } from '../support/saml-messages.ts';
import {
  attacker,
  honest,
  macSigned,
  type Signed,
  signedAnew,
  signedRequests,
  withIds,
  wrappings,
} from './saml-forgeries.ts';

/** What is read of a signed message; why not, where it is refused. Anything else that is thrown fails the test. */
function judged(text: string, keys: readonly KeyObject[] = [honest.publicKey], sha1 = false): XmlElement | string {
  try {
    return verifiedXml(text, readXml(text), keys, sha1);
  } catch (error) {
    if (error instanceof BadSignature || error instanceof UnreadableXml) return error.message;
    throw error;
  }
}
const refused = expect.any(String);
const both = (test: (signed: Signed) => void) => signedRequests.forEach(test);

test('what is honest is read as it was written', () => {
  both(({ xml, bare }) => expect(judged(xml)).toEqual(readXml(bare)));
  const [{ bare }] = signedRequests as [Signed];
  const other = pair('other');
  for (const xml of [bare, `<?xml version="1.0" encoding="UTF-8"?>\n${bare}\n`])
    expect(judged(signedAnew(xml), [other.publicKey, honest.publicKey])).toEqual(readXml(bare));
});

describe('signature wrapping', () => {
  test.each(Object.entries(wrappings))('%s', (_name, wrap) => {
    both((signed) => {
      for (const evil of withIds(signed.evil, signed.id)) {
        const text = wrap({ ...signed, evil });
        expect(text).toContain('SignatureValue');
        expect(judged(text)).toEqual(refused);
      }
    });
  });
});

/** Each changes one honest message; whatever comes of it is refused. */
const tricks: Readonly<Record<string, (signed: Signed) => string | readonly string[]>> = {
  'no signature at all': ({ bare }) => bare,
  'a signature of nothing but its name': ({ xml, signature }) =>
    xml.replace(signature, `<ds:Signature xmlns:ds="${ns.signature}"/>`),
  'the right Signature in another namespace': ({ xml }) => xml.replaceAll(ns.signature, `${ns.signature}#`),
  "the attacker's signature, with its certificate in KeyInfo": ({ bare }) => signedAnew(bare, { by: attacker }),
  "the attacker's signature, with the honest certificate in KeyInfo": ({ bare }) =>
    signedAnew(bare, { by: attacker }).replace(attacker.base64, honest.base64),
  "the attacker's key as KeyValue, or to be fetched": ({ bare }) => {
    const jwk = attacker.publicKey.export({ format: 'jwk' });
    const base64 = (part: string | undefined) => Buffer.from(part as string, 'base64url').toString('base64');
    const value = `<ds:RSAKeyValue><ds:Modulus>${base64(jwk.n)}</ds:Modulus><ds:Exponent>${base64(jwk.e)}</ds:Exponent></ds:RSAKeyValue>`;
    return [`<ds:KeyValue>${value}</ds:KeyValue>`, '<ds:RetrievalMethod URI="https://evil.example/key"/>'].map((info) =>
      signedAnew(bare, { by: attacker }).replace(/<ds:X509Data>.*<\/ds:X509Data>/, info),
    );
  },
  'the public key taken for the key of a MAC': (signed) => {
    const keys = [
      honest.publicKey.export({ type: 'spki', format: 'pem' }),
      honest.publicKey.export({ type: 'spki', format: 'der' }),
      honest.certificate,
      Buffer.from(honest.base64, 'base64'),
      '',
    ];
    return keys.flatMap((key) => [
      macSigned(signed, 'http://www.w3.org/2000/09/xmldsig#hmac-sha1', 'sha1', key),
      macSigned(signed, 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256', 'sha256', key),
    ]);
  },
  'algorithms that are none, old, or of another key': ({ xml }) =>
    [
      ...['', 'none', 'constructor', '__proto__', 'http://www.w3.org/2001/04/xmldsig-more#rsa-md5', algorithm.rsaSha1],
      ...['http://www.w3.org/2000/09/xmldsig#dsa-sha1', algorithm.ecdsaSha256, algorithm.rsaSha512],
    ].map((method) => xml.replace(algorithm.rsaSha256, method)),
  'digests that are none or old': ({ bare, xml }) => [
    signedAnew(bare, { digest: algorithm.sha1 }),
    ...['', 'toString', 'http://www.w3.org/2001/04/xmldsig-more#md5'].map((digest) =>
      xml.replace(algorithm.sha256, digest),
    ),
  ],
  'references to everything, to nothing and to elsewhere': ({ bare, xml, id }) => [
    signedAnew(bare, { uri: '' }),
    ...[
      ...['', '#', id, '#_evil', `#${id} `, `# ${id}`, `#${id}#`, '#*', '#xpointer(/)', `#xpointer(id('${id}'))`],
      ...['https://evil.example/', `https://sp.example/#${id}`, "#' or '1'='1", `#${id}' or @ID='_evil`, '#__proto__'],
    ].map((uri) => xml.replace(`URI="#${id}"`, `URI="${uri}"`)),
    xml.replace(` URI="#${id}"`, ''),
  ],
  'two references, or the same one twice': ({ bare, xml }) => [
    signedAnew(bare, { twice: true }),
    xml.replace(/<ds:Reference.*<\/ds:Reference>/, (one) => one + one),
    xml.replace(/<ds:Reference.*<\/ds:Reference>/, ''),
  ],
  'other transforms, or another order': ({ bare, xml }) => [
    ...[
      [algorithm.enveloped],
      [algorithm.exclusiveC14n],
      [algorithm.exclusiveC14n, algorithm.enveloped],
      [algorithm.enveloped, algorithm.enveloped, algorithm.exclusiveC14n],
      [algorithm.enveloped, `${algorithm.exclusiveC14n}WithComments`],
      [algorithm.enveloped, 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'],
    ].map((transforms) => signedAnew(bare, { transforms })),
    signedAnew(bare, { canonicalization: `${algorithm.exclusiveC14n}WithComments` }),
    ...[
      '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>1</ds:XPath></ds:Transform>',
      '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><a/></ds:Transform>',
      '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"/>',
      '<ds:Transform/>',
    ].map((one) => xml.replace('<ds:Transforms>', (start) => start + one)),
    xml.replace(/<ds:Transforms>.*<\/ds:Transforms>/, ''),
  ],
  'two of what has to be one': ({ xml, signature }) => [
    xml.replace(signature, signature + signature),
    ...['SignedInfo', 'SignatureValue', 'SignatureMethod', 'CanonicalizationMethod', 'DigestMethod', 'DigestValue'].map(
      (name) => xml.replace(new RegExp(`<ds:${name}[ >/].*?(</ds:${name}>|/>)`), (one) => one + one),
    ),
    // A SignedInfo that an XPath finds first (CVE-2019-3465, CVE-2025-29774).
    xml.replace('<ds:KeyInfo>', (start) => start + /<ds:SignedInfo>.*<\/ds:SignedInfo>/.exec(xml)?.[0]),
    xml.replace(
      /<ds:DigestValue>.*<\/ds:DigestValue>/,
      '<ds:DigestValue><ds:DigestValue>AA==</ds:DigestValue></ds:DigestValue>',
    ),
  ],
  'more in a Signature than a signature': ({ xml }) => {
    const nested = `<ds:Signature xmlns:ds="${ns.signature}"/>`;
    return [
      ...['<ds:Object/>', '<ds:Object>x</ds:Object>', nested].map((more) =>
        xml.replace('</ds:Signature>', (end) => more + end),
      ),
      xml.replace('<ds:KeyInfo>', (start) => start + nested),
    ];
  },
  'comments and processing instructions in values (CVE-2017-11427, CVE-2025-29775)': ({ xml }) =>
    ['<!---->', '<!-- x -->', '<?x?>', '<?xml version="1.0"?>'].flatMap((inside) =>
      [
        ['sp.example/sp</saml:Issuer>', `sp.example${inside}/sp</saml:Issuer>`],
        ['<ds:DigestValue>', `<ds:DigestValue>${inside}`],
        ['</ds:SignatureValue>', `${inside}</ds:SignatureValue>`],
        ['<saml:Issuer>', `${inside}<saml:Issuer>`],
        ['northfold.example</saml:NameID>', `northfold.example${inside}.evil.example</saml:NameID>`],
      ]
        .filter(([from]) => xml.includes(from as string))
        .map(([from, to]) => xml.replace(from as string, to as string)),
    ),
  'a document type, in every dress': ({ xml, id }) =>
    [
      '<!DOCTYPE a>',
      '<!doctype a>',
      '<!DOCTYPE a SYSTEM "https://evil.example/x.dtd">',
      '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
      '<!DOCTYPE a [<!ENTITY % x SYSTEM "https://evil.example/x.dtd"> %x;]>',
      `<!DOCTYPE a [<!ATTLIST samlp:AuthnRequest ID ID "${id}">]>`,
      '<!DOCTYPE a [<!ATTLIST samlp:LogoutRequest Reason CDATA "x">]>',
      `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">${'bcdefghij'
        .split('')
        .map((name, i) => `<!ENTITY ${name} "${`&${'abcdefghi'[i]};`.repeat(10)}">`)
        .join('')}]>`,
      '<!DOCTYPE\n a []>',
      '<!DOCTYPE a [<!-- ]> -->]>',
      '<!ENTITY x "y">',
      '<!ELEMENT a ANY>',
    ].flatMap((type) => [type + xml, xml + type, xml.replace('<saml:Issuer>', (start) => type + start)]),
  'entities nobody declared': ({ xml }) =>
    ['&x;', '&nbsp;', '&lt', '&', '&#0;', '&#x1F;', '&#xD800;', '&#xFFFF;', '&#x110000;', '&#;', '&#x;'].map((entity) =>
      xml.replace('</saml:Issuer>', (end) => entity + end),
    ),
  'characters XML does not have': ({ xml }) =>
    ['\0', '\u0001', '\u001f', '\ufffe', '\uffff', '\ud800', '\udc00'].flatMap((one) => [
      xml.replace('</saml:Issuer>', (end) => one + end),
      xml.replace('sp.example', (name) => one + name),
      xml + one,
      one + xml,
    ]),
  'IDs twice, by any name a reader could take for one': ({ xml, id }) =>
    ['ID', 'Id', 'id', 'iD', 'xml:id', 'samlp:ID', 'saml:Id'].flatMap((name) => [
      xml.replace('<saml:Issuer>', `<saml:Issuer ${name}="${id}">`),
      xml.replace('<ds:Signature ', `<ds:Signature ${name}="${id}" `),
      xml.replace('<ds:KeyInfo>', `<ds:KeyInfo ${name}="${id}">`),
      xml.replace(' ID=', ` ${name}="${id}" ID=`),
    ]),
  'IDs that are none': ({ bare }) =>
    ['', ' ', '1', 'a b', "a' or '1'='1", 'a"', '../a', 'a:b', 'ä', 'a#b'].map((id) =>
      signedAnew(bare.replace('ID="_honest"', `ID="${id.replace('"', '&quot;')}"`)),
    ),
  'namespaces and attributes that readers differ over (CVE-2025-25292)': ({ xml }) => [
    xml.replace('xmlns:samlp=', `xmlns:samlp="${ns.protocol}" xmlns:samlp=`),
    xml.replace('xmlns:samlp=', 'xmlns:a="urn:a" xmlns:b="urn:a" a:x="1" b:x="2" xmlns:samlp='),
    xml.replace('xmlns:samlp=', 'xmlns:xml="urn:a" xmlns:samlp='),
    xml.replace('xmlns:samlp=', 'xmlns:xmlns="urn:a" xmlns:samlp='),
    xml.replace('xmlns:samlp=', 'xmlns:a="" xmlns:samlp='),
    xml.replace('xmlns:samlp=', 'nobody:x="1" xmlns:samlp='),
    xml
      .replace('xmlns:samlp=', `xmlns="${ns.signature}" xmlns:samlp=`)
      .replace('<ds:SignedInfo>', '<SignedInfo/><ds:SignedInfo>'),
    xml.replace('Version="2.0"', 'Version="2.0" Version="2.0"'),
    xml.replace('Version="2.0"', 'Version=2.0'),
    xml.replace('Version="2.0"', 'Version="<"'),
    xml.replace('Version="2.0"', 'Version'),
    xml.replace('Version="2.0"', 'Version="2.0"x="y"'),
    xml.replace('<saml:Issuer>', '<saml:Issuer:x/><saml:Issuer>'),
    xml.replace('<saml:Issuer>', '<SAML:Issuer/><saml:Issuer>'),
    xml.replace('</saml:Issuer>', '</saml:issuer>'),
    xml.replace('</saml:Issuer>', ''),
    `<x/>${xml}`,
    `${xml}x`,
    `x${xml}`,
    xml.slice(0, -1),
    xml.slice(1),
  ],
  'other encodings and other versions': ({ xml }) => [
    ...['UTF-16', 'utf-7', 'ISO-8859-1', 'US-ASCII', 'cp037', 'UTF-8 '].map(
      (encoding) => `<?xml version="1.0" encoding="${encoding}"?>${xml}`,
    ),
    `<?xml version="1.1"?>${xml}`,
    `<?xml version="2.0"?>${xml}`,
    ` <?xml version="1.0"?>${xml}`,
    `<?xml version="1.0"?><?xml version="1.0"?>${xml}`,
    Buffer.from(xml, 'utf16le').toString('utf8'),
    Buffer.from(xml, 'utf16le').toString('latin1'),
    `+ADw-${xml.slice(1)}`,
  ],
  'too deep, too many, too long': ({ xml }) => [
    xml.replace('<ds:KeyInfo>', (start) => start + '<a>'.repeat(5000) + '</a>'.repeat(5000)),
    xml.replace('<ds:KeyInfo>', (start) => start + '<a/>'.repeat(50_000)),
    xml.replace('<ds:KeyInfo>', `<ds:KeyInfo ${Array.from({ length: 5000 }, (_, i) => `a${i}="b"`).join(' ')}>`),
    xml.replace('<ds:KeyInfo>', `<ds:KeyInfo ${Array.from({ length: 5000 }, (_, i) => `xmlns:a${i}="b"`).join(' ')}>`),
    xml.replace('<saml:Issuer>', `<saml:Issuer ${'a'.repeat(100_000)}="b">`),
    xml.replace('<saml:Issuer>', `<${'a'.repeat(100_000)}/><saml:Issuer>`),
    '<'.repeat(100_000),
    '<a>'.repeat(100_000),
  ],
  'nothing that is XML': () => ['', ' ', '<', '<>', 'x', '{}', '<?xml version="1.0"?>', '<![CDATA[x]]>', '\ufeff'],
};

describe('tricks on parsers and on signatures', () => {
  test.each(Object.entries(tricks))('%s', (_name, trick) => {
    both((signed) => {
      for (const text of [trick(signed)].flat()) {
        expect(text).not.toBe(signed.xml);
        expect({ text, judged: judged(text) }).toEqual({ text, judged: refused });
      }
    });
  });

  test('SHA-1 only where it is allowed, a key of another kind and no key at all never', () => {
    both(({ bare, xml }) => {
      const old = signedXml(bare, { pair: honest, method: algorithm.rsaSha1, digest: algorithm.sha1 });
      expect(judged(old)).toEqual(refused);
      expect(judged(old, [honest.publicKey], true)).toEqual(readXml(bare));
      expect(judged(xml, [pair('curve', 'ec').publicKey])).toEqual(refused);
      expect(judged(xml, [])).toEqual(refused);
    });
  });

  test.each([
    ['half of a surrogate pair, which takes what follows along', '<a>\ud800<b/></a>'],
    ['a prefix of no namespace', '<a:b xmlns:a=""/>'],
    ['a namespace with a space before it', '<a xmlns=" urn:x"/>'],
    ['a namespace with a line end after it', '<a:b xmlns:a="urn:x&#10;"/>'],
  ])('what readers of XML differ over is not read: %s', (_what, text) => {
    expect(() => readXml(text)).toThrow(UnreadableXml);
  });

  test('what a canonical form does not tell apart is read as it was signed', () => {
    both(({ xml, bare }) => {
      const same = [
        xml.replace('sp.example/sp<', '<![CDATA[sp.example/sp]]><'),
        xml.replace('sp.example/sp<', '&#115;p.example/sp<'),
        xml.replace('Version="2.0"', "Version='2.0'\n"),
        `<?xml version="1.0"?>${xml}\n`,
        // Key information is never looked at.
        xml.replace(/<ds:KeyInfo>.*<\/ds:KeyInfo>/, ''),
        xml.replace(honest.base64, attacker.base64),
      ];
      for (const text of same) expect(judged(text)).toEqual(readXml(bare));
    });
  });
});
