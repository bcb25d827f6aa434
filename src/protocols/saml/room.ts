/**
 * SAML 2.0, as an identity provider. Owns the protocol's addresses, what service providers' metadata says, our keys and
 * our own metadata; turns each AuthnRequest into an Ask and each Outcome into a signed Response. It asks the authentication
 * room who somebody is, and must not know how anybody proves anything, what a policy is, or what a page looks like.
 *
 * `sign-on` and `logout` are what it does; `messages` is what both begin with, `xml` what all are written in and read from;
 * `providers` is whom it knows (their metadata), `metadata` and `keys` what others know of it.
 */
import type { Request, Response, Router } from 'express';
import type { Asker, Browser } from '../../authentication/authentication.ts';
import type { Sessions } from '../../authentication/sessions.ts';
import type { Kv } from '../../state/kv.ts';
import type { SamlKeys } from './keys/keys.ts';
import { logoutRoutes } from './logout/routes.ts';
import { SigningOut } from './logout/signing-out.ts';
import { type Entity, endpoint } from './metadata/metadata.ts';
import { metadataRoutes } from './metadata/routes.ts';
import type { Pages } from './pages.ts';
import { onlyPassword } from './sign-on/context.ts';
import { signOnRoutes } from './sign-on/routes.ts';
import { askerName, SigningIn, type SigningInParts } from './sign-on/signing-in.ts';
import { readTicket } from './sign-on/ticket.ts';

export interface SamlParts extends Omit<SigningInParts, 'entityId' | 'scope' | 'keys' | 'sessions'> {
  /** Without a path: our addresses lie below its root. */
  readonly issuer: string;
  /** How we describe ourselves. */
  readonly entity: Entity;
  readonly keys: SamlKeys;
  readonly sessions: Sessions;
  readonly kv: Kv;
  readonly pages: Pages;
  /** A service provider that was not told that a session ended, or did not say so: its application and why. */
  readonly onUntold: (application: string, why: string) => void;
  browserOf(req: Request, res: Response): Browser;
}

export interface SamlRoom {
  readonly asker: Asker;
  mount(app: Router): void;
}

export function samlRoom(parts: SamlParts): SamlRoom {
  const { issuer, entity } = parts;
  const signingIn = new SigningIn({ ...parts, entityId: entity.entityId, scope: entity.scope });
  const signingOut = new SigningOut({ ...parts, entityId: entity.entityId });
  return {
    asker: {
      name: askerName,
      resume: ({ id }) => `/saml/sso/${id}`,
      // The walk ends at a page of ours; that page's form is what leads out.
      leadsTo: ({ ticket }) => [readTicket(ticket).consumer],
      // What SP libraries send unless told otherwise shuts out whoever has a passkey and no password.
      advice: ({ ticket }) => (onlyPassword(readTicket(ticket).request?.context) ? 'saml.advice.password' : undefined),
      farewell: (browser, ended, then) => signingOut.farewell(browser, ended, then),
    },
    mount(app) {
      signOnRoutes(app, { ...parts, endpoint: issuer + endpoint.signOn, signingIn });
      logoutRoutes(app, { ...parts, signingOut });
      metadataRoutes(app, parts);
    },
  };
}
