/** P9: how long the token endpoint takes while 32 people sign in with their passwords, beside when nobody does. */
import { type ChildProcess, spawn } from 'node:child_process';
import { endpointsOf, Machine } from './machine.ts';
import { type Results, result } from './result.ts';
import { startMeasured } from './servers.ts';
import { anybody, signIn } from './visitor.ts';

const [rounds, asked] = [7, 300];
const people = 32;

export async function crowd(): Promise<Results> {
  const stile = await startMeasured();
  const machine = new Machine(endpointsOf(stile.issuer));
  try {
    for (let i = 0; i < 600; i++) await machine.ownToken();
    const ratios: { p50: number[]; p99: number[] } = { p50: [], p99: [] };
    for (let round = 0; round < rounds; round++) {
      const idle = await times(machine);
      const rush = await gathered(stile.issuer);
      const busy = await times(machine).finally(() => rush.kill());
      for (const at of ['p50', 'p99'] as const) ratios[at].push(busy[at] / idle[at]);
    }
    const note = `during ${people} concurrent sign-ins, over when idle: a machine's token`;
    return {
      'P9.p50': result(ratios.p50, { goal: 3, unit: 'x idle', note }),
      'P9.p99': result(ratios.p99, { goal: 10, unit: 'x idle', note }),
    };
  } finally {
    machine.leave();
    await stile.stop();
  }
}

async function times(machine: Machine): Promise<{ p50: number; p99: number }> {
  const seen: number[] = [];
  for (let i = 0; i < asked; i++) {
    const began = performance.now();
    await machine.ownToken();
    seen.push(performance.now() - began);
  }
  seen.sort((a, b) => a - b);
  return { p50: seen[asked >> 1] as number, p99: seen[Math.floor(asked * 0.99)] as number };
}

/** In a process of its own, or the one who measures would wait for the work of the crowd. Resolves once all have come. */
async function gathered(issuer: string): Promise<ChildProcess> {
  const args = ['--import', './test/support/typescript.mjs', 'test/bench/rush.ts', issuer, String(people)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', () => reject(new Error('nobody came')));
  });
  return child;
}

/** So many at once, again and again; says so after the first of them. */
export async function rush(issuer: string, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      for (let times = 0; ; times++) {
        await signIn(issuer, anybody());
        if (i === 0 && times === 0) console.log('come');
      }
    }),
  );
}
