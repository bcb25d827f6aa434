/**
 * Exclusive canonicalization without comments (xml-exc-c14n, with the PrefixList of section 2.2), of events instead of a
 * tree: what is handed in is written out at once. Held byte for byte against the implementation of others in a test.
 */
import { escapedText, escapedValue } from './canonical.ts';

/** An element's start as a namespace-aware parser tells it. */
export interface Tag {
  readonly name: string;
  readonly prefix: string;
  readonly local: string;
  readonly uri: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

interface Attribute {
  readonly name: string;
  readonly prefix: string;
  readonly local: string;
  readonly uri: string;
  readonly value: string;
}

/** Namespaces by prefix; the default one by ''. */
export type Namespaces = ReadonlyMap<string, string>;

const none: Namespaces = new Map();
const noPrefixes: ReadonlySet<string> = new Set();

/** The namespaces in scope inside an element. */
export function declaredBy(tag: Tag, around: Namespaces = none): Namespaces {
  let inside: Map<string, string> | undefined;
  for (const key in tag.attributes) {
    const { name, prefix, local, value } = tag.attributes[key] as Attribute;
    if (prefix !== 'xmlns' && name !== 'xmlns') continue;
    inside ??= new Map(around);
    inside.set(name === 'xmlns' ? '' : local, value);
  }
  return inside ?? around;
}

export interface ExclusiveOptions {
  /** Namespaces declared around the element that is canonicalized. */
  readonly around?: Namespaces;
  /** The PrefixList of InclusiveNamespaces, `#default` as ''. */
  readonly inclusive?: ReadonlySet<string>;
}

export class Exclusive {
  readonly #write: (text: string) => void;
  readonly #inclusive: ReadonlySet<string>;
  /** What is in scope, and what has been written, inside each open element. */
  readonly #scopes: Namespaces[];
  readonly #written: Namespaces[] = [none];
  readonly #names: string[] = [];

  constructor(write: (text: string) => void, { around = none, inclusive = noPrefixes }: ExclusiveOptions = {}) {
    this.#write = write;
    this.#inclusive = inclusive;
    this.#scopes = [around];
  }

  open(tag: Tag): void {
    const scope = declaredBy(tag, this.#scopes.at(-1));
    const before = this.#written.at(-1) as Namespaces;
    const plain: Attribute[] = [];
    let due: Map<string, string> | undefined;
    const use = (prefix: string) => {
      const uri = scope.get(prefix) ?? '';
      if (prefix === 'xml' || (before.get(prefix) ?? '') === uri) return;
      due ??= new Map();
      due.set(prefix, uri);
    };
    use(tag.prefix);
    for (const prefix of this.#inclusive) use(prefix);
    for (const key in tag.attributes) {
      const one = tag.attributes[key] as Attribute;
      if (one.prefix === 'xmlns' || one.name === 'xmlns') continue;
      plain.push(one);
      if (one.prefix !== '') use(one.prefix);
    }
    let text = `<${tag.name}`;
    for (const [prefix, uri] of due ? [...due].sort(([a], [b]) => order(a, b)) : [])
      text += ` xmlns${prefix && ':'}${prefix}="${escapedValue(uri)}"`;
    if (plain.length > 1) plain.sort((a, b) => order(a.uri, b.uri) || order(a.local, b.local));
    for (const { name, value } of plain) text += ` ${name}="${escapedValue(value)}"`;
    this.#write(`${text}>`);
    this.#scopes.push(scope);
    this.#written.push(due ? new Map([...before, ...due]) : before);
    this.#names.push(tag.name);
  }

  text(data: string): void {
    this.#write(escapedText(data));
  }

  close(): void {
    this.#write(`</${this.#names.pop()}>`);
    this.#scopes.pop();
    this.#written.pop();
  }
}

/** By code points (xml-c14n section 2.2), which UTF-8 keeps and UTF-16 does not. */
function order(a: string, b: string): number {
  if (a === b) return 0;
  if (/[\ud800-\udfff]/.test(a + b)) return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}
