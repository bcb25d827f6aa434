/**
 * Knowing service providers: those of the applications, whose metadata is in the configuration or at a URL, and those of
 * federations, whose aggregates are read in a thread. Everything is answered from memory. Follows the catalogue, so what
 * another node was told is known here some seconds later.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Application } from '../../../domain/application.ts';
import { type DeclaredFederation, Federation, type FederationParts } from './federation.ts';
import { Member } from './member.ts';
import type { Parties, Party } from './parties.ts';
import { sweep } from './sweep.ts';

export interface ProvidersParts extends FederationParts {
  readonly catalogue: { all(): readonly Application[] };
  /** In this order: of an entityID that stands in several the first is taken. */
  readonly federations: readonly DeclaredFederation[];
}

/** How it stands with the metadata of one application or federation. */
export interface MetadataStanding {
  /** `wiki`, or `federation edu`. */
  readonly name: string;
  /** Whether it is looked for again and again; what the configuration holds is not. */
  readonly renewed: boolean;
  /** When it ends, in milliseconds since the epoch; of a copy whose renewal fails too. */
  readonly ends: number | undefined;
  /** How often in a row it could not be renewed. */
  readonly failures: number;
}

export class Providers implements Parties {
  readonly #parts: ProvidersParts;
  readonly #federations: readonly Federation[];
  #members: ReadonlyMap<string, Member> = new Map();
  /** Those whose entityID does not change. */
  #named: ReadonlyMap<string, Member> = new Map();
  #unnamed: readonly Member[] = [];
  #stopped = false;

  constructor(parts: ProvidersParts) {
    this.#parts = parts;
    this.#federations = parts.federations.map((one) => new Federation(one, parts));
  }

  byEntityId(entityId: string): Party | undefined {
    const member = this.#memberOf(entityId);
    // Whoever is declared is never taken for a federation's instead, not even when the declared metadata has ended: the
    // federation's defaults may let in more people.
    return member ? member.party : this.#federated(entityId);
  }

  byApplication(id: string): Party | undefined {
    const member = this.#members.get(id);
    if (member) return member.party;
    return this.#memberOf(id) ? undefined : this.#federated(id);
  }

  /** A federation's service provider as an application; those of the catalogue are the catalogue's to tell. */
  application(id: string): Application | undefined {
    return this.#members.has(id) ? undefined : this.byApplication(id)?.application;
  }

  /**
   * Knows everybody who is known without asking anybody else, and begins to ask. Never waits for a URL or an aggregate.
   */
  async start(): Promise<void> {
    const declared = this.#follow();
    await Promise.all(declared.map(({ source }) => source?.restore()));
    const { folder, clock, log } = this.#parts;
    const sources = [...this.#federations, ...declared].flatMap(({ source }) => source ?? []);
    await sweep(folder, new Set(sources.map(({ file }) => file)), clock.now()).catch((error) =>
      log.warn({ err: error }, 'old copies of metadata could not be removed'),
    );
    for (const { source } of this.#federations) source.begin();
    for (const { source } of declared) void source?.refresh();
  }

  /** After every change of the catalogue. */
  follow(): void {
    for (const { source } of this.#follow()) source?.begin();
  }

  /** For whoever watches: metadata that ends, or that is renewed. */
  standing(): MetadataStanding[] {
    const federations = this.#federations.map(({ id, source }) => ({
      ...{ name: `federation ${id}`, renewed: true },
      ...{ ends: source.last?.validUntil, failures: source.failures },
    }));
    const members = [...this.#members.values()].map(({ application, source, ends }) => ({
      ...{ name: application.id, renewed: source !== undefined, ends, failures: source?.failures ?? 0 },
    }));
    return [...federations, ...members].filter(({ renewed, ends }) => renewed || ends !== undefined);
  }

  /** When nothing is being asked for. */
  async settled(): Promise<void> {
    await Promise.all([...this.#federations, ...this.#members.values()].map(({ source }) => source?.idle()));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const sources = [...this.#federations, ...this.#members.values()].map(({ source }) => source?.stop());
    await Promise.all(sources);
  }

  /** Brings the members up to date; those that are new or have changed. */
  #follow(): Member[] {
    if (this.#stopped) return [];
    const before = this.#members;
    const all = this.#parts.catalogue.all().filter(({ protocol, disabled }) => protocol === 'saml' && !disabled);
    const changed: Member[] = [];
    const members = all.map((application) => {
      const known = before.get(application.id);
      if (known && isDeepStrictEqual(known.application, application)) return known;
      const member = new Member(application, this.#parts, (entityId) => this.#memberOf(entityId)?.application.id);
      changed.push(member);
      return member;
    });
    this.#members = new Map(members.map((member) => [member.application.id, member]));
    this.#unnamed = members.filter(({ fixedId }) => fixedId === undefined);
    // Backwards, so that of two with one entityID the first stays.
    this.#named = new Map(
      [...members].reverse().flatMap((one) => (one.fixedId === undefined ? [] : [[one.fixedId, one]])),
    );
    for (const [id, member] of before) if (this.#members.get(id) !== member) void member.source?.stop();
    return changed;
  }

  /** Of two that say they are about one entity the one whose configuration says so, else the first by id. */
  #memberOf(entityId: string): Member | undefined {
    return this.#named.get(entityId) ?? this.#unnamed.find((one) => one.entityId === entityId);
  }

  #federated(entityId: string): Party | undefined {
    // What is no URI could be an application's id as well, and would get its policies.
    if (!entityId.includes(':')) return undefined;
    for (const federation of this.#federations) {
      const party = federation.byEntityId(entityId);
      if (party) return party;
      // The next one's party of this name may be somebody else, whom other people may enter: it does not take over while
      // this one is read, or has ended.
      if (federation.mayKnow(entityId)) return undefined;
    }
    return undefined;
  }
}
