/**
 * OpenID Connect. Owns the protocol's endpoints, clients' tokens and the library that speaks it; turns each authorization
 * request into an Ask and each Outcome into claims. It asks the authentication room who somebody is, the stores for what
 * was issued, and must not know how anybody proves anything, what a policy is, or what a page looks like.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Router } from 'express';
import type { Recorder } from '../../audit/event.ts';
import type { Assurance } from '../../authentication/assurance.ts';
import type { Asker, Authentication, Browser } from '../../authentication/authentication.ts';
import type { Leaving } from '../../authentication/leaving.ts';
import type { Sessions } from '../../authentication/sessions.ts';
import type { Subjects } from '../../authentication/subjects.ts';
import type { Accessed, MayAdminister } from '../../domain/access.ts';
import type { Resource } from '../../domain/resource.ts';
import type { Kv } from '../../state/kv.ts';
import type { Tokens } from '../../store/tokens.ts';
import { cookieName } from '../../web/cookies.ts';
import { accessOf } from './access.ts';
import type { People } from './claims.ts';
import { type Catalogue, Clients } from './clients.ts';
import { type DeviceParts, deviceFlow } from './device/device.ts';
import { Documents } from './documents.ts';
import type { Faults } from './faults.ts';
import { Grants } from './grants.ts';
import { asker } from './interaction-view.ts';
import type { TokenKeys } from './keys.ts';
import { layer } from './layers.ts';
import { forTokens } from './library-keys.ts';
import { tellClients } from './logout.ts';
import type { Pages } from './pages.ts';
import { buildProvider } from './provider.ts';
import { judge, type Registering, registrationShelves } from './registration/registration.ts';
import { once as onceIn } from './replay.ts';
import { answersAside, originOf, type Shown, thumbprintOf } from './requests/certificates.ts';
import { inspectObject } from './requests/objects.ts';
import { Resources } from './resources.ts';
import { shelvesFor } from './shelves.ts';
import { successors } from './successor.ts';
import { reuseRecorder } from './tokens.ts';
import { visiting } from './visit.ts';
import { withdrawal } from './withdrawal.ts';

export interface OidcParts {
  /** Without a path: our endpoints lie at its root. */
  readonly issuer: string;
  readonly authentication: Authentication;
  readonly assurance: Assurance;
  readonly sessions: Sessions;
  readonly leaving: Pick<Leaving, 'onward'>;
  /** Memoised for the length of a request (state/memo.ts), or every repeated read costs a trip. */
  readonly kv: Kv;
  readonly catalogue: Catalogue;
  readonly people: People;
  readonly tokens: Tokens;
  readonly keys: TokenKeys;
  readonly recorder: Recorder;
  readonly pages: Pages;
  /** The pages on which devices are approved, and how often codes may be tried. */
  readonly device: Pick<DeviceParts, 'pages' | 'csrf' | 'limits'>;
  /** Signs the library's short cookies; the first is current. */
  readonly cookieKeys: readonly string[];
  readonly subjects: Subjects;
  /** What follows a refresh token is computed with it; outlives every change of the secrets, the same on every node. */
  readonly refreshKey: Buffer;
  /** APIs that trust our access tokens, as declared. */
  readonly resources?: readonly Resource[];
  /** Who may have tokens for our own API; nobody until it is said. */
  readonly mayAdminister?: MayAdminister;
  /** 32 bytes, the same on every node. */
  readonly nonceSecret: Buffer;
  /** Names of the claims administrators declared for people. */
  readonly claimNames: readonly string[];
  /** Languages our pages are in (BCP 47), for discovery. */
  readonly languages: readonly string[];
  browserOf(req: IncomingMessage, res: ServerResponse): Browser;
  /** Where certificates of clients come; undefined where they cannot. */
  readonly certificates?: Shown | undefined;
  /** Absent where applications may not register themselves. */
  readonly registration?: Registering | undefined;
  /** A bug of ours or the library's. */
  readonly onFault: (error: unknown) => void;
  /** A client that could not be told that a session ended. */
  readonly onUntold: (clientId: string, error: unknown) => void;
  readonly now?: () => number;
}

