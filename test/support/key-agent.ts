import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HeldKey, Holder } from '../../src/keys/holder.ts';

type Listed = HeldKey & { readonly half: KeyObject };

/** A key as an agent has it. */
export function heldKey(id: string, alg: HeldKey['alg'], state: HeldKey['state'] = 'current'): Listed {
  const { privateKey: half, publicKey } =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { id, alg, state, jwk: publicKey.export({ format: 'jwk' }), half };
}

export const signedBy = ({ half }: Listed, bytes: Buffer): Buffer =>
  sign('sha256', bytes, { key: half, dsaEncoding: 'ieee-p1363' });

/** A holder without a wire: these keys, until a test says otherwise. */
export function holding(...keys: Listed[]) {
  const holder = {
    list: keys as readonly Listed[],
    /** What is thrown instead of any answer. */
    fails: undefined as Error | undefined,
    /** What stands in for a signature. */
    forged: undefined as ((bytes: Buffer) => Buffer) | undefined,
    asked: 0,
    async keys(): Promise<readonly HeldKey[]> {
      if (holder.fails) throw holder.fails;
      return holder.list.map(({ half: _, ...key }) => key);
    },
    async sign({ id }: Pick<HeldKey, 'id'>, bytes: Buffer): Promise<Buffer> {
      if (holder.fails) throw holder.fails;
      holder.asked += 1;
      return holder.forged?.(bytes) ?? signedBy(holder.list.find((key) => key.id === id) as Listed, bytes);
    },
  } satisfies Holder & Record<string, unknown>;
  return holder;
}

/** An agent of a few lines at a socket of its own: `answers` is told each line that comes, and what it writes is the answer. */
export async function listening(answers: (line: string, socket: Socket) => void) {
  const folder = mkdtempSync(join(tmpdir(), 'stile-agent-'));
  const path = join(folder, 'agent.sock');
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket.on('error', () => {}));
    socket.setEncoding('utf8').once('data', (line: string) => answers(line, socket));
  });
  await new Promise<void>((ok) => server.listen(path, ok));
  return {
    path,
    close() {
      for (const socket of open) socket.destroy();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
