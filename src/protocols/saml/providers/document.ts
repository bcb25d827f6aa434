/**
 * Metadata documents, an EntityDescriptor or EntitiesDescriptors of tens of thousands, in one pass: as the parser goes
 * along, the canonical form is hashed and each service provider is cut out. Nothing that was cut out may be used before
 * `end` has said that the signature holds. Comments are skipped, and the text around them read as one.
 */
import type { KeyObject } from 'node:crypto';
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { ns } from '../names.ts';
import { childrenOf, GrowingElement, UnreadableXml } from '../xml/element.ts';
import { readEntity } from './entity.ts';
import { MetadataError, type ProviderRecord } from './record.ts';
import { durationOf, earliest, instantOf } from './times.ts';
import { Witness } from './witness.ts';

export interface DocumentOptions {
  /** Pinned: the root has to be signed by one of them. Absent: a signature is not looked at. */
  readonly keys?: readonly KeyObject[] | undefined;
  /** See Terms. */
  readonly https: boolean;
  readonly old: boolean;
  /** Of each service provider, in the order of the document; of an entityID that stands twice the first alone. */
  readonly onProvider: (record: ProviderRecord) => void;
  readonly onSkipped: (why: string) => void;
}

/** What the root says. Times in milliseconds, instants since the epoch. */
export interface Root {
  readonly several: boolean;
  readonly validUntil?: number | undefined;
  readonly cacheDuration?: number | undefined;
  readonly creationInstant?: number | undefined;
}

const DEEPEST = 64;
const MOST_ATTRIBUTES = 64;
/** Of one entity. The largest in use have some hundreds. */
const MOST_ELEMENTS = 5_000;
const MOST_ENTITIES = 200_000;
const tooLarge = `it has more than ${MOST_ELEMENTS} elements`;

export class MetadataDocument {
  readonly #options: DocumentOptions;
  readonly #parser = new SaxesParser({ xmlns: true, position: false });
  readonly #witness: Witness | undefined;
  readonly #seen = new Set<string>();
  #depth = 0;
  /** The depth of an element whose inside is of no interest. */
  #ignored = 0;
  #root: Root | undefined;
  /** One a level of EntitiesDescriptor: when all in it ends. */
  readonly #ends: (number | undefined)[] = [];
  #growing: { readonly element: GrowingElement; readonly depth: number; readonly done: () => void } | undefined;
  #entities = 0;

