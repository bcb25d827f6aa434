import { reference } from './reference.ts';

/** Every page of `errors.*` in locales/, by its key. */
export type PageErrorKey =
  | 'not-found'
  | 'bad-request'
  | 'forged'
  | 'left-open'
  | 'expired'
  | 'cookies'
  | 'not-a-form'
  | 'too-large'
  | 'not-allowed'
  | 'application'
  | 'slow-down'
  | 'away'
  | 'fault';

/** An expected no that is answered with a page. `data` goes to the sentences of `errors.<key>`. Bugs stay ordinary errors. */
export class PageError extends Error {
  readonly status: number;
  readonly key: PageErrorKey;
  readonly data: Readonly<Record<string, string | number>>;
  /** In seconds. */
  readonly retryAfter: number | undefined;
  readonly reference: string;
  constructor(
    status: number,
    key: PageErrorKey,
    more: { data?: Readonly<Record<string, string | number>>; retryAfter?: number; reference?: string } = {},
  ) {
    super(key);
    this.name = 'PageError';
    this.status = status;
    this.key = key;
    this.data = more.data ?? {};
    this.retryAfter = more.retryAfter;
    this.reference = more.reference ?? reference();
  }
}
