import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { Problem } from '../api/problem.ts';
import { operation } from './operation.ts';

const DAY = 86_400;

export const registrationOperations = [
  operation({
    id: 'registration.tokens.create',
    method: 'POST',
    path: '/registration-tokens',
    summary: 'An initial access token, by which applications register themselves (RFC 7591); shown this once',
    permission: 'applications.change',
    input: z.strictObject({
      expires_in: z
        .int()
        .min(60)
        .max(30 * DAY)
        .default(3600)
        .describe('Seconds'),
      uses: z.int().min(1).max(1000).default(1).describe('How many applications may register with it'),
      scopes: z.array(z.string().min(1).max(128)).max(100).optional().describe('Fewer than the file allows'),
    }),
    output: z.strictObject({
      token: z.string(),
      expires_at: z.iso.datetime(),
      uses: z.int(),
      scopes: z.array(z.string()),
    }),
    event: 'registration.allowed',
    async perform({ registration }, { expires_in, uses, scopes: wanted }, { by, at }) {
      if (!registration)
        throw new Problem('conflict', 'Applications may not register themselves: see registration in the file.');
      const more = (wanted ?? []).flatMap((scope, i) =>
        registration.scopes.includes(scope)
          ? []
          : [
              {
                in: 'body',
                field: `scopes[${i}]`,
                detail: `is not allowed by the file; it has ${registration.scopes.join(', ')}`,
              },
            ],
      );
      if (more.length > 0) throw new Problem('invalid-input', undefined, { more: { errors: more } });
      const scopes = wanted ?? [...registration.scopes];
      const token = randomBytes(32).toString('base64url');
      const expiresAt = at + expires_in * 1000;
      await registration.registrations.allow(token, { scopes, uses, expiresAt, by: `${by.kind}:${by.id}` }, at);
      const body = { token, expires_at: new Date(expiresAt).toISOString(), uses, scopes };
      return { body, status: 201, detail: { uses, scopes, expires: expires_in } };
    },
  }),
];