  constructor(options: DocumentOptions) {
    this.#options = options;
    this.#witness = options.keys && new Witness(options.keys);
    const parser = this.#parser;
    const fail = (why: string): never => {
      throw new UnreadableXml(why);
    };
    parser.on('error', (error) => fail(error.message));
    parser.on('xmldecl', ({ version, encoding }) => {
      if (version !== '1.0' || (encoding && !/^utf-?8$/i.test(encoding))) fail('only XML 1.0 in UTF-8 is read');
    });
    parser.on('doctype', () => fail('a document type is not read'));
    parser.on('processinginstruction', () => fail('a processing instruction is not read'));
    parser.on('opentag', (tag) => this.#open(tag));
    parser.on('text', (text) => this.#text(text));
    parser.on('cdata', (text) => this.#text(text));
    parser.on('closetag', () => this.#close());
  }

  /** Throws UnreadableXml, BadSignature or MetadataError; the document is then to be forgotten. */
  write(text: string): void {
    this.#parser.write(text);
  }

  /** As `write`. Returning says that the document was whole and, where keys are pinned, signed by one of them. */
  end(): Root {
    this.#parser.close();
    this.#witness?.end();
    if (!this.#root) throw new UnreadableXml('there is no element');
    return this.#root;
  }

  #open(tag: SaxesTagNS): void {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw new UnreadableXml('it is too deep');
    if (Object.keys(tag.attributes).length > MOST_ATTRIBUTES) throw new UnreadableXml('it has too many attributes');
    const growing = this.#growing;
    if (this.#depth === 1) this.#start(tag);
    this.#witness?.open(tag);
    if (growing) {
      growing.element.open(tag);
      // Of an aggregate it is left out in the end, and the others go on.
      if (!growing.element.whole && !this.#root?.several) throw new MetadataError(tooLarge);
    } else if (this.#ignored === 0 && this.#depth > 1) this.#enter(tag);
  }

  #start(tag: SaxesTagNS): void {
    const group = tag.local === 'EntitiesDescriptor';
    if (tag.uri !== ns.metadata || !(group || tag.local === 'EntityDescriptor'))
      throw new MetadataError(
        'it is no SAML 2.0 metadata: its root is neither EntityDescriptor nor EntitiesDescriptor',
      );
    const { validUntil, cacheDuration } = tag.attributes;
    this.#root = {
      several: group,
      validUntil: instantOf(validUntil?.value, 'validUntil'),
      cacheDuration: durationOf(cacheDuration?.value),
    };
    if (group) this.#ends.push(this.#root.validUntil);
    else this.#entity(tag);
  }

  /** An element somewhere among the groups. */
  #enter(tag: SaxesTagNS): void {
    if (tag.uri === ns.metadata && tag.local === 'EntitiesDescriptor')
      this.#ends.push(earliest(this.#ends.at(-1), instantOf(tag.attributes.validUntil?.value, 'validUntil')));
    else if (tag.uri === ns.metadata && tag.local === 'EntityDescriptor') this.#entity(tag);
    else if (tag.uri === ns.metadata && tag.local === 'Extensions' && this.#depth === 2) this.#publication(tag);
    else this.#ignored = this.#depth;
  }

  #entity(tag: SaxesTagNS): void {
    if (++this.#entities > MOST_ENTITIES) throw new MetadataError(`it has more than ${MOST_ENTITIES} entities`);
    const validUntil = this.#ends.at(-1);
    const name = tag.attributes.entityID?.value.slice(0, 256) ?? 'an entity without entityID';
    this.#grow(tag, (element) => {
      const { https, old, onProvider, onSkipped } = this.#options;
      try {
        if (!element.whole) throw new MetadataError(tooLarge);
        const reading = readEntity(element.whole, { https, old, validUntil });
        if (!reading || this.#seen.has(reading.record.entityId)) return;
        this.#seen.add(reading.record.entityId);
        for (const why of reading.skipped) onSkipped(`${name}: ${why}`);
        onProvider(reading.record);
      } catch (error) {
        if (!(error instanceof MetadataError) || !this.#root?.several) throw error;
        onSkipped(`${name}: ${error.message}`);
      }
    });
  }

  /** SAML V2.0 Metadata Extensions for Registration and Publication Information, section 2.2. */
  #publication(tag: SaxesTagNS): void {
    this.#grow(tag, ({ whole }) => {
      const [info] = whole ? childrenOf(whole, ns.registration, 'PublicationInfo') : [];
      const creationInstant = instantOf(info?.attributes.creationInstant, 'creationInstant');
      if (this.#root) this.#root = { ...this.#root, creationInstant };
    });
  }

  #grow(tag: SaxesTagNS, done: (element: GrowingElement) => void): void {
    const element = new GrowingElement(MOST_ELEMENTS);
    element.open(tag);
    this.#growing = { element, depth: this.#depth, done: () => done(element) };
  }

  #text(text: string): void {
    if (this.#depth === 0) return;
    this.#witness?.text(text);
    this.#growing?.element.text(text);
  }

  #close(): void {
    this.#witness?.close();
    this.#growing?.element.close();
    if (this.#growing?.depth === this.#depth) {
      const { done } = this.#growing;
      this.#growing = undefined;
      done();
    } else if (this.#ignored === this.#depth) this.#ignored = 0;
    else if (!this.#growing && this.#ignored === 0) this.#ends.pop();
    this.#depth -= 1;
  }
}
