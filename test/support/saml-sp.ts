/**
 * An independent service provider on node-saml, and how a person walks through Stile's pages for it. Every Response it is given has
 * to be valid by the schemas, signed for xmlsec1 where it should be, and acceptable to node-saml.
 */
import { SAML, SamlStatusError, ValidateInResponseTo } from '@node-saml/node-saml';
import { binding } from '../../src/protocols/saml/names.ts';
import type { Page, Person } from './person.ts';
import { as, someone, type Walker } from './rp.ts';
import {
  type Answer,
  assertionFacts,
  assertionIn,
  providerFacts,
  responseFacts,
  signedAssertion,
} from './saml-answer.ts';
import { certificateOf, type Pair, pair } from './saml-keys.ts';
import { type Asking, authnRequest, freshId, redirectQuery, type Signing, signedXml } from './saml-messages.ts';
import { type Metadata, metadataOf } from './saml-metadata.ts';
import { schemaErrors } from './schemas.ts';
import type { Stile } from './stile.ts';
import { xmlsecVerifies } from './xmlsec.ts';

export interface Sending {
  /** By HTTP-Redirect, unless told otherwise. */
  readonly by?: 'redirect' | 'post';
  readonly relayState?: string;
  /** Signed with the first signing key unless it is false. */
  readonly sign?: boolean | Partial<Signing>;
}

/** Where a person goes with a request. */
export interface Start {
  readonly id: string;
  readonly to: URL;
  readonly init?: RequestInit;
  readonly xml: string;
}

interface Registration extends Partial<Omit<Metadata, 'signing' | 'encryption'>> {
  readonly id?: string;
  readonly name?: string;
  readonly signing?: readonly Pair[];
  /** None unless given: most answers are easier to read. */
  readonly encryption?: readonly Pair[];
  /** Understands what node-saml does not: its answers are judged by xmlsec1 alone. */
  readonly modern?: boolean;
  /** What the application's entry says beside its metadata. */
  readonly saml?: Readonly<Record<string, unknown>>;
  readonly more?: object;
}

const shared = new Map<string, Pair>();
/** A pair for whoever does not need one of its own: keys are slow to make. */
export function sharedPair(name: string): Pair {
  const made = shared.get(name) ?? pair(name);
  shared.set(name, made);
  return made;
}

export class ServiceProvider {
  readonly id: string;
  readonly metadata: Metadata;
  readonly signing: readonly Pair[];
  readonly #registration: Registration;
  #provider: ReturnType<typeof providerFacts> | undefined;

  constructor(registration: Registration = {}) {
    const { id = 'sp', signing = [sharedPair('signing')] } = registration;
    this.id = id;
    this.signing = signing;
    this.#registration = registration;
    this.metadata = {
      entityId: `https://sp.example/${id}`,
      consumers: [{ location: `https://sp.example/${id}/acs` }],
      ...registration,
      signing,
    };
  }

  get consumer(): string {
    return this.metadata.consumers[0]?.location as string;
  }

  /** Its entry among `applications:`. */
  get application(): object {
    const { name = `The ${this.id} application`, saml, more } = this.#registration;
    return { id: this.id, name, saml: { metadata: metadataOf(this.metadata), ...saml }, ...more };
  }

  /** Learns where and who Stile is, from its metadata. */
  async meet(stile: Pick<Stile, 'issuer'>): Promise<this> {
    const answer = await fetch(`${stile.issuer}/saml/metadata`);
    const xml = await answer.text();
    expect([answer.status, schemaErrors(xml)]).toEqual([200, []]);
    this.#provider = providerFacts(xml);
    return this;
  }

  /** Knows what another one has learned. */
  meetAs(other: ServiceProvider): void {
    this.#provider = other.provider;
  }

