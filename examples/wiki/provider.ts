/**
 * What Wiki knows about Stile: how to ask it, how to read its answer. Everything standard is left to openid-client; all
 * it needs is the issuer, whose discovery document says the rest.
 */
import * as oidc from 'openid-client';

export interface Registration {
  /** Stile's issuer, e.g. `https://id.example.com`. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Where Wiki itself is reached, e.g. `https://wiki.example.com` or `http://localhost:3000/wiki`; no slash at the end. */
  readonly baseUrl: string;
}

/** How much certainty Wiki wants of one sign-in. */
export interface Wish {
  /** The answer must carry this `acr`; Stile answers with an error if the person cannot meet it. */
  readonly acr?: string;
  /** Seconds since the person last proved who they are; 0 asks for a fresh proof. */
  readonly maxAge?: number;
  /** What an API asked for (RFC 9470), as it said it; what becomes of it is for the API to judge. */
  readonly acrValues?: string;
  /** The API the access token is for (RFC 8707), and the scope that takes; without them it is for userinfo. */
  readonly resource?: string;
  readonly scope?: string;
}

/** What has to be remembered between asking and the answer. Belongs into the session, never into a URL. */
export interface Question {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly wish: Wish;
  /** What was sent, less the three values above, for the page that explains it. */
  readonly asked: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly claims: oidc.IDToken;
  readonly person: oidc.UserInfoResponse;
  readonly idToken: string;
  /** For the API that was asked for. */
  readonly apiToken?: string;
}

const loopback = /^(localhost|127\.0\.0\.1|\[::1\])$/;

export class Provider {
  readonly #registration: Registration;
  #configuration: Promise<oidc.Configuration> | undefined;

  constructor(registration: Registration) {
    this.#registration = registration;
  }

  /** Read at the first use and again after a failure, so that Stile may start after Wiki. */
  configuration(): Promise<oidc.Configuration> {
    this.#configuration ??= this.#discover().catch((error) => {
      this.#configuration = undefined;
      throw error;
    });
    return this.#configuration;
  }

  #discover() {
    const { issuer, clientId, clientSecret } = this.#registration;
    const { protocol, hostname } = new URL(issuer);
    // Tokens over plain http may be read and changed by anyone on the way: on this very machine, there is no way.
    const execute = protocol === 'http:' && loopback.test(hostname) ? [oidc.allowInsecureRequests] : [];
    const proof = oidc.ClientSecretBasic(clientSecret);
    return oidc.discovery(new URL(issuer), clientId, undefined, proof, { execute });
  }

  /** A question to ask, and the address to send the browser to. */
  async ask(wish: Wish): Promise<{ question: Question; url: URL }> {
    const configuration = await this.configuration();
    const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
    const asked: Record<string, string> = {
      scope: wish.scope ?? 'openid profile email',
      redirect_uri: `${this.#registration.baseUrl}/callback`,
    };
    // Essential: without this acr, rather an error than an answer.
    if (wish.acr) asked.claims = JSON.stringify({ id_token: { acr: { essential: true, value: wish.acr } } });
    if (wish.acrValues) asked.acr_values = wish.acrValues;
    if (wish.resource) asked.resource = wish.resource;
    if (wish.maxAge !== undefined) asked.max_age = String(wish.maxAge);
    const url = oidc.buildAuthorizationUrl(configuration, {
      ...asked,
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    return { question: { state, nonce, verifier, wish, asked }, url };
  }

  /**
   * Reads the answer in `query` (everything after the `?` of our callback). openid-client checks state, issuer, nonce,
   * signature, audience, times and max_age; the acr is ours to check: an answer is not yet the answer asked for. `known` is
   * what userinfo said of whoever is signed in.
   */
  async answer(query: string, question: Question, known?: oidc.UserInfoResponse): Promise<Answer> {
    const configuration = await this.configuration();
    const url = new URL(`${this.#registration.baseUrl}/callback?${query}`);
    const { resource } = question.wish;
    const checks = {
      expectedState: question.state,
      expectedNonce: question.nonce,
      pkceCodeVerifier: question.verifier,
      idTokenExpected: true,
      ...(question.wish.maxAge === undefined ? {} : { maxAge: question.wish.maxAge }),
    };
    const more = resource ? { resource } : undefined;
    const tokens = await oidc.authorizationCodeGrant(configuration, url, checks, more);
    const claims = tokens.claims()!;
    if (question.wish.acr && claims.acr !== question.wish.acr) {
      throw new Error(`asked for acr ${question.wish.acr}, was answered with ${claims.acr ?? 'none'}`);
    }
    // A token for an API opens nothing else; who it is was said before.
    if (resource)
      return { claims, person: known ?? { sub: claims.sub }, idToken: tokens.id_token!, apiToken: tokens.access_token };
    const person = await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub);
    return { claims, person, idToken: tokens.id_token! };
  }

  /** Where to send the browser so that it is signed out of Stile too, and comes back to us. */
  async farewell(idToken: string): Promise<URL> {
    return oidc.buildEndSessionUrl(await this.configuration(), {
      id_token_hint: idToken,
      post_logout_redirect_uri: `${this.#registration.baseUrl}/`,
    });
  }
}
