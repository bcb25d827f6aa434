/** P1: the silent flow against the bare library, both on one Redis, taking turns so that the machine's moods hit both. */
import type { Person } from '../support/person.ts';
import { type Results, result } from './result.ts';
import { type Running, startBare, startMeasured } from './servers.ts';
import { type Load, type Loaded, takeTurns } from './turns.ts';
import { anybody, signIn, Visitor } from './visitor.ts';

const rounds = 25;
const roundMs = 700;
const warmUpMs = 3000;
/** Enough that neither server waits for a disk. */
const atOnce = 32;

export async function silent(): Promise<Results> {
  const servers: Running[] = [];
  try {
    for (const start of [startMeasured, startBare]) servers.push(await start());
    const [stile, bare] = (await Promise.all(servers.map(prepare))) as [Prepared, Prepared];
    const seen = (await takeTurns(stile, bare, { rounds, roundMs, warmUpMs })).map(({ one, other }) => ({
      stile: one,
      bare: other,
    }));
    for (const { visitors } of [stile, bare]) for (const one of visitors) one.leave();
    const ratio = (of: (one: Load) => number) => seen.map((round) => of(round.stile) / of(round.bare));
    const perSecond = (which: 'stile' | 'bare') => seen.map((round) => round[which].perSecond);
    const cpu = (which: 'stile' | 'bare') => seen.map((round) => round[which].cpuMs);
    return {
      P1: result(
        ratio(({ perSecond }) => perSecond),
        {
          goal: 1,
          unit: 'x bare',
          better: 'higher',
          note: 'silent flows per second, Stile / oidc-provider',
        },
      ),
      'P1.cpu': result(
        ratio(({ cpuMs }) => cpuMs),
        { goal: 1, unit: 'x bare', note: 'processor time of a flow' },
      ),
      'P1.stile': result(perSecond('stile'), { unit: 'flows/s', better: 'higher' }),
      'P1.bare': result(perSecond('bare'), { unit: 'flows/s', better: 'higher' }),
      'P1.cpu.stile': result(cpu('stile'), { unit: 'ms/flow' }),
      'P1.cpu.bare': result(cpu('bare'), { unit: 'ms/flow' }),
    };
  } finally {
    await Promise.all(servers.map((one) => one.stop()));
  }
}

interface Prepared extends Loaded {
  readonly people: readonly Person[];
  readonly visitors: readonly Visitor[];
}

/** Several people, each in a browser of his own. */
export async function prepare({ issuer, pid }: Running): Promise<Prepared> {
  const people: Person[] = [];
  for (let i = 0; i < atOnce; i++) people.push((await signIn(issuer, anybody())).person);
  const visitors = people.map((person) => new Visitor(issuer, person));
  return { pid, people, visitors, work: visitors.map((visitor) => () => visitor.visit()) };
}
