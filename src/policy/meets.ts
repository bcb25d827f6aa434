/** Whether what was shown meets a need: by evidence alone, or with something that may stand in. Pure. */
import type { MethodClassName } from '../domain/evidence.ts';
import type { StandIn } from '../domain/stand-in.ts';
import type { Need } from '../domain/verdict.ts';
import { metBy } from './strengths.ts';

/** Evidence, a stand-in, or what an option would come to: one of `class` and `kind`. */
export interface Piece {
  readonly method: string;
  readonly class?: MethodClassName;
  readonly kind?: StandIn['kind'];
  /** Worth no more than the person's mailbox. */
  readonly mailbox?: true;
}

export function meets(pieces: readonly Piece[], need: Need): boolean {
  const classes = pieces.flatMap((piece) => piece.class ?? []);
  return metBy(classes, need.strength) || stoodIn(pieces, need) !== undefined;
}

/**
 * What stands in before this need, beside evidence of another method: a code by email never beside what the same mailbox
 * gave, a pass never beside itself. Undefined where evidence has to do, or nothing accepted is there.
 */
export const stoodIn = (pieces: readonly Piece[], { accepts = [] }: Need): Piece | undefined =>
  pieces.find(
    (one) =>
      accepts.some((kind) => kind === one.kind) && pieces.some((other) => other.class && mayStandBeside(one, other)),
  );

const mayStandBeside = (one: Piece, other: Piece): boolean =>
  other.method !== one.method && !(one.kind === 'email_code' && other.mailbox);
