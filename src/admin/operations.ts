import { type Rotating, rotate } from './rotate.ts';
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
  '/saml/show': async () => ({ kind: 'shown', keys: (await parts.samlKeys()).published() }),
  '/saml/rotate': async ({ force }) => {
    if (typeof force !== 'boolean') throw new SyntaxError('force is true or false');
    return rotate(parts, force);
  },
});
