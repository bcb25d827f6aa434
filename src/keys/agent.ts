/**
 * How we speak with an agent that holds keys: over a Unix socket, one line of JSON there and one back, a connection for
 * each. It is no library loaded into us, so a fault of a vendor's module is not ours, and our memory never has what it opens.
 */
import { connect } from 'node:net';
import * as z from 'zod';
import { StoreAway } from '../domain/store-away.ts';
import { type HeldKey, type Holder, HolderWrong } from './holder.ts';

/** In milliseconds, from connecting to the end of an answer. */
const PATIENCE_MS = 3_000;
/** Characters of an answer: a list of the longest keys is a quarter of it. */
const MOST = 65_536;
const KEYS = 16;

const base64url = (most: number) =>
  z
    .string()
    .regex(/^[\w-]+$/u)
    .max(most);
const about = { id: z.string().min(1).max(200), state: z.enum(['current', 'next', 'previous']) };
/** What else stands in a JWK is dropped: a private half sent by mistake is not kept. */
const rsa = z.object({ kty: z.literal('RSA'), n: base64url(1_400), e: base64url(8) });
const ec = z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: base64url(43), y: base64url(43) });
const listed = z.object({
  keys: z
    .array(
      z.discriminatedUnion('alg', [
        z.object({ ...about, alg: z.literal('RS256'), jwk: rsa }),
        z.object({ ...about, alg: z.literal('ES256'), jwk: ec }),
      ]),
    )
    .max(KEYS),
});
const signed = z.object({ signature: base64url(1_400) });
const refused = z.object({ error: z.string() });

/** The agent that listens at this path. */
export function agentAt(path: string, patience = PATIENCE_MS): Holder {
  const ask = async <T>(question: object, answer: z.ZodType<T>): Promise<T> => {
    const said = parsed(await asked(path, `${JSON.stringify(question)}\n`, patience));
    const no = refused.safeParse(said);
    if (no.success) throw away(new Error(no.data.error.slice(0, 200)));
    const yes = answer.safeParse(said);
    if (yes.success) return yes.data;
    const { path: at, message } = yes.error.issues[0] as z.core.$ZodIssue;
    throw new HolderWrong(`answered what is no answer: ${at.join('.')} ${message}`);
  };
  return {
    keys: async (): Promise<readonly HeldKey[]> => (await ask({ op: 'keys' }, listed)).keys,
    async sign({ id, alg }, bytes) {
      const { signature } = await ask({ op: 'sign', id, alg, data: bytes.toString('base64url') }, signed);
      return Buffer.from(signature, 'base64url');
    },
  };
}

const away = (cause: unknown) => new StoreAway('the agent that holds keys', cause);

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new HolderWrong('answered what is no JSON');
  }
}

/** The first line that comes back. */
function asked(path: string, question: string, patience: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = connect({ path }, () => socket.write(question)).setEncoding('utf8');
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${patience} ms`)), patience);
    socket.on('data', (chunk: string) => {
      said += chunk;
      const end = said.indexOf('\n');
      if (end < 0 && said.length <= MOST) return;
      if (end < 0 || end > MOST) reject(new HolderWrong(`answered more than ${MOST} characters`));
      else resolve(said.slice(0, end));
      socket.destroy();
    });
    socket.on('error', (error) => reject(away(error)));
    socket.on('close', () => {
      clearTimeout(timer);
      reject(away(new Error('it hung up without an answer')));
    });
  });
}
