/** One request from its beginning to its answer: what it is called, and what it has read. A part of the composition root. */
import { requestScope } from '../state/memo.ts';

/** Hung on the request's memo: every AsyncLocalStorage more is a price on every promise of the process. */
const names = new WeakMap<object, string>();

/** Everything `act` starts belongs to the request. */
export function inRequest<T>(id: string, act: () => T): T {
  const memo = new Map();
  names.set(memo, id);
  return requestScope.run(memo, act);
}

/** Undefined outside of every request. */
export function currentRequest(): string | undefined {
  const memo = requestScope.getStore();
  return memo && names.get(memo);
}
