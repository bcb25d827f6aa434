/** /.well-known/webauthn: which other pages may ask for the passkeys of this place (WebAuthn Level 3 section 5.11.1). */
import { anyone, type Routes } from './routes.ts';

/** `origins`, the first of them ours: with no other there is nothing to tell, and no such address. */
export function relatedOrigins(routes: Routes, origins: readonly string[]): void {
  if (origins.length < 2) return;
  routes.get('/.well-known/webauthn', anyone, (_req, res) => {
    res.set('cache-control', 'public, max-age=300').json({ origins });
  });
}
