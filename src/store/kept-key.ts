import { randomBytes } from 'node:crypto';
import type { Sealer } from '../domain/sealer.ts';
import type { Settings } from './settings.ts';

/** What settings are sealed begins so. */
export const settingPrefix = 'key.';

/**
 * A random key that outlives every change of STILE_SECRET: made at the first start, sealed in the settings, the same on
 * every node. For names that applications remember (pairwise subjects): a new key would make strangers of everybody.
 */
export async function keptKey(settings: Settings, sealer: Sealer, name: string): Promise<Buffer> {
  const key = settingPrefix + name;
  const made = sealer.seal(randomBytes(32).toString('base64url'), key);
  // Of several nodes starting at once, one writes; all read what was written.
  const sealed =
    (await settings.get(key)) ??
    ((await settings.compareAndSet(key, undefined, made)) ? made : await settings.get(key));
  if (sealed === undefined) throw new Error(`the setting ${key} vanished`);
  return Buffer.from(sealer.open(sealed, key), 'base64url');
}
