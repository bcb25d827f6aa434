import * as z from 'zod';
import { Problem } from '../api/problem.ts';
import { operation } from './operation.ts';

/** A published signing key, as far as it is shown. */
export interface ShownKey {
  readonly state: string;
  readonly alg: string;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
  readonly fingerprint256: string;
  /** Base64 DER. */
  readonly certificate: string;
}

export type Rotated =
  | { readonly kind: 'rotated'; readonly keys: readonly ShownKey[] }
  | { readonly kind: 'too-soon'; readonly from: number };

/** The keys of a protocol that can be changed by hand. */
export interface ChangingKeys {
  published(): readonly ShownKey[];
  rotate(force: boolean): Promise<Rotated>;
}

const shown = z.strictObject({
  keys: z.array(
    z.strictObject({
      state: z.string(),
      alg: z.string(),
      not_after: z.iso.datetime(),
      fingerprint_sha256: z.string(),
      certificate: z.string().describe('Base64 DER'),
    }),
  ),
});

const bodyOf = (keys: readonly ShownKey[]): z.output<typeof shown> => ({
  keys: keys.map(({ state, alg, notAfter, fingerprint256, certificate }) => ({
    ...{ state, alg, not_after: new Date(notAfter).toISOString() },
    ...{ fingerprint_sha256: fingerprint256, certificate },
  })),
});

export const samlKeyOperations = [
  operation({
    id: 'saml.keys.list',
    method: 'GET',
    path: '/saml/keys',
    summary: 'The certificates that SAML service providers find in our metadata: which sign, which are next',
    permission: 'keys.read',
    input: z.strictObject({}),
    output: shown,
    perform: async (parts) => ({ body: bodyOf((await parts.samlKeys()).published()) }),
  }),
  operation({
    id: 'saml.keys.rotate',
    method: 'POST',
    path: '/saml/keys/rotate',
    summary:
      'The next SAML keys sign from now on; not before service providers had time to learn of them, unless forced',
    permission: 'keys.rotate',
    input: z.strictObject({ force: z.boolean().default(false) }),
    output: shown,
    event: 'keys.rotated',
    async perform(parts, { force }) {
      const result = await (await parts.samlKeys()).rotate(force);
      if (result.kind === 'too-soon')
        throw new Problem('too-soon', 'Some service providers may not know the next keys yet.', {
          more: { from: new Date(result.from).toISOString() },
        });
      const keys = result.keys.map(({ state, alg, fingerprint256 }) => ({ state, alg, fingerprint256 }));
      return { body: bodyOf(result.keys), detail: { protocol: 'saml', forced: force, keys } };
    },
  }),
];
