/** P7: what single steps cost, as multiples of one RS256-2048 signature made in the same turn. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { plainlyDone } from '../../src/authentication/facts.ts';
import { type Facts, next } from '../../src/authentication/next.ts';
import type { Credential } from '../../src/domain/credential.ts';
import { codeAt } from '../../src/methods/totp/code.ts';
import { createTotp } from '../../src/methods/totp/totp.ts';
import { builtInPolicies } from '../../src/policy/built-in.ts';
import { decide } from '../../src/policy/decide.ts';
import { secretOf } from '../support/rp.ts';
import { subject } from '../support/subject.ts';
import { median, type Results, result } from './result.ts';

const rounds = 15;
const roundMs = 60;

/** `flowMs`: processor time of one silent flow, where it was measured before. */
export async function primitives(flowMs?: number): Promise<Results> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const token = randomBytes(600);
  const signature = () => sign('sha256', token, privateKey);
  const totp = createTotp();
  const now = Date.now();
  const secret = secretOf('ana');
  const credential = { id: 'c', method: 'totp', secret, data: {}, counter: -1 } as unknown as Credential;
  const code = codeAt({ secret, algorithm: 'SHA1', digits: 6 }, now);
  const verify = async () => {
    const { kind } = await totp.verify(subject({ credentials: [credential], now }), '', { code });
    if (kind !== 'proved') throw new Error('the code was not taken');
  };
  const policies = builtInPolicies();
  const verdict = () => {
    const facts = { ...nothingMissing, verdict: decide(policies, nothingMissing) };
    if (!plainlyDone(facts) || next(facts).kind !== 'done') throw new Error('something was missing');
  };

  const [multiples, decisions, signatures]: number[][] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    const rsa = await costOf(signature);
    signatures?.push(rsa);
    multiples?.push((await costOf(verify)) / rsa);
    decisions?.push((await costOf(verdict)) / rsa);
  }
  const rsaMs = median(signatures as number[]);
  return {
    'P7.rsa': result(signatures as number[], { unit: 'ms', note: 'one RS256-2048 signature, for reference' }),
    'P7.totp': result(multiples as number[], { goal: 0.3, unit: 'x RSA' }),
    ...(flowMs
      ? {
          'P7.policy': result(
            (decisions as number[]).map((one) => (100 * one * rsaMs) / flowMs),
            { goal: 2, unit: '% of a flow', note: "the decision, of the silent flow's processor time" },
          ),
        }
      : {}),
  };
}

const nothingMissing: Facts & { user: NonNullable<Facts['user']> } = {
  ask: { application: 'bench', wants: [], keeps: true } as unknown as Facts['ask'],
  application: { id: 'bench', name: 'Bench' } as unknown as Facts['application'],
  user: { id: 'u', username: 'mei', groups: ['Finance'], twoStep: false, disabled: false } as unknown as NonNullable<
    Facts['user']
  >,
  named: true,
  vouched: true,
  evidence: [{ class: 'password', method: 'password', at: Date.now() }],
  standIns: [],
  recent: { evidence: [], standIns: [] },
  holdings: [],
  registrable: [],
  enrolment: { guarded: false, opened: false, openers: [] },
  fresh: false,
  registered: [],
  unshared: [],
  beginners: ['password'],
  unnamed: [],
};

/** Milliseconds of one run, over as many as fit. */
async function costOf(run: () => unknown): Promise<number> {
  const began = performance.now();
  let runs = 0;
  while (performance.now() - began < roundMs) {
    await run();
    runs++;
  }
  return (performance.now() - began) / runs;
}
