/**
 * Codes and tokens. What lives minutes lies in Kv under the hash of its id; refresh tokens lie in SQL. The value handed
 * out is never stored. There is no index of a Grant's tokens: every use reads the Grant, so destroying it ends them all.
 */
import { createHash } from 'node:crypto';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Recorder } from '../../audit/event.ts';
import type { Kv } from '../../state/kv.ts';
import type { Tokens } from '../../store/tokens.ts';
import type { Clients } from './clients.ts';
import type { Grants } from './grants.ts';
import { errors, Provider } from './library.ts';
import type { Successor } from './successor.ts';
import { currentVisit } from './visit.ts';

type Shelf = Pick<Adapter, 'find' | 'upsert' | 'consume' | 'destroy' | 'revokeByGrantId'>;

/** Tells that something good for one use was used again: its Grant is being revoked, unless it was `repeated` only. */
export type Reused = (model: string, payload: AdapterPayload, repeated?: 'repeated') => Promise<void>;

export function reuseRecorder(recorder: Recorder, clients: Pick<Clients, 'application'>, now: () => number): Reused {
  return (model, { accountId, clientId }, repeated) =>
    recorder.record({
      type: repeated ? 'token.repeated' : 'token.reused',
      at: now(),
      address: currentVisit().browser.address,
      ...(accountId ? { user: accountId } : {}),
      // The record names applications by their ids, which their client_ids need not be.
      ...(clientId ? { application: clients.application(clientId)?.id ?? clientId } : {}),
      detail: { model },
    });
}

/** What a value is stored or compared by instead of itself: SHA-256 in base64url. */
export const hash = (id: string) => createHash('sha256').update(id).digest('base64url');
const anonymous = ({ jti: _, ...payload }: AdapterPayload) => payload;

/** Access tokens and the like: read as often as one likes. Those used once are gone once consumed. */
export function kvShelf(kv: Kv, prefix: string): Shelf {
  const key = (id: string) => `o${prefix}:${hash(id)}`;
  return {
    async find(id) {
      const entry = await kv.read(key(id));
      return entry && { ...JSON.parse(entry.value), jti: id };
    },
    upsert: (id, payload, ttl = 1) => kv.set(key(id), JSON.stringify(anonymous(payload)), Math.max(1, ttl)),
    consume: (id) => kv.delete(key(id)),
    destroy: (id) => kv.delete(key(id)),
    async revokeByGrantId() {},
  };
}

/** Authorization codes: finding one spends it, so that of any race one wins; a replay is told apart and revokes. */
export function codeShelf(kv: Kv, reused: Reused): Shelf {
  const key = (id: string) => `oc:${hash(id)}`;
  return {
    ...kvShelf(kv, 'c'),
    async find(id) {
      const spent = await kv.spend(key(id));
      if (!spent) return undefined;
      const payload = { ...JSON.parse(spent.value), jti: id };
      // The store lets go of it in time, by one clock for all nodes; theirs may differ by more than it lives.
      if (spent.first) return { ...payload, exp: Math.max(payload.exp, Math.floor(Date.now() / 1000) + 1) };
      await reused('AuthorizationCode', payload);
      return { ...payload, consumed: true };
    },
    async consume() {},
  };
}

/** How long a client may ask again whose answer got lost, in milliseconds. */
const REPEAT_MS = 30_000;

/**
 * Refresh tokens: rotated on every use; the store decides who of a race was first, and a second use ends the family.
 * Except for a client that asks again before it used what follows, soon, and that a thief of tokens cannot be, because it
 * proved itself by a secret or a key (RFC 9700 section 4.14.2): it is answered with the same successor (0030).
 */
export function refreshShelf(parts: {
  tokens: Pick<Tokens, 'find' | 'upsert' | 'consume' | 'destroy' | 'destroyByGrant'>;
  grants: Pick<Grants, 'destroy'>;
  reused: Reused;
  successor: Successor;
  now: () => number;
}): Shelf {
  const { tokens, grants, reused, successor, now } = parts;
  const model = 'RefreshToken';

  async function repeats(payload: AdapterPayload, consumedAt: number | undefined): Promise<boolean> {
    const proven =
      Provider.ctx?.oidc.client?.clientAuthMethod !== 'none' || payload.jkt !== undefined || payload['x5t#S256'];
    if (!proven || consumedAt === undefined || now() - consumedAt > REPEAT_MS) return false;
    const next = await tokens.find(model, successor(payload.jti as string));
    return next?.consumedAt === undefined;
  }

  return {
    async find(id) {
      const stored = await tokens.find(model, id);
      if (!stored) return undefined;
      const payload = { ...stored.payload, jti: id } as AdapterPayload;
      currentVisit().tokens.set(id, payload);
      if (stored.consumedAt === undefined) return payload;
      const { oidc } = Provider.ctx ?? {};
      if (oidc?.route === 'token' && oidc.client?.clientId === payload.clientId) {
        // Whatever else the library demands of it (a proof of its key, a Grant that lives) still has to hold.
        if (await repeats(payload, stored.consumedAt)) return payload;
        await reused(model, payload);
      }
      return { ...payload, consumed: true };
    },
    async upsert(id, payload) {
      await tokens.upsert(model, id, anonymous(payload), {
        ...(payload.grantId ? { grantId: payload.grantId } : {}),
        ...(payload.accountId ? { user: payload.accountId } : {}),
        ...(payload.clientId ? { client: payload.clientId } : {}),
        ...(payload.sessionUid ? { sessionUid: payload.sessionUid } : {}),
        expiresAt: payload.exp! * 1000,
      });
    },
    async consume(id) {
      if (await tokens.consume(model, id, now())) return;
      const payload = currentVisit().tokens.get(id);
      if (payload && (await repeats(payload, (await tokens.find(model, id))?.consumedAt))) {
        return reused(model, payload, 'repeated');
      }
      if (payload) await reused(model, payload);
      if (payload?.grantId) await grants.destroy(payload.grantId);
      throw new errors.InvalidGrant('refresh token already used');
    },
    destroy: (id) => tokens.destroy(model, id),
    revokeByGrantId: (grantId) => tokens.destroyByGrant(grantId),
  };
}

/** The part of a shelf that holds one kind of token: the library would make an Error of each of another kind. */
export const ofKind = (kind: string, shelf: Shelf): Shelf => ({
  ...shelf,
  async find(id) {
    const payload = await shelf.find(id);
    return (payload as AdapterPayload | undefined)?.kind === kind ? payload : undefined;
  },
});

/** Where a token may be of any kind (introspection, revocation) the shelf that costs a statement is asked last. */
export const unlessOn = (cheap: Pick<Shelf, 'find'>, shelf: Shelf): Shelf => ({
  ...shelf,
  find: async (id) => (Provider.ctx?.oidc.route !== 'token' && (await cheap.find(id)) ? undefined : shelf.find(id)),
});
