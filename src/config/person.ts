import * as z from 'zod';
import { text } from './words.ts';

/** A person as an administrator writes one, in the file or by the API. */

/** What a claim may not be called: these are made by us, from what was proved, or have a key of their own. */
const reserved = [
  ...['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'nonce', 'acr', 'amr', 'auth_time', 'azp', 'sid', 'at_hash'],
  ...['c_hash', 's_hash', 'name', 'preferred_username', 'email', 'email_verified', 'groups', 'events', '__proto__'],
];

const claims = z.record(z.string(), z.unknown()).superRefine((value, context) => {
  for (const name of Object.keys(value).filter((key) => reserved.includes(key)))
    context.addIssue({ code: 'custom', path: [name], message: 'cannot be declared: Stile says it itself' });
});

export const personFields = {
  username: text(256).refine(
    (value) => value === value.trim() && !/\p{Cc}/u.test(value),
    'has spaces at an end, or control characters',
  ),
  email: text(254)
    .refine((value) => /^[^\s@]+@[^\s@]+$/u.test(value), 'has to be an email address')
    .optional(),
  email_verified: z.boolean().default(false),
  name: text(256).optional(),
  groups: z.array(text(256)).default([]),
  claims: claims.default({}),
};
