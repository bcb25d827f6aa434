/**
 * Codes and tokens. What lives minutes lies in Kv under the hash of its id; refresh tokens lie in SQL. The value handed
 * out is never stored. There is no index of a Grant's tokens: every use reads the Grant, so destroying it ends them all.
 */
import { createHash } from 'node:crypto';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Recorder } from '../../audit/event.ts';
import type { Kv } from '../../state/kv.ts';
import type { Tokens } from '../../store/tokens.ts';
import type { Grants } from './grants.ts';
import { errors, Provider } from './library.ts';
import { currentVisit } from './visit.ts';

type Shelf = Pick<Adapter, 'find' | 'upsert' | 'consume' | 'destroy' | 'revokeByGrantId'>;

/** Tells that something good for one use was used again: its Grant is being revoked. */
export type Reused = (model: string, payload: AdapterPayload) => Promise<void>;

export function reuseRecorder(recorder: Recorder, now: () => number): Reused {
  return (model, { accountId, clientId }) =>
    recorder.record({
      type: 'token.reused',
      at: now(),
      address: currentVisit().browser.address,
      ...(accountId ? { user: accountId } : {}),
      ...(clientId ? { application: clientId } : {}),
      detail: { model },
    });
}

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
      if (spent.first) return payload;
      await reused('AuthorizationCode', payload);
      return { ...payload, consumed: true };
    },
    async consume() {},
  };
}

/** Refresh tokens: rotated on every use; the store decides who of a race was first, and a second use ends the family. */
export function refreshShelf(parts: { tokens: Tokens; grants: Grants; reused: Reused; now: () => number }): Shelf {
  const { tokens, grants, reused, now } = parts;
  const model = 'RefreshToken';
  return {
    async find(id) {
      const stored = await tokens.find(model, id);
      if (!stored) return undefined;
      const payload = { ...stored.payload, jti: id } as AdapterPayload;
      currentVisit().tokens.set(id, payload);
      if (stored.consumedAt === undefined) return payload;
      const { oidc } = Provider.ctx ?? {};
      if (oidc?.route === 'token' && oidc.client?.clientId === payload.clientId) await reused(model, payload);
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
      if (payload) await reused(model, payload);
      if (payload?.grantId) await grants.destroy(payload.grantId);
      throw new errors.InvalidGrant('refresh token already used');
    },
    destroy: (id) => tokens.destroy(model, id),
    revokeByGrantId: (grantId) => tokens.destroyByGrant(grantId),
  };
}
