/**
 * Notes: an API to copy. Reading takes a token; writing takes one of somebody who proved two factors within five minutes.
 * It must not import anything of Stile's.
 */
import express, { Router } from 'express';
import { type Api, callerOf, protector } from './access.ts';

/** Two factors: the REFEDS MFA Profile's name for that, and Stile's own. */
export const twoFactors = ['https://refeds.org/profile/mfa', 'urn:stile:acr:aal2'];

export function notes(api: Api): Router {
  const need = protector(api);
  /** In memory, by `sub`; a person sees their own. */
  const all = new Map<string, string[]>();
  const router = Router();

  router.get('/notes', need({ scope: 'notes:read' }), (_req, res) => {
    res.json({ notes: all.get(callerOf(res).sub) ?? [] });
  });

  router.post(
    '/notes',
    need({ scope: 'notes:write', acr: twoFactors, maxAge: 300 }),
    express.json({ limit: '4kb' }),
    (req, res) => {
      const { sub } = callerOf(res);
      const mine = [...(all.get(sub) ?? []), String(req.body?.text ?? '')].slice(-100);
      all.set(sub, mine);
      res.status(201).json({ notes: mine });
    },
  );
  return router;
}
