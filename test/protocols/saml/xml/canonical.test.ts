/** XML we write is what the standard's canonical form of it would be, and says what was put in, whatever that was. */
import { DOMParser } from '@xmldom/xmldom';
import fc from 'fast-check';
import { XmlC14NMode, XmlDocument } from 'libxml2-wasm';
import { SaxesParser } from 'saxes';
import { ExclusiveCanonicalization } from 'xml-crypto';
import { attribute, type Canonical, xml } from '../../../../src/protocols/saml/xml/canonical.ts';

/** The same texts every time, so that a red run is a change of ours; FUZZ_SEED asks others. */
const seed = Number(process.env.FUZZ_SEED ?? 20_261_124);

/** Letters of every kind, and those that mean something to XML. */
const anything = fc.string({
  unit: fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        ...`<>&"'\r\n\t ]-!?/=:;#\0\u0001\u000b\u007f\u0085\u2028\ufeff\ufffe\uffff\ud800\udc00`,
      ),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.constantFrom(']]>', '<!--', '-->', '<![CDATA[', '&amp;', '&#x41;', '</a>', '<?x?>') },
  ),
  maxLength: 30,
});

const written = (text: string, value: string, sometimes: string | undefined): Canonical =>
  xml`<a:b xmlns:a="urn:a" x="${value}"${attribute('y', sometimes)}><c xmlns="urn:c">${text}</c>${undefined}${[
    xml`<a:d>${text}</a:d>`,
    xml`<a:d z="${value}"></a:d>`,
  ]}</a:b>`;

/** What XML 1.0 cannot hold stands as the replacement character, the line ends of XML 1.1 as a line end. */
const sayable = (text: string): string =>
  Array.from(text, (one) => (/[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(one) ? one : '\ufffd'))
    .join('')
    .replace(/[\u0085\u2028]/g, '\n');

interface Said {
  readonly texts: readonly string[];
  readonly values: Readonly<Record<string, string>>;
}
const expected = (text: string, value: string, sometimes: string | undefined): Said => ({
  texts: [sayable(text), sayable(text), ''],
  values: { x: sayable(value), z: sayable(value), ...(sometimes === undefined ? {} : { y: sayable(sometimes) }) },
});

function bySaxes(document: string): Said {
  const parser = new SaxesParser({ xmlns: true });
  const [texts, values]: [string[], Record<string, string>] = [[], {}];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ prefix, local, attributes }) => {
    for (const { name, value } of Object.values(attributes)) if (!name.startsWith('xmlns')) values[name] = value;
    if (`${prefix}:${local}` !== 'a:b') texts.push('');
  });
  parser.on('text', (data) => texts.push(`${texts.pop()}${data}`));
  parser.write(document).close();
  return { texts, values };
}

function byXmldom(document: string): Said {
  const strict = (message: string) => {
    throw new Error(message);
  };
  const parser = new DOMParser({ errorHandler: { warning: strict, error: strict, fatalError: strict } });
  const root = parser.parseFromString(document, 'text/xml').documentElement;
  const children = Array.from(root.childNodes) as Element[];
  const values = [root, ...children].flatMap((one) => Array.from(one.attributes));
  return {
    texts: children.map((one) => one.textContent ?? ''),
    values: Object.fromEntries(
      values.filter(({ name }) => !name.startsWith('xmlns')).map(({ name, value }) => [name, value]),
    ),
  };
}

const holes = [anything, anything, fc.option(anything, { nil: undefined })] as const;

test('whatever is put in is read out again, by two parsers', () => {
  fc.assert(
    fc.property(...holes, (text, value, sometimes) => {
      const document = String(written(text, value, sometimes));
      const said = expected(text, value, sometimes);
      expect(bySaxes(document)).toEqual(said);
      expect(byXmldom(document)).toEqual(said);
    }),
    { seed, numRuns: 2000 },
  );
});

test('it is its own exclusive canonical form, byte for byte, by two canonicalizers', () => {
  const xmlCrypto = new ExclusiveCanonicalization();
  fc.assert(
    fc.property(...holes, (text, value, sometimes) => {
      const document = String(written(text, value, sometimes));
      const root = new DOMParser().parseFromString(document, 'text/xml').documentElement;
      expect(xmlCrypto.process(root, {})).toBe(document);
      const libxml2 = XmlDocument.fromString(document);
      expect(libxml2.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 })).toBe(document);
      libxml2.dispose();
    }),
    { seed, numRuns: 2000 },
  );
});
