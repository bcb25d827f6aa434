/**
 * Challenges nobody has to remember: a MAC over the walk and how much it has proved. Each question of each walk has its
 * own, a walk belongs to one browser and one answer moves it on once, so an answer given before answers nothing.
 */
import { createHmac } from 'node:crypto';
import type { Subject } from '../../domain/method.ts';

type At = Pick<Subject, 'place' | 'turn'>;

/** 256 bits in base64url, under the first secret. */
export const challengeAt = (secrets: readonly Buffer[], at: At): string => under(secrets[0] as Buffer, at);

/** Those that count: a page may have been shown before the secret changed. */
export const challengesAt = (secrets: readonly Buffer[], at: At): readonly string[] =>
  secrets.map((secret) => under(secret, at));

const under = (secret: Buffer, { place, turn }: At): string =>
  createHmac('sha256', secret)
    .update(JSON.stringify(['webauthn', place.walk, turn]))
    .digest('base64url');
