/** Every expected no of the administration's API, by its type's last word: status and title (RFC 9457). */
const kinds = {
  'invalid-input': [400, 'What was sent is not what is taken here'],
  unauthenticated: [401, 'An access token is needed'],
  'insufficient-authentication': [401, 'A stronger or fresher sign-in is needed'],
  'not-allowed': [403, 'Your roles do not allow this'],
  'higher-role': [403, 'This would reach further than your own roles do'],
  'own-account': [403, 'Nobody does this to themselves'],
  'people-only': [403, 'A person does this, freshly signed in, and no application by itself'],
  'local-only': [403, 'This is done on the server itself only'],
  'not-found': [404, 'There is no such thing here'],
  'no-operation': [404, 'There is no such operation'],
  'method-not-allowed': [405, 'This address does not take this method'],
  conflict: [409, 'Something stands against it'],
  'declared-in-file': [409, 'The configuration file declares this, and only the file changes it'],
  'last-owner': [409, 'Somebody has to remain an owner'],
  'held-elsewhere': [409, 'These keys are held elsewhere'],
  'too-soon': [409, 'It is too early for this'],
  'in-progress': [409, 'The same request is being answered'],
  'precondition-failed': [412, 'It has changed since you read it'],
  'too-large': [413, 'What was sent is too large'],
  'unsupported-type': [415, 'Send application/json'],
  'key-reused': [422, 'This Idempotency-Key was used for another request'],
  'precondition-required': [428, 'Say in If-Match what you read'],
  'slow-down': [429, 'Too many refusals: wait a little'],
  fault: [500, 'Something went wrong on our side'],
  unsent: [502, 'The mail server did not take the message'],
  away: [503, 'A part of ours is away'],
  'needs-server': [503, 'Only a running server can do this'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemKind = keyof typeof kinds;

export const problemKinds = Object.keys(kinds) as readonly ProblemKind[];

export const typeOf = (kind: ProblemKind): string => `urn:stile:problem:${kind}`;
export const statusOf = (kind: ProblemKind): number => kinds[kind][0];

/** One thing wrong with what was sent: `field` as `redirect_uris[0]`, and the end of a sentence that begins with it. */
export interface FieldError {
  readonly in: 'path' | 'query' | 'body';
  readonly field: string;
  readonly detail: string;
}

/** An expected no, answered as application/problem+json. Bugs stay ordinary errors. */
export class Problem extends Error {
  readonly kind: ProblemKind;
  /** Further members of the answer: `errors`, `from`. */
  readonly more: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    kind: ProblemKind,
    detail?: string,
    { more = {}, headers = {} }: { more?: Record<string, unknown>; headers?: Record<string, string> } = {},
  ) {
    super(detail ?? kinds[kind][1]);
    this.name = 'Problem';
    this.kind = kind;
    this.more = more;
    this.headers = headers;
  }

  get status(): number {
    return statusOf(this.kind);
  }

  /** RFC 9457 section 3.1. */
  toJSON(): Record<string, unknown> {
    return {
      type: typeOf(this.kind),
      title: kinds[this.kind][1],
      status: this.status,
      ...(this.message === kinds[this.kind][1] ? {} : { detail: this.message }),
      ...this.more,
    };
  }
}

/** Every field that is wrong, at once. */
export const invalid = (...errors: readonly FieldError[]): Problem =>
  new Problem('invalid-input', undefined, { more: { errors } });
