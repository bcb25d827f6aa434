import { type KeyUse, keyUses, listKeys, type Rotating, rotate } from './rotate.ts';
import { type Unlocking, unlock } from './unlock.ts';

/** What the command line may ask of a server, by name; the answer is what it prints with --json. */
export type Operations = Readonly<Record<string, (asked: Readonly<Record<string, unknown>>) => Promise<object>>>;

/** They throw a SyntaxError for what they were not asked rightly. */
export const operations = (parts: Unlocking & Rotating): Operations => ({
  '/unlock': async ({ store, username }) => {
    if (typeof store !== 'string' || typeof username !== 'string')
      throw new SyntaxError('store and username are texts');
    return unlock(parts, store, username);
  },
  '/keys/list': async ({ use }) => listKeys(parts, useOf(use)),
  '/keys/rotate': async ({ use, force, leaked }) => {
    if (typeof force !== 'boolean' || typeof leaked !== 'boolean')
      throw new SyntaxError('force and leaked are true or false');
    return rotate(parts, useOf(use), { by: 'command line', force, leaked });
  },
});

function useOf(use: unknown): KeyUse {
  const known = keyUses.find((one) => one === use);
  if (!known) throw new SyntaxError(`use is one of ${keyUses.join(', ')}`);
  return known;
}
