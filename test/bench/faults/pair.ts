/** Two nodes of one Stile behind a balancer, on a Redis and a Postgres of their own that may fail. */
import { type Balancer, startBalancer } from '../../support/balancer.ts';
import { startPostgres } from '../../support/postgres.ts';
import { startRedis } from '../../support/redis.ts';
import { settings } from '../../support/rp.ts';
import { type Stile, startStile } from '../../support/stile.ts';

export interface Pair {
  readonly issuer: string;
  readonly databaseUrl: string;
  readonly nodes: readonly Stile[];
  readonly faults: Readonly<Record<FaultName, Fault>>;
  stop(): Promise<void>;
}

export type FaultName = 'a' | 'b' | 'redis' | 'postgres';

export interface Fault {
  readonly name: string;
  /** Everybody is signed out by it, and nothing else. */
  readonly forgets: boolean;
  strike(): Promise<void>;
  /** Resolves when what was struck is back. */
  mend(): Promise<void>;
}

export async function startPair({ durable }: { durable: boolean }): Promise<Pair> {
  const balancer: Balancer = await startBalancer();
  let redis = await startRedis();
  const postgres = await startPostgres({ durable });
  const env = { ISSUER: balancer.url, DATABASE_URL: postgres.url, REDIS_URL: redis.url };
  const nodes: Stile[] = [];
  for (let i = 0; i < 2; i++) nodes.push(await startStile({ config: settings(), env }));
  balancer.behind(nodes.map(({ address }) => address));
  const killing = (node: Stile, name: string): Fault => ({
    name,
    forgets: false,
    strike: async () => void (await node.halt('SIGKILL')),
    mend: () => node.again(),
  });
  return {
    issuer: balancer.url,
    databaseUrl: postgres.url,
    nodes,
    faults: {
      a: killing(nodes[0] as Stile, 'kill -9 of one node'),
      b: killing(nodes[1] as Stile, 'kill -9 of the other node'),
      redis: {
        name: 'restart of Redis, which comes back empty',
        forgets: true,
        strike: () => redis.stop(),
        async mend() {
          redis = await startRedis({ port: redis.port });
        },
      },
      postgres: {
        name: 'restart of Postgres',
        forgets: false,
        strike: () => postgres.halt(),
        mend: () => postgres.again(),
      },
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
      await Promise.all([balancer.stop(), redis.stop(), postgres.stop()]);
    },
  };
}
