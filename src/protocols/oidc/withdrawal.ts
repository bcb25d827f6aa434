import type { Sessions } from '../../authentication/sessions.ts';
import type { Tokens } from '../../store/tokens.ts';
import type { Catalogue } from './clients.ts';

export interface WithdrawalParts {
  readonly catalogue: Pick<Catalogue, 'byId'>;
  readonly tokens: Pick<Tokens, 'destroyByUser'>;
  readonly sessions: Pick<Sessions, 'ofUser' | 'participate'>;
}

/** Takes from an application what it got by a consent that a person took back: its tokens, and its Grant in every session. */
export const withdrawal =
  ({ catalogue, tokens, sessions }: WithdrawalParts) =>
  async (user: string, application: string): Promise<void> => {
    // A disabled one too: it may be enabled again.
    const known = catalogue.byId(application);
    if (known?.protocol !== 'oidc') return;
    await tokens.destroyByUser(user, String(known.settings.client_id ?? known.id));
    // It stays a participant, to be told when the session ends.
    for (const { sid, participants } of await sessions.ofUser(user)) {
      if (application in participants) await sessions.participate(sid, application, {});
    }
  };
