/** Where each of the library's models is kept: a shelf for every one that is stored at all. */
import type { Adapter } from 'oidc-provider';
import type { Authentication } from '../../authentication/authentication.ts';
import type { Sessions } from '../../authentication/sessions.ts';
import type { Subjects } from '../../authentication/subjects.ts';
import type { Kv } from '../../state/kv.ts';
import type { Tokens } from '../../store/tokens.ts';
import { clientShelf } from './adapter.ts';
import type { Clients } from './clients.ts';
import type { Grants } from './grants.ts';
import { interactionShelf } from './interaction-view.ts';
import type { TokenKeys } from './keys.ts';
import { onceSignable } from './library-keys.ts';
import { ttl } from './lifetimes.ts';
import type { registrationShelves } from './registration/registration.ts';
import { pushedShelf } from './requests/pushed.ts';
import { SessionView } from './session-view.ts';
import type { Successor } from './successor.ts';
import { codeShelf, kvShelf, ofKind, type Reused, refreshShelf, unlessOn } from './tokens.ts';

export interface ShelvesParts {
  readonly kv: Kv;
  readonly tokens: Tokens;
  readonly clients: Clients;
  readonly sessions: Sessions;
  readonly subjects: Subjects;
  readonly authentication: Authentication;
  readonly grants: Grants;
  readonly reused: Reused;
  readonly successor: Successor;
  /** Device codes. */
  readonly device: Partial<Adapter>;
  /** Absent where applications may not register themselves. */
  readonly registered: ReturnType<typeof registrationShelves> | undefined;
  readonly keys: TokenKeys;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** By the library's name of the model. */
export function shelvesFor(parts: ShelvesParts): Readonly<Record<string, Partial<Adapter>>> {
  const { kv, tokens, clients, sessions, subjects, authentication, grants, reused, successor, registered, keys, now } =
    parts;
  // Access tokens and machines' tokens share a shelf: looking one up as either reads one key.
  const bearer = kvShelf(kv, 't');
  return {
    AccessToken: ofKind('AccessToken', bearer),
    ClientCredentials: ofKind('ClientCredentials', bearer),
    AuthorizationCode: onceSignable(keys, 'find', codeShelf(kv, reused)),
    Client: { ...clientShelf(clients), ...registered?.client },
    ...(registered ? { InitialAccessToken: registered.initial, RegistrationAccessToken: registered.access } : {}),
    DeviceCode: onceSignable(keys, 'consume', parts.device),
    Grant: grants,
    Interaction: interactionShelf(authentication),
    PushedAuthorizationRequest: pushedShelf(kv, ttl.Interaction),
    RefreshToken: onceSignable(
      keys,
      'consume',
      unlessOn(bearer, refreshShelf({ tokens, grants, reused, successor, now })),
    ),
    Session: new SessionView({ sessions, kv, clients, grants, subjects }),
  };
}
