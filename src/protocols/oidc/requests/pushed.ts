/**
 * Pushed authorization requests (RFC 9126). One is good for one answer: of any number of walks begun with it the store
 * lets one end in a code. Looking at it spends nothing, so that a reload, or whatever previews links, breaks no sign-in
 * (FAPI 2.0 Security Profile, section 5.3.2.2).
 */
import type { Adapter } from 'oidc-provider';
import type { Kv } from '../../../state/kv.ts';
import { errors, Provider } from '../library.ts';
import { hash } from '../tokens.ts';

const used = 'request_uri is invalid, expired, or was already used';

/** `longestWalk`, in seconds: a walk begun at the last moment still has to find that nobody was quicker. */
export function pushedShelf(kv: Kv, longestWalk: number): Pick<Adapter, 'find' | 'upsert' | 'consume' | 'destroy'> {
  const key = (id: string) => `op:${hash(id)}`;
  return {
    async find(id) {
      const entry = await kv.read(key(id));
      if (entry) return { ...JSON.parse(entry.value), jti: id };
      // The library takes one it cannot find for one that was never pushed, and would let the second walk pass.
      if (Provider.ctx?.oidc.route === 'resume') throw new errors.InvalidRequestUri(used);
      return undefined;
    },
    async upsert(id, { jti: _, ...payload }, ttl = 1) {
      await kv.set(key(id), JSON.stringify(payload), Math.max(1, ttl) + longestWalk);
    },
    async consume(id) {
      if ((await kv.take(key(id))) === undefined) throw new errors.InvalidRequestUri(used);
    },
    async destroy(id) {
      await kv.delete(key(id));
    },
  };
}
