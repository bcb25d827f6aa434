import { networkOf } from '../../../authentication/attempts.ts';
import type { Kv } from '../../../state/kv.ts';
import { browserHash } from '../../../web/browser.ts';

/** How many codes may be tried in ten minutes, right ones included; an address may ask for as many. */
export interface TryLimits {
  readonly browser: number;
  readonly address: number;
}

/** In seconds. */
export const tryWindow = 600;

/** Guessing codes (RFC 8628 section 5.1). Counted before they are looked up, so that many at once get no more than in a row. */
export async function mayTry(kv: Kv, browser: string, address: string, limits: TryLimits): Promise<boolean> {
  const [own, all] = await Promise.all([
    kv.count(`otb:${browserHash(browser)}`, tryWindow),
    kv.count(`ota:${networkOf(address)}`, tryWindow),
  ]);
  return own <= limits.browser && all <= limits.address;
}

/** Every code that is asked for lies in the store until it ends, and any public client's name is enough to ask. */
export const mayAsk = async (kv: Kv, address: string, limits: Pick<TryLimits, 'address'>): Promise<boolean> =>
  (await kv.count(`oda:${networkOf(address)}`, tryWindow)) <= limits.address;
