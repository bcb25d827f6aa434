/**
 * What Payroll knows about Stile: how to ask it, how to read its answers, how to leave. Signatures, encryption, times and
 * audience are left to node-saml; what that leaves unchecked is checked here. All it needs is where Stile's metadata is.
 */
import { randomBytes } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { SAML, type SamlConfig, ValidateInResponseTo } from '@node-saml/node-saml';
import { type Answer, answerOf } from './answer.ts';
import { Fleeting } from './fleeting.ts';
import { fetchMetadata, type IdentityProvider } from './metadata.ts';
import { redirected } from './redirected.ts';

export interface Registration {
  /** Stile's issuer, e.g. `https://id.example.com`; its metadata is at `/saml/metadata` there. */
  readonly issuer: string;
  /** Where Payroll itself is reached, e.g. `https://payroll.example.com` or `http://localhost:3000/payroll`; no slash at the end. */
  readonly baseUrl: string;
  /** PEM. Signs what Payroll says and opens what is encrypted to it. */
  readonly privateKey: string;
  /** PEM. The same key's certificate, for Payroll's metadata. */
  readonly certificate: string;
}

/** How much certainty Payroll wants of one sign-in. */
export interface Wish {
  /** The answer must carry exactly this AuthnContextClassRef; Stile answers with a status if the person cannot meet it. */
  readonly context?: string;
}

/** What has to be remembered between asking and the answer. Belongs into the session, never into a URL. */
export interface Question {
  /** The AuthnRequest's ID. */
  readonly id: string;
  readonly wish: Wish;
  /** The AuthnRequest, for the page that explains it. */
  readonly asked: string;
}

/** What Stile sends to our logout endpoint. */
export type Farewell =
  | { readonly kind: 'asked'; readonly nameId: string; readonly sessionIndex?: string; readonly answer: URL }
  | { readonly kind: 'answered'; readonly inResponseTo: string | undefined; readonly everywhere: boolean };

const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
const success = 'urn:oasis:names:tc:SAML:2.0:status:Success';
/** How long somebody may take to sign in. */
const patience = 30 * 60 * 1000;
/** How long metadata is taken to be what it was; a new key is announced long before it is used. */
const fresh = 10 * 60 * 1000;

export class Provider {
  readonly #registration: Registration;
  readonly #asked = new Fleeting<string>(patience);
  #stile: { readonly metadata: IdentityProvider; readonly until: number } | undefined;

  constructor(registration: Registration) {
    this.#registration = registration;
  }

  get entityId(): string {
    return `${this.#registration.baseUrl}/metadata`;
  }

  get consumer(): string {
    return `${this.#registration.baseUrl}/acs`;
  }

  get logout(): string {
    return `${this.#registration.baseUrl}/logout`;
  }

