/** Elements as plain trees, whichever parser tells of them. Pure. */
import type { SaxesTagNS } from 'saxes';

/** An element without its comments. `text` is its own character data, concatenated. */
export interface XmlElement {
  readonly ns: string;
  readonly name: string;
  /** By local name for those without a namespace, else `{namespace}name`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** Input that is no XML we read, with the reason for the log and the details of the page. */
export class UnreadableXml extends Error {}

/** The child elements of this name. */
export const childrenOf = (element: XmlElement, space: string, name: string): readonly XmlElement[] =>
  element.children.filter((child) => child.name === name && child.ns === space);

/** The only child of this name; undefined when there is none. Two of them mean two things to two readers: UnreadableXml. */
export function childOf(element: XmlElement, space: string, name: string): XmlElement | undefined {
  const [first, second] = childrenOf(element, space, name);
  if (second) throw new UnreadableXml(`more than one ${name}`);
  return first;
}

/** The attributes of a tag by the names of XmlElement; namespace declarations are none. */
export function attributesOf(tag: SaxesTagNS): Record<string, string> {
  const attributes: Record<string, string> = Object.create(null);
  for (const { local, uri, prefix, value } of Object.values(tag.attributes)) {
    if (prefix !== 'xmlns' && local !== 'xmlns') attributes[uri ? `{${uri}}${local}` : local] = value;
  }
  return attributes;
}

interface Growing extends XmlElement {
  readonly children: Growing[];
  text: string;
}

/** An element growing as a parser tells of it. What grows beyond `most` elements is forgotten, and `whole` is undefined. */
export class GrowingElement {
  readonly #most: number;
  readonly #open: Growing[] = [];
  #root: Growing | undefined;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  open(tag: SaxesTagNS): void {
    if (++this.#count > this.#most) {
      this.#root = undefined;
      return;
    }
    const element: Growing = { ns: tag.uri, name: tag.local, attributes: attributesOf(tag), children: [], text: '' };
    this.#open.at(-1)?.children.push(element);
    this.#root ??= element;
    this.#open.push(element);
  }

  text(data: string): void {
    const element = this.#open.at(-1);
    if (element && this.#root) element.text += data;
  }

  close(): void {
    if (this.#root) this.#open.pop();
  }

  get whole(): XmlElement | undefined {
    return this.#root;
  }
}
