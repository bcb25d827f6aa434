import { createHash } from 'node:crypto';
import type { ApiAnswers } from '../../store/api-answers.ts';
import type { Actor } from '../actor.ts';
import { Problem } from './problem.ts';
import type { ApiAnswer, ApiRequest } from './request.ts';

const hash = (...parts: string[]) => createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

/**
 * A POST with an Idempotency-Key is done once within a day: whoever sends it again gets the first answer, and of two at the
 * same time the store lets one through. A key is its sender's own. Throws Problem 409 and 422.
 */
export async function once(
  answers: ApiAnswers,
  request: ApiRequest,
  by: Actor,
  now: number,
  answer: () => Promise<ApiAnswer>,
): Promise<ApiAnswer> {
  const given = request.headers['idempotency-key'];
  if (given === undefined || request.method !== 'POST') return answer();
  if (!/^[\x21-\x7e]{1,255}$/.test(given))
    throw new Problem('invalid-input', 'Idempotency-Key has to be up to 255 visible characters.');
  const key = hash(by.kind, by.id, given);
  const asked = hash(request.path, request.query.toString(), request.body ?? '');
  const kept = await answers.begin(key, asked, now);
  if (kept.kind !== 'yours') {
    if (kept.request !== asked) throw new Problem('key-reused');
    if (kept.kind === 'being-answered')
      throw new Problem('in-progress', undefined, { headers: { 'retry-after': '1' } });
    // Done again it would be done twice.
    if (kept.kind === 'lost')
      throw new Problem('conflict', 'This was done already, and its answer can be read no more: look at what it made.');
    const { status, headers, body } = JSON.parse(kept.answer) as ApiAnswer;
    return { status, headers: { ...headers, 'idempotency-replayed': 'true' }, body };
  }
  const made = await answer();
  // A fault of ours says nothing about the request; nor does a refusal, which changed nothing. Lines are not kept.
  if (made.status < 400 && typeof made.body === 'string') await answers.finish(key, JSON.stringify(made));
  else await answers.forget(key);
  return made;
}
