import type { RefusalCode } from '../../domain/refusal.ts';

/** An OAuth error as it goes to the client (RFC 6749 section 4.1.2.1, OIDC Core section 3.1.2.6). */
export interface OAuthError {
  readonly error: string;
  readonly error_description: string;
}

const refusals: Readonly<Record<RefusalCode, OAuthError>> = {
  'sign-in-needed': { error: 'login_required', error_description: 'the person has to sign in' },
  'interaction-needed': { error: 'interaction_required', error_description: 'the person has to do something first' },
  'consent-needed': { error: 'consent_required', error_description: 'the person has not agreed to share this yet' },
  'selection-needed': { error: 'account_selection_required', error_description: 'the person has to choose an account' },
  'requirements-unmet': {
    error: 'unmet_authentication_requirements',
    error_description: 'the person cannot meet the requested assurance',
  },
  denied: { error: 'access_denied', error_description: 'the person, or a rule, said no' },
  'other-person': { error: 'login_required', error_description: 'another person than the one asked for is signed in' },
  unavailable: { error: 'temporarily_unavailable', error_description: 'a part of the provider is away' },
};

export const oauthError = (code: RefusalCode): OAuthError => refusals[code];
