import * as z from 'zod';
import type { ShownKey as Shown, ShownKeys as ShownRing } from '../../keys/due.ts';
import type { Rotation, RotationWish } from '../../keys/ring.ts';
import { Problem } from '../api/problem.ts';
import { instant } from './instant.ts';
import { operation } from './operation.ts';

/** A published signing key, as far as it is shown; SAML's come in certificates. */
export interface ShownKey extends Shown {
  /** Milliseconds since the epoch. */
  readonly notAfter?: number;
  readonly fingerprint256?: string;
  /** Base64 DER. */
  readonly certificate?: string;
}

export interface ShownKeys extends ShownRing {
  readonly keys: readonly ShownKey[];
}

/** The keys of a protocol, which can be changed. */
export interface ChangingKeys {
  shown(): ShownKeys;
  rotate(wish: RotationWish): Promise<Rotation>;
}

/** What signs: tokens, or SAML. */
export const keyUses = ['oidc', 'saml'] as const;
export type KeyUse = (typeof keyUses)[number];

const use = z.enum(keyUses).describe('Those of tokens, or those of SAML');
const when = () => z.iso.datetime();

const listed = z.strictObject({
  use,
  keys: z.array(
    z.strictObject({
      id: z.string().describe('The kid in the JWKS'),
      alg: z.string(),
      state: z.enum(['current', 'next', 'previous']),
      created_at: when().optional().describe('Unknown of keys held elsewhere'),
      retired_at: when().optional().describe('When it signed last'),
      gone_at: when().optional().describe('When it is published no longer'),
      not_after: when().optional().describe('What its certificate says'),
      fingerprint_sha256: z.string().optional(),
      certificate: z.string().optional().describe('Base64 DER'),
    }),
  ),
  rotates_from: when()
    .optional()
    .describe('From when on everybody knows the next keys; absent where a holder changes them'),
  rotates_at: when().optional().describe('When the schedule puts them to work'),
});

const bodyOf = (use: KeyUse, { keys, rotatesFrom, rotatesAt }: ShownKeys): z.output<typeof listed> => ({
  use,
  keys: keys.map(({ id, alg, state, createdAt, retiredAt, goneAt, notAfter, fingerprint256, certificate }) => ({
    ...{ id, alg, state },
    ...(createdAt === undefined ? {} : { created_at: instant(createdAt) }),
    ...(retiredAt === undefined ? {} : { retired_at: instant(retiredAt) }),
    ...(goneAt === undefined ? {} : { gone_at: instant(goneAt) }),
    ...(notAfter === undefined ? {} : { not_after: instant(notAfter) }),
    ...(fingerprint256 === undefined ? {} : { fingerprint_sha256: fingerprint256 }),
    ...(certificate === undefined ? {} : { certificate }),
  })),
  ...(rotatesFrom === undefined ? {} : { rotates_from: instant(rotatesFrom) }),
  ...(rotatesAt === undefined ? {} : { rotates_at: instant(rotatesAt) }),
});

export const keyOperations = [
  operation({
    id: 'keys.list',
    method: 'GET',
    path: '/keys/{use}',
    summary: 'The keys that are published: which sign, which are next, which will be gone, and when they change',
    permission: 'keys.read',
    input: z.strictObject({ use }),
    output: listed,
    perform: async ({ keys }, { use }) => ({ body: bodyOf(use, (await keys[use]()).shown()) }),
  }),
  operation({
    id: 'keys.rotate',
    method: 'POST',
    path: '/keys/{use}/rotate',
    summary: 'The next keys sign from now on; not before everybody had time to learn of them, unless forced',
    permission: 'keys.rotate',
    input: z.strictObject({
      use,
      force: z.boolean().default(false).describe('Even where somebody may not know the next keys yet'),
      leaked: z
        .boolean()
        .default(false)
        .describe(
          'Replaces current and next keys at once and takes the old ones back: what they signed is worth nothing',
        ),
    }),
    output: listed,
    event: 'keys.rotated',
    async perform({ keys }, { use, force, leaked }) {
      const ring = await keys[use]();
      const result = await ring.rotate({ force, leaked });
      if (result.kind === 'held')
        throw new Problem(
          'held-elsewhere',
          'The agent that holds these keys changes them, and is followed within seconds.',
        );
      if (result.kind === 'too-soon')
        throw new Problem('too-soon', 'Some applications may not know the next keys yet.', {
          more: { from: instant(result.from) },
        });
      const shown = ring.shown();
      const recorded = shown.keys.map(({ id, alg, state, fingerprint256 }) => ({ state, alg, id, fingerprint256 }));
      return { body: bodyOf(use, shown), detail: { use, forced: force, leaked, keys: recorded } };
    },
  }),
];
