/**
 * SAML 2.0, as an identity provider. Owns the protocol's addresses, what service providers' metadata says, our keys and
 * our own metadata; turns each AuthnRequest into an Ask and each Outcome into a signed Response. It asks the authentication
 * room who somebody is, and must not know how anybody proves anything, what a policy is, or what a page looks like.
 */
import type { Request, Response, Router } from 'express';
import type { Asker, Browser } from '../../authentication/authentication.ts';
import type { Kv } from '../../state/kv.ts';
import type { Views } from '../../web/views.ts';
import { onlyPassword } from './context.ts';
import type { SamlKeys } from './keys.ts';
import { type Entity, endpoint } from './metadata.ts';
import { metadataRoutes } from './metadata-routes.ts';
import type { Pages } from './pages.ts';
import { signOnRoutes } from './routes.ts';
import { askerName, SigningIn, type SigningInParts } from './signing-in.ts';
import { readTicket } from './ticket.ts';

export interface SamlParts extends Omit<SigningInParts, 'entityId' | 'scope' | 'keys'> {
  /** Without a path: our addresses lie below its root. */
  readonly issuer: string;
  /** How we describe ourselves. */
  readonly entity: Entity;
  readonly keys: SamlKeys;
  readonly views: Views;
  readonly kv: Kv;
  readonly pages: Pages;
  browserOf(req: Request, res: Response): Browser;
}

export interface SamlRoom {
  readonly asker: Asker;
  mount(app: Router): void;
}

export function samlRoom(parts: SamlParts): SamlRoom {
  const { issuer, entity } = parts;
  const signingIn = new SigningIn({ ...parts, entityId: entity.entityId, scope: entity.scope });
  return {
    asker: {
      name: askerName,
      resume: ({ id }) => `/saml/sso/${id}`,
      // The walk ends at a page of ours; that page's form is what leads out.
      leadsTo: ({ ticket }) => [readTicket(ticket).consumer],
      // What SP libraries send unless told otherwise shuts out whoever has a passkey and no password.
      advice: ({ ticket }) => (onlyPassword(readTicket(ticket).request?.context) ? 'saml.advice.password' : undefined),
    },
    mount(app) {
      signOnRoutes(app, { ...parts, endpoint: issuer + endpoint.signOn, signingIn });
      metadataRoutes(app, parts);
    },
  };
}
