/** The account pages, handed what they may do to other rooms' things. A part of the composition root. */
import type { Router } from 'express';
import type { AccountParts } from '../account/account.ts';
import { accountRoutes } from '../account/routes.ts';
import type { Engine } from '../authentication/engine.ts';
import { guarded } from '../authentication/enrolment.ts';
import type { Password } from '../methods/password/password.ts';
import type { OidcRoom } from '../protocols/oidc/room.ts';
import type { Tokens } from '../store/tokens.ts';

export interface AccountPages
  extends Omit<AccountParts, 'authentication' | 'sources' | 'choosePassword' | 'endTokens' | 'withdraw'> {
  readonly engine: Engine;
  readonly password: Pick<Password, 'choose'>;
  readonly tokens: Pick<Tokens, 'destroyByUser'>;
  readonly oidc: Pick<OidcRoom, 'withdraw'>;
}

export function mountAccount(app: Router, { engine, password, tokens, oidc, ...parts }: AccountPages): void {
  const { credentials, consents, now } = parts;
  accountRoutes(app, {
    ...parts,
    authentication: engine,
    sources: engine.parts.sources,
    async choosePassword(user, text, leans) {
      const choice = await password.choose(user, text);
      if (!choice.ok) return { why: choice.why };
      const own = await credentials.of(user.id);
      const leant = own.some((one) => one.method === 'password' && one.data.mailbox === true);
      // Whoever has two factors changed it by both; else what was chosen through the mailbox is worth no more for a change of words.
      const kept =
        (leans || leant) && !guarded(engine.parts.sources.methods, own)
          ? { ...choice.credential.data, mailbox: true }
          : choice.credential.data;
      await credentials.replace(user.id, { ...choice.credential, data: kept }, now());
      return { ok: true };
    },
    endTokens: (user) => tokens.destroyByUser(user),
    async withdraw(user, id) {
      await consents.withdraw(user, id);
      await oidc.withdraw(user, id);
    },
  });
}
