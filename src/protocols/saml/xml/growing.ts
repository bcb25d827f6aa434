import type { SaxesTagNS } from 'saxes';
import { attributesOf, type XmlElement } from './reading.ts';

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
