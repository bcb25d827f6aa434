import type { MethodClassName } from '../domain/evidence.ts';
import type { Answer } from '../domain/method.ts';
import type { Browser } from './authentication.ts';
import type { Change } from './changes.ts';
import type { Facts } from './next.ts';
import type { SignIn } from './signins.ts';

/** One answer of a person to a method's question, at a point of their walk. */
export interface Offer {
  readonly browser: Browser;
  readonly signIn: SignIn;
  readonly facts: Facts;
  /** The method's id. */
  readonly method: string;
  /** What a proof has to be worth to lead on; empty when anything does. */
  readonly wanted: readonly MethodClassName[];
  readonly answer: Answer;
  readonly change: Change;
  /** What was shown instead of a name, if nobody has it: the browser is told, and then offers it no more. */
  readonly strange?: string | undefined;
}

/** How long the answer to a code takes at least, in milliseconds, while nobody is vouched for: longer than judging it. */
export const EVEN_MS = 250;

/** Fields of a form that are not an answer to the method's question. */
const FORM_FIELDS = new Set(['csrf', 'do', 'step', 'stay', 'username', 'method']);
export const isEmpty = (answer: Answer) =>
  Object.entries(answer).every(([name, value]) => FORM_FIELDS.has(name) || value.trim() === '');
