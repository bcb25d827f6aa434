/** An answer as a form sends it. Pure. */
import type { Answer } from '../domain/method.ts';

/** Fields of a form that are not an answer to the method's question. */
const FORM_FIELDS = new Set(['csrf', 'do', 'step', 'stay', 'username', 'method']);

export const isEmpty = (answer: Answer): boolean =>
  Object.entries(answer).every(([name, value]) => FORM_FIELDS.has(name) || value.trim() === '');
