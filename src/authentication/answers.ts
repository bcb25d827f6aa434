/** What came with a form, and what a right answer is credited with. Pure. */
import type { Answer, Verification } from '../domain/method.ts';
import type { Use } from './attempts.ts';

/** Fields of a form that are not an answer to the method's question. */
const FORM_FIELDS = new Set(['csrf', 'do', 'step', 'stay', 'username', 'method']);
/** Nothing was filled in. */
export const isEmpty = (answer: Answer) =>
  Object.entries(answer).every(([name, value]) => FORM_FIELDS.has(name) || value.trim() === '');

/** What a proof does to its credential. */
export const useOf = ({ counter, once, secret, data }: Verification & { kind: 'proved' }, now: number): Use => ({
  now,
  ...(counter === undefined ? {} : { counter }),
  ...(once === undefined ? {} : { once }),
  ...(secret === undefined ? {} : { secret }),
  ...(data === undefined ? {} : { data }),
});
