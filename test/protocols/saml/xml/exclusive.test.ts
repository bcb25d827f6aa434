/** The canonicaliser that hashes aggregates, byte for byte beside two others that nobody here wrote. */
import { DOMParser } from '@xmldom/xmldom';
import fc from 'fast-check';
import { XmlC14NMode, XmlDocument } from 'libxml2-wasm';
import { SaxesParser } from 'saxes';
import { ExclusiveCanonicalization } from 'xml-crypto';
import { Exclusive } from '../../../../src/protocols/saml/xml/exclusive.ts';

function ours(text: string, inclusive: readonly string[] = []): string {
  let canonical = '';
  const to = new Exclusive((more) => (canonical += more), { inclusive: new Set(inclusive) });
  const parser = new SaxesParser({ xmlns: true, position: false });
  let depth = 0;
  const characters = (data: string) => {
    if (depth > 0) to.text(data);
  };
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    depth += 1;
    to.open(tag);
  });
  parser.on('closetag', () => {
    depth -= 1;
    to.close();
  });
  parser.on('text', characters);
  parser.on('cdata', characters);
  parser.write(text).close();
  return canonical;
}

/** xml-crypto's, over the parser it uses. */
function theirs(text: string, inclusive: readonly string[] = []): string {
  const root = new DOMParser().parseFromString(text, 'text/xml').documentElement;
  return new ExclusiveCanonicalization().process(root as unknown as Element, {
    inclusiveNamespacesPrefixList: [...inclusive],
  });
}

function libxml2s(text: string, inclusive: readonly string[] = []): string {
  const document = XmlDocument.fromString(text);
  try {
    return document.canonicalizeToString({
      mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0,
      withComments: false,
      inclusiveNamespacePrefixes: inclusive.map((prefix) => prefix || '#default'),
    });
  } finally {
    document.dispose();
  }
}

interface Shape {
  readonly prefix: string;
  readonly name: string;
  readonly declared: readonly (readonly [string, string])[];
  readonly attributes: readonly (readonly [string, string, string])[];
  readonly children: readonly (Shape | string)[];
}

const prefixes = ['', 'a', 'b', 'c', 'md', 'x'];
const spaces = ['urn:one', 'urn:two', 'http://three.example/'];
const names = ['E', 'f', 'Ünï', 'g-h.i', '_k'];
/** Text as it may be written in a file: escaped, in CDATA, with comments within, and every kind of line end. */
const written = fc.constantFrom(
  ...['Ana', ' ', '\n', '\r\n', '\r', '\t', '&amp;', '&lt;', '&gt;', '&quot;', '&apos;', '&#xD;', '&#10;', '&#x9;'],
  ...['é', '日本', '😀', '<!-- aside -->', '<![CDATA[<&>"]]>', '<![CDATA[]]>', '"', "'", '&#x1F600;'],
);
const value = fc
  .array(
    fc.constantFrom('v', ' ', '&#xD;', '&#10;', '&#x9;', '&amp;', '&lt;', '&gt;', '&quot;', "'", 'é', '😀', '>', '  '),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''));

const { root: shape } = fc.letrec<{ root: Shape; child: Shape | string }>((tie) => ({
  root: fc.record({
    prefix: fc.constantFrom(...prefixes),
    name: fc.constantFrom(...names),
    declared: fc.uniqueArray(fc.tuple(fc.constantFrom(...prefixes), fc.constantFrom(...spaces, '')), {
      selector: ([prefix]) => prefix,
      maxLength: 4,
    }),
    attributes: fc.array(fc.tuple(fc.constantFrom(...prefixes), fc.constantFrom(...names), value), { maxLength: 4 }),
    children: fc.array(tie('child'), { maxLength: 5 }),
  }),
  child: fc.oneof({ depthSize: 'small', withCrossShrink: true }, written, tie('root')),
}));

/** The text of a shape, made namespace-well-formed: what is used and not declared is declared, what stands twice left out. */
function textOf(shape: Shape, scope: ReadonlyMap<string, string> = new Map()): string {
  const declared = new Map(shape.declared.filter(([prefix, uri]) => prefix === '' || uri !== ''));
  const inside = new Map([...scope, ...declared]);
  for (const prefix of [shape.prefix, ...shape.attributes.map(([one]) => one)]) {
    if (prefix === '' || inside.get(prefix)) continue;
    declared.set(prefix, spaces[0] as string);
    inside.set(prefix, spaces[0] as string);
  }
  const seen = new Set<string>();
  const attributes = shape.attributes.filter(([prefix, name]) => {
    const full = `${prefix === '' ? '' : inside.get(prefix)} ${name}`;
    return !seen.has(full) && seen.add(full);
  });
  const qualified = (prefix: string, name: string) => (prefix === '' ? name : `${prefix}:${name}`);
  const tag = qualified(shape.prefix, shape.name);
  const all = [
    ...attributes.map(([prefix, name, text]) => ` ${qualified(prefix, name)}="${text}"`),
    ...[...declared].map(([prefix, uri]) => `\n xmlns${prefix && ':'}${prefix}='${uri}'`),
  ];
  const children = shape.children.map((one) => (typeof one === 'string' ? one : textOf(one, inside)));
  return children.length === 0 ? `<${tag}${all.join('')}/>` : `<${tag}${all.join('')}>${children.join('')}</${tag}>`;
}

const document = shape.map(
  (one) => `<?xml version="1.0" encoding="UTF-8"?>\n<!-- before -->\n${textOf(one)}\n<!-- after -->`,
);

test('writes the same bytes as libxml2, with and without a PrefixList', () => {
  const list = fc.subarray(prefixes);
  fc.assert(
    fc.property(document, list, (text, inclusive) => {
      expect(ours(text)).toBe(libxml2s(text));
      expect(ours(text, inclusive)).toBe(libxml2s(text, inclusive));
    }),
    { numRuns: 2000 },
  );
});

test('writes the same bytes as xml-crypto', () => {
  fc.assert(
    fc.property(document, (text) => {
      expect(ours(text)).toBe(theirs(text));
    }),
    { numRuns: 2000 },
  );
});

test('writes a namespace as an attribute (xml-c14n section 2.3), where those two write what is no XML', () => {
  expect(ours('<a xmlns="urn:q?a&amp;b"/>')).toBe('<a xmlns="urn:q?a&amp;b"></a>');
});

test('orders by code points, not by halves of them', () => {
  const text = '<a \u{10000}="1" \uff21="2"/>';
  expect(ours(text)).toBe('<a \uff21="2" \u{10000}="1"></a>');
  expect(libxml2s(text)).toBe(ours(text));
});
