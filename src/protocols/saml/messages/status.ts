import type { RefusalCode } from '../../../domain/refusal.ts';
import { status } from '../names.ts';

/** A status of two levels (saml-core-2.0-os section 3.2.2.1), with a sentence for whoever runs the service provider. */
export interface Status {
  readonly top: string;
  readonly second?: string;
  readonly message?: string;
}

export const success: Status = { top: status.success };
export const requester = (second: string, message: string): Status => ({ top: status.requester, second, message });
export const responder = (second: string, message: string): Status => ({ top: status.responder, second, message });

/** The same for all of them: which it is would tell whoever was promised nothing yet about who sits there. */
const passive = responder(status.noPassive, 'the person would have to be asked something first');

const refusals: Readonly<Record<RefusalCode, Status>> = {
  'sign-in-needed': passive,
  'interaction-needed': passive,
  'consent-needed': passive,
  'selection-needed': passive,
  'requirements-unmet': responder(status.noAuthnContext, 'the person cannot meet the requested authentication context'),
  denied: responder(status.requestDenied, 'the person, or a rule, said no'),
  'other-person': responder(status.requestDenied, 'another person than the one asked for is signed in'),
  unavailable: { top: status.responder, message: 'a part of the identity provider is away' },
};

/** What a refusal is called in SAML. Without a requested context what could not be met was our own policy's demand. */
export const refused = (code: RefusalCode, contextRequested: boolean): Status =>
  code === 'requirements-unmet' && !contextRequested
    ? responder(status.authnFailed, 'the person cannot prove what is required of them')
    : refusals[code];
