import { createHash } from 'node:crypto';
import type { Browser } from '../../../authentication/authentication.ts';
import type { Kv } from '../../../state/kv.ts';
import { browserHash } from '../../../web/browser.ts';
import { REPLAY_SECONDS, Unanswerable } from './receiving.ts';

/**
 * The same browser may reload and go back; a request that was seen elsewhere was stolen, or is being forced on somebody.
 * Throws Unanswerable.
 */
export async function once(kv: Kv, browser: Browser, application: string, requestId: string): Promise<void> {
  const key = `sx:${createHash('sha256').update(`${application} ${requestId}`).digest('base64url')}`;
  const mine = browserHash(browser.bind());
  if (await kv.add(key, mine, REPLAY_SECONDS)) return;
  if ((await kv.read(key))?.value !== mine) throw new Unanswerable('this request was used before');
}
