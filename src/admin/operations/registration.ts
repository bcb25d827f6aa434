import * as z from 'zod';
import { scopes } from '../../config/words.ts';
import { nameOf } from '../actor.ts';
import { invalid, Problem } from '../api/problem.ts';
import { instant } from './instant.ts';
import { operation } from './operation.ts';

const day = 86_400;

/** Letting applications register themselves (RFC 7591). */
export const registrationOperations = [
  operation({
    id: 'applications.allow',
    method: 'POST',
    path: '/initial-access-tokens',
    summary: 'An initial access token, with which applications register themselves',
    permission: 'applications.change',
    input: z.strictObject({
      uses: z.int().min(1).max(1000).default(1).describe('How many applications may register with it'),
      expires_in: z
        .int()
        .min(60)
        .max(30 * day)
        .default(day)
        .describe('Seconds'),
      scopes: z.array(z.enum(scopes)).min(1).optional().describe('What they may ask for; as configured without it'),
    }),
    output: z.strictObject({
      initial_access_token: z.string(),
      registration_endpoint: z.string(),
      uses: z.int(),
      scopes: z.array(z.string()),
      expires_at: z.iso.datetime(),
    }),
    event: 'registration.allowed',
    async perform({ registration, issuer }, { uses, expires_in: expires, scopes: only }, { by }) {
      if (!registration)
        throw new Problem('conflict', 'Applications may not register themselves: registration.enabled is false.');
      refuseMore(only ?? [], registration.scopes);
      const made = await registration.allow({ uses, expires, by: nameOf(by), ...(only ? { scopes: only } : {}) });
      const { token, expiresAt, scopes: allowed } = made;
      const expires_at = instant(expiresAt);
      const body = { registration_endpoint: `${issuer}/reg`, uses, scopes: [...allowed], expires_at };
      return {
        body: { initial_access_token: token, ...body },
        status: 201,
        detail: { uses, scopes: allowed, expires_at },
      };
    },
  }),
];

/** Throws Problem 400 for each scope that the file does not let registered applications have. */
function refuseMore(wanted: readonly string[], allowed: readonly string[]): void {
  const errors = wanted.flatMap((scope, i) =>
    allowed.includes(scope)
      ? []
      : [
          {
            in: 'body' as const,
            field: `scopes[${i}]`,
            detail: `is not allowed by the file; it has ${allowed.join(', ')}`,
          },
        ],
  );
  if (errors.length > 0) throw invalid(...errors);
}
