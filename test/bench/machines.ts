/** P6, the part of it that is about machines: their own tokens, refresh and introspection, beside the bare library. */
import { api, endpointsOf, Machine, refreshing } from './machine.ts';
import { type Results, result } from './result.ts';
import { type Running, startBare, startMeasured } from './servers.ts';
import { type Loaded, takeTurns } from './turns.ts';
import { anybody, signIn } from './visitor.ts';

const turns = { rounds: 15, roundMs: 500, warmUpMs: 1500 };
const atOnce = 16;

/** What one machine does again and again, made ready first. */
type Load = (machine: Machine, issuer: string) => Promise<() => Promise<unknown>>;

/** By the name of the measure; `of` says in the table what it was. */
export const loads: Readonly<Record<string, { readonly of: string; readonly load: Load }>> = {
  cc: { of: 'client_credentials for an API: a JWT', load: async (machine) => () => machine.ownToken(api) },
  'cc.opaque': { of: 'client_credentials, an opaque token', load: async (machine) => () => machine.ownToken() },
  refresh: {
    of: 'refresh_token, rotated: access, refresh and ID token',
    async load(machine, issuer) {
      const { code } = await signIn(issuer, anybody(), { client_id: refreshing.client_id });
      let token = await machine.redeem(code);
      return async () => {
        token = await machine.refresh(token);
      };
    },
  },
  introspection: {
    of: 'introspection of a live opaque token',
    async load(machine) {
      const token = await machine.ownToken();
      return () => machine.introspect(token);
    },
  },
};

export async function machines(): Promise<Results> {
  const servers: Running[] = [];
  try {
    for (const start of [startMeasured, startBare]) servers.push(await start());
    const results: Results = {};
    for (const [name, { of, load }] of Object.entries(loads)) {
      const [stile, bare] = (await Promise.all(servers.map((server) => ready(server, load)))) as [Ready, Ready];
      const seen = await takeTurns(stile, bare, turns);
      const ratio = (part: 'perSecond' | 'cpuMs') => seen.map(({ one, other }) => one[part] / other[part]);
      Object.assign(results, {
        [`P6.${name}.bare`]: result(ratio('perSecond'), {
          ...{ unit: 'x bare', better: 'higher', note: `a second, Stile / oidc-provider: ${of}` },
        }),
        [`P6.${name}.bare.cpu`]: result(ratio('cpuMs'), { unit: 'x bare', note: 'processor time of one' }),
        [`P6.${name}.stile`]: result(
          seen.map(({ one }) => one.perSecond),
          { unit: 'a second', better: 'higher' },
        ),
      });
      for (const machine of [...stile.machines, ...bare.machines]) machine.leave();
    }
    return results;
  } finally {
    await Promise.all(servers.map((one) => one.stop()));
  }
}

interface Ready extends Loaded {
  readonly machines: readonly Machine[];
}

async function ready({ issuer, pid }: Running, load: Load): Promise<Ready> {
  const all = Array.from({ length: atOnce }, () => new Machine(endpointsOf(issuer)));
  const work: (() => Promise<unknown>)[] = [];
  for (const machine of all) work.push(await load(machine, issuer));
  return { pid, work, machines: all };
}
