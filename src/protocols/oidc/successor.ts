/**
 * What follows a refresh token is computed, not drawn: a client that lost the answer and asks again gets the same token
 * again, so that a family of tokens never forks. Nobody without the key can tell what follows a token he holds.
 */
import { createHmac } from 'node:crypto';
import type { Provider as LibraryProvider, RefreshToken } from 'oidc-provider';
import { Provider } from './library.ts';

/** As long as what the library draws: 256 bits. */
export type Successor = (token: string) => string;

export const successors =
  (key: Buffer): Successor =>
  (token) =>
    createHmac('sha256', key).update(`refresh ${token}`).digest('base64url');

/** A refresh token that replaces another is named after it; the first of a family is drawn, as the library does it. */
export function nameSuccessors(provider: LibraryProvider, successor: Successor): void {
  const { prototype } = provider.RefreshToken as unknown as { prototype: { generateTokenId(): string } };
  const draw = prototype.generateTokenId;
  if (typeof draw !== 'function') throw new Error('the library has changed');
  prototype.generateTokenId = function () {
    const spent = Provider.ctx?.oidc.entities.RotatedRefreshToken as RefreshToken | undefined;
    return spent ? successor(spent.jti) : draw.call(this);
  };
}
