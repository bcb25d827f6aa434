import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/admin/command.ts';
import { listenSocket, unlockThrough } from '../../src/admin/socket.ts';
import type { Unlocking } from '../../src/admin/unlock.ts';
import type { AuditEvent } from '../../src/audit/event.ts';
import { ana } from '../support/people.ts';

let dir: string;
let path: string;
const recorded: AuditEvent[] = [];
const server: Unlocking = {
  users: { byName: async (store, name) => (store === 'local' && name === 'ana' ? ana : undefined) },
  credentials: { unlock: async () => 1 },
  recorder: { record: async (event) => void recorded.push(event) },
  now: () => 1_795_000_000_000,
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stile-'));
  path = join(dir, 'stile.sock');
  recorded.length = 0;
});
afterEach(() => rm(dir, { recursive: true }));

/** What a terminal shows of one command, with its exit code. */
async function type(...args: string[]) {
  const [out, complaints]: [string[], string[]] = [[], []];
  const code = await run(args, {
    version: '0.1.0',
    place: () => 'data/demo',
    out: (line) => out.push(line),
    complain: (line) => complaints.push(line),
    async unlock(store, username) {
      const answer = await unlockThrough(path, store, username);
      if (!answer) throw new Error('neither server nor database answers');
      return answer;
    },
  });
  return { code, out: out.join('\n'), complaints: complaints.join('\n') };
}

describe('stile unlock', () => {
  test('lets ana try again, through the running server, and is put on record', async () => {
    const socket = await listenSocket(path, server);
    expect(await type('unlock', 'ana')).toEqual({
      code: 0,
      out: 'ana can try again: 1 method was locked.',
      complaints: '',
    });
    expect(recorded).toEqual([
      {
        type: 'credential.unlocked',
        at: 1_795_000_000_000,
        user: 'u1',
        detail: { by: 'command line', credentials: 1 },
      },
    ]);
    const { out } = await type('unlock', 'ana', '--json');
    expect(JSON.parse(out)).toEqual({ kind: 'unlocked', store: 'local', username: 'ana', credentials: 1 });
    await socket.close();
  });

  test('ends with 1 for a person or a store nobody knows', async () => {
    const socket = await listenSocket(path, server);
    expect(await type('unlock', 'mei')).toMatchObject({ code: 1, complaints: expect.stringContaining('mei') });
    expect(await type('unlock', 'ana', '--store', 'staff')).toMatchObject({ code: 1 });
    expect(recorded).toEqual([]);
    await socket.close();
  });

  test.each([[[]], [['unlock']], [['unlock', 'ana', 'mei']], [['lock', 'ana']], [['unlock', 'ana', '--hard']]])(
    'ends with 2 and the usage for %j',
    async (args) => {
      const { code, complaints } = await type(...args);
      expect(code).toBe(2);
      expect(complaints).toContain('Usage: stile');
    },
  );

  test('ends with 3 when neither server nor database answers', async () => {
    expect(await type('unlock', 'ana')).toMatchObject({ code: 3, complaints: 'neither server nor database answers' });
    expect(JSON.parse((await type('unlock', 'ana', '--json')).out)).toMatchObject({ kind: 'failed' });
  });

  test('ends with 3 when the server answers that its database is away', async () => {
    const away = { ...server, credentials: { unlock: () => Promise.reject(new Error('Postgres is away')) } };
    const socket = await listenSocket(path, away);
    expect(await type('unlock', 'ana')).toMatchObject({
      code: 3,
      complaints: expect.stringContaining('Postgres is away'),
    });
    await socket.close();
  });

  test('--help and --version end with 0', async () => {
    expect(await type('--help')).toMatchObject({ code: 0, out: expect.stringContaining('Usage: stile') });
    expect(await type('--version')).toMatchObject({ code: 0, out: '0.1.0' });
  });
});

describe('the socket', () => {
  test("is its owner's alone, and gone when the server is", async () => {
    const socket = await listenSocket(path, server);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await socket.close();
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  test('a dead one is replaced, a living one kept', async () => {
    await writeFile(path, '');
    const first = await listenSocket(path, server);
    const second = await listenSocket(path, server);
    await second.close();
    expect(await type('unlock', 'ana')).toMatchObject({ code: 0 });
    await first.close();
  });

  test('a folder too deep for a socket is no reason not to start', async () => {
    const deep = join(dir, 'd'.repeat(150), 'stile.sock');
    const socket = await listenSocket(deep, server);
    expect(await unlockThrough(deep, 'local', 'ana')).toBeUndefined();
    await socket.close();
  });

  test.each(['not json', 'null', '{"username":7}', `"${'x'.repeat(10_000)}"`])(
    'answers %.20j with 400',
    async (body) => {
      const socket = await listenSocket(path, server);
      expect(await post('/unlock', body)).toMatch(/^HTTP\/1\.1 400 /);
      await socket.close();
    },
  );

  test('knows no other operation', async () => {
    const socket = await listenSocket(path, server);
    expect(await post('/sign-in-as', '{}')).toMatch(/^HTTP\/1\.1 404 /);
    await socket.close();
  });
});

/** One request by hand; the raw answer. */
function post(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const line = `POST ${url} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    connect(path, function (this: import('node:net').Socket) {
      this.write(line + body);
    })
      .setEncoding('utf8')
      .on('data', (text) => {
        answer += text;
      })
      .on('error', reject)
      .on('close', () => resolve(answer));
  });
}
