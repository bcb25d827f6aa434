/** What access tokens are good for: an API that trusts us, under its identifier (RFC 8707 section 2). */
export interface Resource {
  /** An absolute URI without a fragment, compared letter by letter; the `aud` of its tokens. */
  readonly resource: string;
  /** What people read. */
  readonly name: string;
  /** Every scope it knows. */
  readonly scopes: readonly string[];
  /** A JWT it can check by itself (RFC 9068), or a name it has to ask us about (RFC 7662). */
  readonly accessToken: 'jwt' | 'opaque';
  readonly alg: 'RS256' | 'ES256';
  /** Of its access tokens, in seconds. */
  readonly lifetime: number;
  /** Wire name of the strength that people have to prove before they get a token for it. */
  readonly acr?: string;
  /** Ids of the only applications that may have it, whatever they declare; absent: everyone that declares it. */
  readonly clients?: readonly string[];
}

/** One resource an application may ask for, by its own declaration. */
export interface Wanted {
  readonly resource: string;
  /** Of the resource's scopes; absent: all. */
  readonly scopes?: readonly string[];
}
