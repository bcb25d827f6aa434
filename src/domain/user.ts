/** A person we know, living in one identity store. */
export interface User {
  readonly id: string;
  readonly store: string;
  readonly username: string;
  readonly name: string;
  readonly email?: string;
  readonly emailVerified: boolean;
  readonly groups: readonly string[];
  /** Further claims an administrator declared, released under scope `profile`. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The personal switch "two-step sign-in" (mission row I1). */
  readonly twoStep: boolean;
  /** The method this person wants to be asked for first. */
  readonly preferred?: string;
  /** When this person was first asked to register a second factor (milliseconds since the epoch). */
  readonly enrolmentAskedAt?: number;
  readonly disabled: boolean;
}