  /** Read at the first use and again every ten minutes, so that Stile may start after Payroll and change its key. */
  async #metadata(): Promise<IdentityProvider> {
    const known = this.#stile;
    if (known && known.until > Date.now()) return known.metadata;
    try {
      const metadata = await fetchMetadata(`${this.#registration.issuer}/saml/metadata`);
      this.#stile = { metadata, until: Date.now() + fresh };
      return metadata;
    } catch (error) {
      if (known) return known.metadata;
      throw error;
    }
  }

  #saml(stile: IdentityProvider, more: Partial<SamlConfig> = {}): SAML {
    const { privateKey } = this.#registration;
    return new SAML({
      issuer: this.entityId,
      audience: this.entityId,
      callbackUrl: this.consumer,
      entryPoint: stile.signIn,
      idpIssuer: stile.entityId,
      idpCert: [...stile.certificates],
      privateKey,
      decryptionPvk: privateKey,
      signatureAlgorithm: 'sha256',
      identifierFormat: persistent,
      wantAuthnResponseSigned: true,
      wantAssertionsSigned: true,
      acceptedClockSkewMs: 30_000,
      // Only what was asked for is read: nobody can sign somebody else's browser in by sending it an answer.
      validateInResponseTo: ValidateInResponseTo.always,
      requestIdExpirationPeriodMs: patience,
      cacheProvider: {
        saveAsync: async (id, value) => {
          this.#asked.keep(id, value);
          return { value, createdAt: Date.now() };
        },
        getAsync: async (id) => this.#asked.look(id) ?? null,
        removeAsync: async (id) => (id && this.#asked.take(id) !== undefined ? id : null),
      },
      // node-saml would ask for a password and nothing else, and so turn everybody with a passkey away.
      disableRequestedAuthnContext: true,
      ...more,
    });
  }

  /** A question to ask, and the address to send the browser to. */
  async ask(wish: Wish): Promise<{ question: Question; url: URL }> {
    const id = newId();
    const context = wish.context && {
      disableRequestedAuthnContext: false,
      authnContext: [wish.context],
      racComparison: 'exact' as const,
    };
    const saml = this.#saml(await this.#metadata(), { generateUniqueId: () => id, ...(context || {}) });
    const url = new URL(await saml.getAuthorizeUrlAsync('', undefined, {}));
    const asked = inflateRawSync(Buffer.from(url.searchParams.get('SAMLRequest')!, 'base64')).toString();
    return { question: { id, wish, asked }, url };
  }

  /**
   * Reads a SAMLResponse, once. node-saml checks both signatures, audience, times and that it was asked for. That it was
   * asked for by this browser, and whether it is what was asked for, is for whoever calls: `isAnswer`.
   */
  async answer(samlResponse: string): Promise<Answer> {
    const stile = await this.#metadata();
    const { profile } = await this.#saml(stile).validatePostResponseAsync({ SAMLResponse: samlResponse });
    if (!profile) throw new Error('the response carries no assertion');
    const answer = answerOf(profile, { issuer: stile.entityId, recipient: this.consumer });
    this.#asked.take(answer.inResponseTo);
    return answer;
  }

  /** Where to send the browser so that it is signed out everywhere; undefined if Stile knows no single logout. */
  async leave({ name, sessionIndex }: Answer): Promise<{ id: string; url: URL } | undefined> {
    const stile = await this.#metadata();
    if (!stile.logout) return undefined;
    const id = newId();
    const saml = this.#saml(stile, { generateUniqueId: () => id, logoutUrl: stile.logout.request });
    const url = await saml.getLogoutUrlAsync({ ...name, ...(sessionIndex && { sessionIndex }) }, '', {});
    return { id, url: new URL(url) };
  }

  /** Reads what Stile sent to our logout endpoint: that we shall end a session, or that it has ended the others. */
  async hear(query: string): Promise<Farewell> {
    const stile = await this.#metadata();
    const message = redirected(query, this.logout, Date.now());
    const saml = this.#saml(stile, { logoutUrl: stile.logout?.response });
    const [outer, inner] = message.status;
    // A no is believed unproved: it only keeps us from saying a yes.
    if (message.kind === 'LogoutResponse' && outer !== success) {
      return { kind: 'answered', inResponseTo: message.inResponseTo, everywhere: false };
    }
    const { profile } = await saml.validateRedirectAsync(message.container, query);
    if (message.kind === 'LogoutResponse') {
      // Success, with PartialLogout in it when somebody could not be told.
      return { kind: 'answered', inResponseTo: message.inResponseTo, everywhere: inner === undefined };
    }
    if (!profile?.nameID) throw new Error('the message names nobody');
    const { nameID, sessionIndex } = profile;
    const url = await saml.getLogoutResponseUrlAsync(profile, message.container.RelayState ?? '', {}, true);
    return { kind: 'asked', nameId: nameID, ...(sessionIndex && { sessionIndex }), answer: new URL(url) };
  }
}

/** Unguessable, and an NCName as XML wants IDs to be. */
const newId = () => `_${randomBytes(20).toString('hex')}`;
