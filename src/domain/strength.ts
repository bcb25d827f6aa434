import type { MethodClassName } from './evidence.ts';

/** A set of method classes that is enough when all of them are proved. */
export type Alternative = readonly MethodClassName[];

/** A named requirement: met when every class of one of its alternatives is proved. */
export interface Strength {
  readonly id: string;
  readonly alternatives: readonly Alternative[];
}
