/** Where passkeys work. */
export interface Site {
  /** A host, or a domain above it (WebAuthn section 5.1.2, "RP ID"). */
  readonly rpId: string;
  /** Where our pages are asked for them. */
  readonly origins: readonly string[];
  /** Challenges are made with the first; what was made with the others counts too. */
  readonly secrets: readonly Buffer[];
}
