import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { User } from '../../domain/user.ts';
import { nameOf } from '../actor.ts';
import { Problem } from '../api/problem.ts';
import { instant } from './instant.ts';
import type { Call } from './operation.ts';
import { type AdminParts, mailed } from './parts.ts';

const LIFE_MINUTES = 15;

/** Where a registration link leads; the token stands in the query, which no log of ours keeps. */
export const linkPath = '/registration';

export const link = z.strictObject({
  link: z
    .string()
    .describe('Whoever has it chooses how this person signs in: hand it over in person, or by a way you trust'),
  expires_at: z.iso.datetime(),
});

/** A new link for this person, single use. Throws Problem 409 for whoever has no password of ours or is disabled. */
export const linkFor = (parts: AdminParts, user: User, call: Call): Promise<z.output<typeof link>> =>
  made(parts, user, call, false);

/**
 * The same, sent to their verified address and shown to nobody; its time is the answer. Throws Problem 409 too where there is
 * no such address, and as `mailed` does: then no link works.
 */
export async function mailLink(parts: AdminParts, user: User, call: Call): Promise<string> {
  if (!user.email || !user.emailVerified) throw new Problem('conflict', 'They have no verified address to send it to.');
  const { link: address, expires_at } = await made(parts, user, call, true);
  const { locale } = user.claims;
  const languages = typeof locale === 'string' ? [locale] : [];
  const data = { link: address, minutes: LIFE_MINUTES, by: nameOf(call.by) };
  await mailed(parts, { kind: 'registration-link', to: user.email, languages, data }).catch(async (error) => {
    await parts.links.drop(user.id);
    throw error;
  });
  return expires_at;
}

async function made(parts: AdminParts, user: User, { by, at }: Call, mailed: boolean): Promise<z.output<typeof link>> {
  if (user.store !== 'local') throw new Problem('conflict', 'Their password is kept elsewhere.');
  if (user.disabled) throw new Problem('conflict', 'They are disabled: enable them first.');
  const token = randomBytes(32).toString('base64url');
  const expires = at + LIFE_MINUTES * 60_000;
  await parts.links.add(token, { user: user.id, by: nameOf(by), mailed }, expires);
  return { link: `${parts.issuer}${linkPath}?token=${token}`, expires_at: instant(expires) };
}
