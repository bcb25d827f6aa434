/**
 * XML we write ourselves, born in exclusive canonical form (xml-exc-c14n), so that signing it needs no parser and no
 * canonicalizer. What is put into a template is escaped by where it stands; only what a template made itself goes in as it
 * is. The templates have to be canonical (namespace declarations first, attributes in order, no empty-element tags):
 * a test holds all of them against two canonicalizers of others.
 */

/** A piece of canonical XML. Only templates make it, so nothing in it is unescaped. */
export class Canonical {
  readonly #xml: string;
  constructor(strings: readonly string[], holes: readonly Hole[]) {
    const within = places(strings);
    let xml = strings[0] as string;
    for (let i = 0; i < holes.length; i++) xml += written(holes[i], within[i] as boolean) + strings[i + 1];
    this.#xml = xml;
  }
  toString(): string {
    return this.#xml;
  }
}

/** Undefined and the empty list write nothing. */
export type Hole = string | Canonical | readonly Canonical[] | undefined;

/** Writes canonical XML: xml`<a b="${value}">${text}</a>`. */
export const xml = (strings: TemplateStringsArray, ...holes: Hole[]): Canonical => new Canonical(strings, holes);

/** An attribute that is not always there, with the space before it. The name is ours, never input. */
export const attribute = (name: string, value: string | undefined): Canonical | undefined =>
  value === undefined ? undefined : new Canonical([` ${name}="`, '"'], [value]);

const known = new WeakMap<readonly string[], boolean[]>();

/** For each hole, whether it stands inside a tag (in an attribute's value) or between tags. */
function places(strings: readonly string[]): boolean[] {
  const seen = known.get(strings);
  if (seen) return seen;
  let inside = false;
  const within = strings.map((part) => {
    const [open, close] = [part.lastIndexOf('<'), part.lastIndexOf('>')];
    if (open !== close) inside = open > close;
    return inside;
  });
  // Attribute pieces begin in the middle of a tag.
  if (strings[0]?.startsWith(' ')) within[0] = true;
  known.set(strings, within);
  return within;
}

function written(hole: Hole, inTag: boolean): string {
  if (typeof hole === 'string') return inTag ? attributeText(hole) : characterData(hole);
  if (hole === undefined) return '';
  return hole instanceof Canonical ? hole.toString() : hole.join('');
}

/**
 * No XML 1.0 document can hold these, however escaped: they become the replacement character. The line ends that XML 1.1
 * added are legal, but readers that know them (xmldom) read another text than was signed: they become the one all agree on.
 */
const illegal = /[^\t\n\r\u0020-\u0084\u0086-\u2027\u2029-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const legal = (text: string): string =>
  text.replace(illegal, (one) => (one === '\u0085' || one === '\u2028' ? '\n' : '\ufffd'));

const inText: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };
const inAttribute: Readonly<Record<string, string>> = {
  ...{ '&': '&amp;', '<': '&lt;', '"': '&quot;' },
  ...{ '\t': '&#x9;', '\n': '&#xA;', '\r': '&#xD;' },
};

/** Character data as canonicalization writes it (xml-c14n section 2.3). Takes what a parser took: nothing illegal. */
export const escapedText = (text: string): string =>
  /[&<>\r]/.test(text) ? text.replace(/[&<>\r]/g, (one) => inText[one] as string) : text;

/** The value of an attribute, likewise. */
export const escapedValue = (text: string): string =>
  /[&<"\t\n\r]/.test(text) ? text.replace(/[&<"\t\n\r]/g, (one) => inAttribute[one] as string) : text;

const characterData = (text: string): string => escapedText(legal(text));
const attributeText = (text: string): string => escapedValue(legal(text));
