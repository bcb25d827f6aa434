/** What an administrator says about one service provider: the keys under `saml:` of an application. */
export interface Options {
  readonly idpInitiated: boolean;
  readonly sign: 'response' | 'assertion' | 'both';
  readonly encrypt: 'auto' | 'always' | 'never';
  /** Exact requests for Password and PasswordProtectedTransport count as none. */
  readonly ignoreRequestedContext: boolean;
  /** The format of section 8.3 of saml-core, and the claim its value comes from where it is not our own choice. */
  readonly nameId?: { readonly format: string; readonly attribute?: string };
  readonly attributes: readonly AttributeRule[];
  readonly algorithm: 'rsa-sha256' | 'ecdsa-sha256' | 'rsa-sha1';
  /** Signatures by RSA with SHA-1 are taken from it. */
  readonly acceptSha1: boolean;
  /** The AuthnContextClassRef said when none is asked for, as long as it is true. */
  readonly context?: string;
}

/** One attribute to be released: its name on the wire and what of a person it holds. */
export interface AttributeRule {
  readonly name: string;
  readonly friendlyName?: string;
  readonly nameFormat: string;
  /** `username`, `name`, `email`, `groups`, `subject-id`, `pairwise-id`, or the name of a declared claim. */
  readonly from: string;
}
