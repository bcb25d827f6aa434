import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { User } from '../../domain/user.ts';
import { nameOf } from '../actor.ts';
import { Problem } from '../api/problem.ts';
import { instant } from './instant.ts';
import type { Call } from './operation.ts';
import type { AdminParts } from './parts.ts';

const LIFE_MS = 15 * 60 * 1000;

/** Where a registration link leads; the token stands in the query, which no log of ours keeps. */
export const linkPath = '/registration';

export const link = z.strictObject({
  link: z
    .string()
    .describe('Whoever has it chooses how this person signs in: hand it over in person, or by a way you trust'),
  expires_at: z.iso.datetime(),
});

/** A new link for this person, single use. Throws Problem 409 for whoever has no password of ours or is disabled. */
export async function linkFor(parts: AdminParts, user: User, { by, at }: Call): Promise<z.output<typeof link>> {
  if (user.store !== 'local') throw new Problem('conflict', 'Their password is kept elsewhere.');
  if (user.disabled) throw new Problem('conflict', 'They are disabled: enable them first.');
  const token = randomBytes(32).toString('base64url');
  const expires = at + LIFE_MS;
  await parts.links.add(token, user.id, nameOf(by), expires);
  return { link: `${parts.issuer}${linkPath}?token=${token}`, expires_at: instant(expires) };
}
