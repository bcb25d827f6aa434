/** What a policy may accept in the place of a second factor, by the name policies use. None of them is evidence. */
export const standInKinds = ['trusted_device', 'email_code', 'access_pass'] as const;
export type StandInKind = (typeof standInKinds)[number];

/**
 * Something shown once that is no evidence: it may stand in for a second factor before a policy that accepts its kind, or
 * open the registration of a first second factor (`mailed_link` does nothing else). No amr, acr or AuthnContext comes of it.
 */
export interface StandIn {
  readonly kind: StandInKind | 'mailed_link';
  /** The method it was shown by, e.g. `email-code`. */
  readonly method: string;
  /** When, in milliseconds since the epoch. */
  readonly at: number;
  readonly credential?: string;
  /** It stands in no longer from then on, in milliseconds. */
  readonly until?: number;
}