  get provider(): ReturnType<typeof providerFacts> {
    if (!this.#provider) throw new Error(`${this.id} has not met Stile`);
    return this.#provider;
  }

  /** A request, ready to be sent. */
  start(asking: Asking & Sending = {}): Start {
    const { by = 'redirect', relayState, sign = true, id = freshId() } = asking;
    const to = new URL(this.provider.signOn(by === 'post' ? binding.post : binding.redirect));
    const { issuer = this.metadata.entityId, destination = to.href } = asking;
    const xml = authnRequest({ ...asking, id, issuer, destination });
    const signing: Signing | undefined =
      sign === false ? undefined : { pair: this.signing[0] as Pair, ...(sign === true ? {} : sign) };
    if (by === 'redirect') {
      to.search = redirectQuery(xml, {
        ...(relayState === undefined ? {} : { relayState }),
        ...(signing ? { signing } : {}),
      });
      return { id, to, xml };
    }
    const message = signing ? signedXml(xml, signing) : xml;
    const body = new URLSearchParams({
      SAMLRequest: Buffer.from(message).toString('base64'),
      ...(relayState === undefined ? {} : { RelayState: relayState }),
    });
    return { id, to, init: { method: 'POST', body }, xml: message };
  }

  /** One whole sign-in: `person` goes there, `walker` answers what is asked, the Response is checked. */
  async signIn(person: Person, asking: Asking & Sending = {}, walker: Walker = as(someone())): Promise<Answer> {
    const start = this.start(asking);
    const end = await walker(person, await person.go(start.to, start.init));
    return this.read(end, start.id);
  }

  /** Reads the page that carries a Response to us. `id`: of the request it answers; undefined for one that nobody asked for. */
  async read(page: Page, id: string | undefined): Promise<Answer> {
    const { delivery } = page;
    if (!delivery?.fields.SAMLResponse)
      throw new Error(`stopped at ${page.url.pathname}: ${page.status} ${page.heading}`);
    expect(this.metadata.consumers.map(({ location }) => location)).toContain(delivery.action.href);
    const { SAMLResponse, RelayState: relayState } = delivery.fields;
    const xml = Buffer.from(SAMLResponse, 'base64').toString();
    expect(schemaErrors(xml)).toEqual([]);
    const { signed, assertions, ...facts } = responseFacts(xml);
    expect(facts).toMatchObject({ inResponseTo: id, destination: delivery.action.href });
    if (signed) expect(await this.#verified(xml, 'samlp:Response')).toBe(true);
    const answer = { ...facts, xml, relayState, consumer: delivery.action.href };
    const accepted = await this.#accepted(SAMLResponse, delivery.action.href, id);
    if (facts.status[0] !== 'Success') {
      // A refusal is signed whatever the application's entry says, and tells of nobody.
      expect({ signed, assertions, accepted }).toEqual({ signed: true, assertions: 0, accepted: undefined });
      return answer as unknown as Answer;
    }
    const assertion = assertionFacts(accepted as string);
    expect(schemaErrors(accepted as string)).toEqual([]);
    // node-saml hands out an assertion without its signature.
    const own = facts.encrypted ? (accepted as string) : xml;
    const vouched = signedAssertion(own);
    if (vouched) expect(await this.#verified(own, 'saml:Assertion')).toBe(true);
    expect({ response: signed, assertion: vouched, assertions }).toEqual({
      response: this.#sign !== 'assertion',
      assertion: this.#sign !== 'response',
      assertions: 1,
    });
    expect(assertion).toMatchObject({ recipients: [delivery.action.href], audiences: [this.metadata.entityId] });
    return { ...answer, ...assertion, assertion: accepted as string };
  }

  /** What its entry has signed, by its own key or by its profile. */
  get #sign(): string {
    const { sign, profile } = (this.#registration.saml ?? {}) as { sign?: string; profile?: string };
    return sign ?? { saml2int: 'response', entra: 'assertion' }[profile ?? ''] ?? 'both';
  }

  async #verified(xml: string, element: 'samlp:Response' | 'saml:Assertion'): Promise<boolean> {
    for (const certificate of this.provider.certificates)
      if (await xmlsecVerifies(xml, certificateOf(certificate), element)) return true;
    return false;
  }

  /** The assertion as node-saml reads it; undefined for a refusal it knows for one. */
  async #accepted(SAMLResponse: string, consumer: string, id: string | undefined): Promise<string | undefined> {
    const decryption = this.#registration.encryption?.[0] ?? this.#registration.keys?.[0];
    if (this.#registration.modern) return assertionIn(Buffer.from(SAMLResponse, 'base64').toString(), decryption?.pem);
    const saml = new SAML({
      issuer: this.metadata.entityId,
      callbackUrl: consumer,
      idpCert: this.provider.certificates.map(certificateOf),
      idpIssuer: this.provider.entityId,
      audience: this.metadata.entityId,
      wantAuthnResponseSigned: this.#sign !== 'assertion',
      wantAssertionsSigned: this.#sign !== 'response',
      validateInResponseTo: id ? ValidateInResponseTo.always : ValidateInResponseTo.never,
      ...(decryption ? { decryptionPvk: decryption.pem } : {}),
    });
    if (id) await saml.cacheProvider.saveAsync(id, new Date().toISOString());
    try {
      const { profile } = await saml.validatePostResponseAsync({ SAMLResponse });
      return profile?.getAssertionXml?.();
    } catch (error) {
      if (error instanceof SamlStatusError) return undefined;
      throw error;
    }
  }
}
