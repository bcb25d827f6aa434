/**
 * What most people run: storage for oidc-provider in the shape of the Redis adapter its examples show. A key for each
 * model and id, a list of keys for each Grant, a MULTI for each write, a hash for what is used once.
 */
import { Redis } from 'ioredis';
import type { Adapter, AdapterPayload } from 'oidc-provider';

const ofGrants = new Set(['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode']);
const usedOnce = new Set(['AuthorizationCode', 'RefreshToken', 'DeviceCode']);

export function exampleAdapter(url: string): (name: string) => Adapter {
  const redis = new Redis(url, { keyPrefix: 'oidc:' });
  const grantKey = (id: string) => `grant:${id}`;
  const uidKey = (uid: string) => `uid:${uid}`;

  return (name) => {
    const key = (id: string) => `${name}:${id}`;
    const adapter: Adapter = {
      async upsert(id, payload, expiresIn = 0) {
        const multi = redis.multi();
        const text = JSON.stringify(payload);
        if (usedOnce.has(name)) multi.hmset(key(id), { payload: text });
        else multi.set(key(id), text);
        if (expiresIn) multi.expire(key(id), expiresIn);
        if (ofGrants.has(name) && payload.grantId) {
          const list = grantKey(payload.grantId);
          multi.rpush(list, key(id));
          if (expiresIn > (await redis.ttl(list))) multi.expire(list, expiresIn);
        }
        if (payload.uid) {
          multi.set(uidKey(payload.uid), id);
          multi.expire(uidKey(payload.uid), expiresIn);
        }
        await multi.exec();
      },
      async find(id) {
        if (!usedOnce.has(name)) {
          const text = await redis.get(key(id));
          return text ? (JSON.parse(text) as AdapterPayload) : undefined;
        }
        const { payload, ...rest } = await redis.hgetall(key(id));
        return payload ? { ...rest, ...JSON.parse(payload) } : undefined;
      },
      async findByUid(uid) {
        const id = await redis.get(uidKey(uid));
        return id ? adapter.find(id) : undefined;
      },
      async findByUserCode() {
        return undefined;
      },
      async consume(id) {
        await redis.hset(key(id), 'consumed', Math.floor(Date.now() / 1000));
      },
      async destroy(id) {
        await redis.del(key(id));
      },
      async revokeByGrantId(grantId) {
        const multi = redis.multi();
        for (const one of await redis.lrange(grantKey(grantId), 0, -1)) multi.del(one);
        multi.del(grantKey(grantId));
        await multi.exec();
      },
    };
    return adapter;
  };
}
