import { isAbsolute } from 'node:path';
import * as z from 'zod';
import { type Problem, problem } from './problems.ts';
import { duration, seconds, section, text } from './words.ts';

/** `keys:`, how the keys of tokens change, and what it shares with those of SAML. */

const day = 86_400;

/** How often; 0 or `never` is not on its own. In seconds. */
export const often = () =>
  z.union(
    [z.literal([0, 'never']).transform(() => 0), duration(day, 3 * 366 * day)],
    'has to be never, or a length of time of at least a day, like 90d',
  );

/** Linux takes 107 bytes, others 103. */
const socket = () =>
  text(103).refine(
    (path) => isAbsolute(path),
    'has to be the absolute path of a Unix socket, like /run/key-agent.sock',
  );

export const keysSchema = section({
  rotate_every: often().default(90 * day),
  publish_ahead: duration(600, 30 * day).default(day),
  overlap: duration(day, 366 * day).default(30 * day),
  held: section({ socket: socket() }).optional(),
});

/** Lengths in seconds. */
export interface ConfiguredKeys {
  /** How long a key signs; 0 is until somebody changes it. */
  readonly rotateEvery: number;
  /** How long a next key is published before it may sign. */
  readonly publishAhead: number;
  /** How long a key stays published after it signed last. */
  readonly overlap: number;
  /** Where an agent listens that has the private halves; absent where we have them. */
  readonly held?: { readonly socket: string };
}

export const keysOf = (file: z.output<typeof keysSchema>): ConfiguredKeys => ({
  rotateEvery: file.rotate_every,
  publishAhead: file.publish_ahead,
  overlap: file.overlap,
  ...(file.held ? { held: file.held } : {}),
});

/** A key cannot be replaced sooner than the next one may sign. */
export function keysProblems(
  keys: Readonly<Record<string, unknown>>,
  saml: Readonly<Record<string, unknown>>,
): Problem[] {
  const sooner = (every: unknown, notice: number | undefined, path: string[], than: string) => {
    const length = seconds(every);
    return length && notice !== undefined && length < notice
      ? [problem(path, `is shorter than ${than}, which is ${notice} seconds`)]
      : [];
  };
  return [
    ...sooner(keys.rotate_every, seconds(keys.publish_ahead ?? day), ['keys', 'rotate_every'], 'publish_ahead'),
    ...sooner(saml.rotate_every, seconds(saml.metadata_valid ?? '14d'), ['saml', 'rotate_every'], 'metadata_valid'),
  ];
}
