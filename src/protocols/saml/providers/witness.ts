import { createHash, type Hash, type KeyObject } from 'node:crypto';
import type { SaxesTagNS } from 'saxes';
import { ns } from '../names.ts';
import { GrowingElement, UnreadableXml, type XmlElement } from '../xml/element.ts';
import { declaredBy, Exclusive } from '../xml/exclusive.ts';
import { BadSignature } from '../xml/reading.ts';
import { type Promised, promisedBy, type Told, tell } from './signed.ts';

/** Of one signature: parts told. */
const MOST_TOLD = 2_000;
const PIECE = 64 * 1024;

/**
 * Watches a document go by and says at its end whether it is what a pinned key has signed. The enveloped signature has to
 * be the first child of the root (which the schema wants as well): what comes before it is held back until it has said
 * how it is to be hashed. Throws BadSignature.
 */
export class Witness {
  readonly #keys: readonly KeyObject[];
  #depth = 0;
  #root: SaxesTagNS | undefined;
  #held: Told[] = [];
  /** The signature, while it is read. */
  #signature: { readonly told: Told[]; readonly start: SaxesTagNS; readonly element: GrowingElement } | undefined;
  #promised: Promised | undefined;
  #canonical: Exclusive | undefined;
  #hash: Hash | undefined;
  #piece = '';

  constructor(keys: readonly KeyObject[]) {
    this.#keys = keys;
  }

  open(tag: SaxesTagNS): void {
    this.#depth += 1;
    this.#root ??= tag;
    const id = this.#root.attributes.ID?.value;
    if (this.#depth > 1 && id !== undefined && tag.attributes.ID?.value === id)
      throw new UnreadableXml('the ID of the root stands twice');
    if (this.#depth === 2) {
      const signature = tag.uri === ns.signature && tag.local === 'Signature';
      if (signature && this.#promised) throw new BadSignature('it has more than one signature');
      if (signature) this.#signature = { told: [], start: tag, element: new GrowingElement(MOST_TOLD) };
      else if (!this.#promised) unsigned();
    }
    this.#signature?.element.open(tag);
    this.#pass({ open: tag });
  }

  text(text: string): void {
    this.#signature?.element.text(text);
    this.#pass({ text });
  }

  close(): void {
    this.#signature?.element.close();
    this.#pass('close');
    if (this.#depth === 2 && this.#signature) {
      const { told, start, element } = this.#signature;
      this.#signature = undefined;
      this.#believe(element.whole ?? unsigned(), told, start);
    }
    this.#depth -= 1;
  }

  /** Returning says that the whole document was signed. */
  end(): void {
    const { digest } = this.#promised ?? unsigned();
    this.#hash?.update(this.#piece);
    if (!this.#hash?.digest().equals(digest)) throw new BadSignature('it is not what was signed: its digest differs');
  }

  #pass(one: Told): void {
    if (this.#signature) {
      if (this.#signature.told.push(one) > MOST_TOLD) throw new BadSignature('its signature is too large');
    } else if (this.#canonical) tell([one], this.#canonical);
    else this.#held.push(one);
  }

  #believe(element: XmlElement, told: readonly Told[], start: SaxesTagNS): void {
    const root = this.#root as SaxesTagNS;
    const around = declaredBy(start, declaredBy(root));
    this.#promised = promisedBy({ element, told, around, rootId: root.attributes.ID?.value }, this.#keys);
    this.#hash = createHash(this.#promised.hash);
    this.#canonical = new Exclusive((text) => this.#digest(text), { inclusive: this.#promised.inclusive });
    tell(this.#held, this.#canonical);
    this.#held = [];
  }

  #digest(text: string): void {
    this.#piece += text;
    if (this.#piece.length < PIECE) return;
    this.#hash?.update(this.#piece);
    this.#piece = '';
  }
}

function unsigned(): never {
  throw new BadSignature('it is not signed: Signature has to be the first child of its root');
}
