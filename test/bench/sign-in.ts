/** P8: the processor time of a whole sign-in, every request from GET /auth to the code, as multiples of its one argon2id. */
import { hash, verify } from '@node-rs/argon2';
import { PASSWORD } from '../support/rp.ts';
import { type Results, result } from './result.ts';
import { cpuOf, startMeasured } from './servers.ts';
import { anybody, signIn } from './visitor.ts';

const rounds = 9;
const each = 12;
/** So many until the compiler has seen everything: at 120 the server's own part costs half as much again. */
const warmUp = 700;
const atOnce = 4;
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export async function wholeSignIn(): Promise<Results> {
  const stile = await startMeasured();
  try {
    const username = anybody();
    const stored = await hash(PASSWORD, parameters);
    const warming = async () => {
      for (let i = 0; i < warmUp / atOnce; i++) await signIn(stile.issuer, anybody());
    };
    await Promise.all(Array.from({ length: atOnce }, warming));
    const [ratios, hashes, wholes]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < rounds; round++) {
      const hashed = process.cpuUsage();
      for (let i = 0; i < each; i++) await verify(stored, PASSWORD);
      const { user, system } = process.cpuUsage(hashed);
      const hashMs = (user + system) / 1000 / each;
      const before = cpuOf(stile.pid);
      for (let i = 0; i < each; i++) await signIn(stile.issuer, username);
      const wholeMs = (cpuOf(stile.pid) - before) / each;
      hashes.push(hashMs);
      wholes.push(wholeMs);
      ratios.push(wholeMs / hashMs);
    }
    return {
      P8: result(ratios, { goal: 1.3, unit: 'x argon2id', note: 'a sign-in with password, all its requests' }),
      'P8.sign-in': result(wholes, { unit: 'ms' }),
      'P8.argon2id': result(hashes, { unit: 'ms' }),
    };
  } finally {
    await stile.stop();
  }
}
