/** One request from its beginning to its answer: what it is called, and what it has read. A part of the composition root. */
import { requestScope } from '../state/memo.ts';

export interface RequestBrowser {
  readonly agent: string;
  /** Best first (BCP 47). */
  readonly languages: readonly string[];
}

/** Hung on the request's memo: every AsyncLocalStorage more is a price on every promise of the process. */
const names = new WeakMap<object, { readonly id: string; browser(): RequestBrowser }>();

/** Everything `act` starts belongs to the request. */
export function inRequest<T>(id: string, browser: () => RequestBrowser, act: () => T): T {
  const memo = new Map();
  names.set(memo, { id, browser });
  return requestScope.run(memo, act);
}

/** Undefined outside of every request. */
export function currentRequest(): string | undefined {
  const memo = requestScope.getStore();
  return memo && names.get(memo)?.id;
}

/** What it came from, as far as it says; nothing outside of every request. */
export function currentBrowser(): Partial<RequestBrowser> {
  const memo = requestScope.getStore();
  return (memo && names.get(memo)?.browser()) ?? {};
}