export interface OidcRoom {
  /** Whether a request for this path (no query) is ours to answer. */
  handles(path: string): boolean;
  /** Whether it is one for which clients come to the address for certificates. */
  handlesAside(path: string): boolean;
  /** Answers it, whatever comes; must see the request before any body parser. */
  callback(req: IncomingMessage, res: ServerResponse): Promise<void>;
  readonly askers: readonly Asker[];
  /** Mounts the pages of the device flow. */
  mount(app: Router): void;
  /** Who calls our own API, by the access token of this request and what it is bound to. */
  access(req: IncomingMessage, res: ServerResponse): Promise<Accessed>;
  /** Takes back what an application got by a person's consent; the consent itself is not kept here. */
  withdraw(user: string, application: string): Promise<void>;
}

const paths =
  /^\/(device_authorization|auth(\/[^/]+)?|token(\/introspection|\/revocation)?|par|reg(\/[^/]+)?|me|jwks|session\/end(\/confirm|\/success)?|\.well-known\/(openid-configuration|oauth-authorization-server))$/;

export function oidcRoom(parts: OidcParts): OidcRoom {
  const { authentication, assurance, sessions, kv, tokens, recorder, pages, issuer, subjects } = parts;
  const now = parts.now ?? Date.now;
  const secure = issuer.startsWith('https:');
  const faults: Faults = { pages, secure, onFault: parts.onFault };
  const clients = new Clients(parts.catalogue);
  const grants = new Grants({ sessions, clients, tokens });
  const reused = reuseRecorder(recorder, clients, now);
  const successor = successors(parts.refreshKey);
  const once = onceIn(kv, now);
  const resources = new Resources({
    ...{ issuer, clients, assurance },
    declared: parts.resources ?? [],
    mayAdminister: parts.mayAdminister ?? (() => false),
  });
  const registering = parts.registration && { ...parts.registration, tokens, clients, recorder, now };
  const registered = registering && registrationShelves(registering);
  const device = deviceFlow({
    ...{ ...parts.device, issuer, authentication, assurance, sessions, subjects, kv, clients },
    ...{ resources, grants, reused, recorder, now },
    browserOf: parts.browserOf,
  });
  const cookieNames = { session: cookieName('stile', secure), interaction: 'stile_oidc', resume: 'stile_oidc_resume' };
  const about = {
    issuer,
    authentication,
    assurance,
    subjects,
    now,
    clients,
    resources,
    once,
    nonceSecret: parts.nonceSecret,
    faults,
    successor,
    cookieNames,
    cookieKeys: parts.cookieKeys,
    people: parts.people,
    claimNames: parts.claimNames,
    languages: parts.languages,
    inspectObject: inspectObject(once, now),
    certificates: parts.certificates,
    judgeClient: registering && judge(registering),
    device,
    shelves: shelvesFor({
      ...{ kv, tokens, clients, sessions, subjects, authentication, grants, reused, successor, now },
      device: device.shelf,
      registered,
      keys: parts.keys,
    }),
  };
  /** The library reads its keys once, so a change of keys is a new one of it; what a browser is in the middle of is in the shelves. */
  const build = () => {
    const provider = buildProvider({ ...about, keys: forTokens(parts.keys.keys()) });
    layer(provider, { ...parts, secure, faults, cookieNames, clients });
    const answer = provider.callback();
    return { provider, answer, documents: new Documents(answer) };
  };
  // Whoever needs the library asks for it when it is needed: one kept in hand would go on signing with keys of the past.
  let current = build();
  parts.keys.watch(() => {
    current = build();
  });
  sessions.onEnd(tellClients({ provider: () => current.provider, clients, subjects, onUntold: parts.onUntold }));
  return {
    handles: (path) => paths.test(path),
    handlesAside: answersAside,
    askers: [asker, device.asker],
    mount: device.mount,
    access: (req, res) =>
      visiting(parts.browserOf(req, res), () =>
        accessOf(req, {
          ...{ resources, clients, once, authentication, now },
          people: parts.people,
          originOf: (request) => originOf(parts.certificates, issuer, request),
          provider: () => current.provider,
          certificateOf: (request) => thumbprintOf(parts.certificates, request),
        }),
      ),
    withdraw: withdrawal({ catalogue: parts.catalogue, tokens, sessions }),
    async callback(req, res) {
      const { answer, documents } = current;
      if (documents.has(req)) return documents.answer(req, res);
      await visiting(parts.browserOf(req, res), () => answer(req, res));
    },
  };
}
