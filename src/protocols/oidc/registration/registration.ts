/**
 * Dynamic registration (RFC 7591) and its management (RFC 7592), for whoever holds an initial access token. The library
 * speaks the protocol; what a client may be is judged by `inspect`, and the store says who was first.
 */
import type { Adapter, AdapterPayload, KoaContextWithOIDC } from 'oidc-provider';
import type { Recorder } from '../../../audit/event.ts';
import type { Application } from '../../../domain/application.ts';
import { unstorable } from '../../../domain/storable.ts';
import type { Registrations } from '../../../store/registrations.ts';
import type { Tokens } from '../../../store/tokens.ts';
import type { Clients } from '../clients.ts';
import { errors, Provider } from '../library.ts';
import { currentVisit } from '../visit.ts';

/** What a client asked to be, by the names of RFC 7591: as it will be, or why not. */
export type InspectClient = (
  metadata: Readonly<Record<string, unknown>>,
  scopes: readonly string[],
) =>
  | { readonly name: string; readonly settings: Readonly<Record<string, unknown>> }
  | { readonly refused: string; readonly words: string };

export interface Registering {
  readonly registrations: Registrations;
  readonly inspect: InspectClient;
  /** How many applications may register themselves. */
  readonly most: number;
  /** What initial access tokens allow that say nothing of scopes. */
  readonly scopes: readonly string[];
}

export interface RegistrationParts extends Registering {
  readonly tokens: Pick<Tokens, 'find' | 'upsert' | 'destroy'>;
  readonly clients: Clients;
  readonly recorder: Recorder;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const largest = 16 * 1024;
export const policy = 'registered';
const refused = (error: string, words: string) => new errors.CustomOIDCProviderError(error, words);

/** The library's policy, run for every registration and every change before the client is made. */
export function judge({ inspect, clients }: RegistrationParts) {
  return async (ctx: KoaContextWithOIDC, properties: Record<string, unknown>): Promise<void> => {
    const body = ctx.oidc.body as Record<string, unknown>;
    const unfit = unstorable(body);
    if (unfit) throw refused('invalid_client_metadata', `what was sent ${unfit}`);
    if (JSON.stringify(body).length > largest) throw refused('invalid_client_metadata', 'the metadata are too large');
    // Nobody's word about others is taken (RFC 7591 section 2.3).
    if (body.software_statement !== undefined)
      throw refused('unapproved_software_statement', 'software statements are not taken');
    const { client_id, client_id_issued_at, client_secret, client_secret_expires_at } = properties;
    const found = inspect(body, allowedScopes(String(client_id), clients));
    if ('refused' in found) throw refused(found.refused, found.words);
    const secret = String(found.settings.token_endpoint_auth_method).startsWith('client_secret_');
    for (const key of Object.keys(properties)) delete properties[key];
    Object.assign(properties, found.settings, { client_id, client_name: found.name, client_id_issued_at });
    if (secret) Object.assign(properties, { client_secret, client_secret_expires_at });
  };
}

/** What its initial access token allowed goes with a client. */
const allowedScopes = (clientId: string, clients: Clients): readonly string[] =>
  currentVisit().allowance?.scopes ?? String(clients.application(clientId)?.settings.allowed_scope ?? '').split(' ');

type Shelf = Partial<Adapter>;

export function registrationShelves(parts: RegistrationParts): Record<'client' | 'initial' | 'access', Shelf> {
  const { registrations, tokens, clients, recorder, most, now } = parts;
  const record = (type: 'application.registered' | 'application.changed' | 'application.deleted', id: string) =>
    recorder.record({ type, at: now(), application: id, address: currentVisit().browser.address });

  const client: Shelf = {
    async upsert(id, payload) {
      const { InitialAccessToken: initial, RegistrationAccessToken: access } = Provider.ctx!.oidc.entities;
      const application = applicationOf(id, payload, allowedScopes(id, clients));
      if (initial) {
        const said = await registrations.register(application, { token: initial.jti, most, now: now() });
        if (said === 'spent') throw new errors.InvalidToken('initial access token not found');
        if (said === 'full') throw refused('invalid_request', 'no more applications may register');
        await record('application.registered', id);
      } else {
        if (!access || !(await registrations.amend(application, access.jti, now())))
          throw new errors.InvalidToken('registration access token not found');
        await record('application.changed', id);
      }
      await clients.look();
    },
    async destroy(id) {
      if (await registrations.remove(id)) await record('application.deleted', id);
      await clients.look();
    },
  };

  const initial: Shelf = {
    async find(id) {
      const allowance = await registrations.allowance(id, now());
      if (!allowance) return undefined;
      currentVisit().allowance = allowance;
      const exp = Math.floor(allowance.expiresAt / 1000);
      return { kind: 'InitialAccessToken', jti: id, policies: [policy], exp } as AdapterPayload;
    },
  };

  const model = 'RegistrationAccessToken';
  const access: Shelf = {
    async find(id) {
      const stored = await tokens.find(model, id);
      return stored && stored.consumedAt === undefined ? ({ ...stored.payload, jti: id } as AdapterPayload) : undefined;
    },
    async upsert(id, { jti: _, ...payload }) {
      await tokens.upsert(model, id, payload, { client: payload.clientId as string });
    },
    destroy: (id) => tokens.destroy(model, id),
  };
  return { client, initial, access };
}

function applicationOf(id: string, payload: AdapterPayload, scopes: readonly string[]): Omit<Application, 'disabled'> {
  const { client_name: name, application: _, third_party: __, ...settings } = payload as Record<string, unknown>;
  return {
    id,
    name: String(name),
    protocol: 'oidc',
    // Nobody here has looked at it: people are asked before anything is shared.
    thirdParty: true,
    settings: { ...settings, client_id: id, allowed_scope: scopes.join(' ') },
  };
}

/** A secret is shown once, in the answer that made it, and what is ours alone never. */
export function hideOurs(clients: Clients) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    const before = clients.application(ctx.path.slice('/reg/'.length))?.settings.client_secret;
    await next();
    const body = ctx.body as Record<string, unknown> | undefined;
    if (typeof body?.client_id !== 'string') return;
    for (const key of ['application', 'third_party', 'acr_values_voluntary', 'cors_origins']) delete body[key];
    if (before === undefined || body.client_secret !== before) return;
    delete body.client_secret;
    delete body.client_secret_expires_at;
  };
}
