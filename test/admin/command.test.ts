import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../src/admin/command.ts';
import { operations } from '../../src/admin/operations.ts';
import type { ChangingKeys } from '../../src/admin/rotate.ts';
import { askThrough, listenSocket, type Socket } from '../../src/admin/socket.ts';
import type { AuditEvent } from '../../src/audit/event.ts';
import type { Rotation, RotationWish } from '../../src/keys/ring.ts';
import { ana } from '../support/people.ts';

let dir: string;
let path: string;
const recorded: AuditEvent[] = [];
const key = {
  id: 'one',
  state: 'current' as const,
  alg: 'RS256',
  createdAt: Date.UTC(2026, 10, 22),
  notAfter: Date.UTC(2036, 10, 22),
  fingerprint256: 'AB:CD',
  certificate: 'x',
};
const next = { ...key, id: 'two', state: 'next' as const, fingerprint256: 'EF:01' };
const old = {
  ...{ id: 'zero', state: 'previous' as const, alg: 'ES256', createdAt: Date.UTC(2026, 1, 2) },
  ...{ retiredAt: Date.UTC(2026, 10, 22), goneAt: Date.UTC(2026, 11, 22) },
};
const early = Date.UTC(2026, 11, 6, 9);
const wishes: RotationWish[] = [];
const rotate = async (wish: RotationWish): Promise<Rotation> => {
  wishes.push(wish);
  return wish.force || wish.leaked ? { kind: 'rotated' } : { kind: 'too-soon', from: early };
};
const saml: ChangingKeys = { shown: () => ({ keys: [key, next], rotatesFrom: early }), rotate };
const oidc: ChangingKeys = {
  shown: () => ({ keys: [old], rotatesFrom: early, rotatesAt: Date.UTC(2027, 1, 20) }),
  rotate,
};
const server = {
  keys: { saml: async () => saml, oidc: async () => oidc },
  users: { byName: async (store: string, name: string) => (store === 'local' && name === 'ana' ? ana : undefined) },
  credentials: { unlock: async () => 1 },
  recorder: { record: async (event: AuditEvent) => void recorded.push(event) },
  now: () => 1_795_000_000_000,
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stile-'));
  path = join(dir, 'stile.sock');
  recorded.length = 0;
  wishes.length = 0;
});
afterEach(() => rm(dir, { recursive: true }));

const listen = () => listenSocket(path, operations(server));

/** What a terminal shows of one command, with its exit code. */
async function type(...args: string[]) {
  const [out, complaints]: [string[], string[]] = [[], []];
  const code = await run(args, {
    version: '0.1.0',
    place: () => 'data/demo',
    out: (line) => out.push(line),
    complain: (line) => complaints.push(line),
    async perform(operation, asked) {
      const answer = await askThrough(path, operation, asked);
      if (!answer) throw new Error('neither server nor database answers');
      return answer;
    },
  });
  return { code, out: out.join('\n'), complaints: complaints.join('\n') };
}

describe('stile unlock', () => {
  test('lets ana try again, through the running server, and is put on record', async () => {
    const socket = await listen();
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
    const socket = await listen();
    expect(await type('unlock', 'mei')).toMatchObject({ code: 1, complaints: expect.stringContaining('mei') });
    expect(await type('unlock', 'ana', '--store', 'staff')).toMatchObject({ code: 1 });
    expect(recorded).toEqual([]);
    await socket.close();
  });

  test.each([
    [[]],
    [['unlock']],
    [['unlock', 'ana', 'mei']],
    [['lock', 'ana']],
    [['unlock', 'ana', '--hard']],
    [['saml']],
    [['saml', 'drop']],
    [['saml', 'rotate', 'all']],
    [['saml', 'show', '--force']],
    [['unlock', 'ana', '--force']],
    [['unlock', 'ana', '--leaked']],
    [['key']],
    [['key', 'rotate']],
    [['key', 'rotate', 'cookies']],
    [['key', 'list', 'oidc', 'saml']],
    [['key', 'list', 'oidc', '--leaked']],
    [['saml', 'rotate', '--store', 'local']],
  ])('ends with 2 and the usage for %j', async (args) => {
    const { code, complaints } = await type(...args);
    expect(code).toBe(2);
    expect(complaints).toContain('Usage: stile');
  });

  test('ends with 3 when neither server nor database answers', async () => {
    expect(await type('unlock', 'ana')).toMatchObject({ code: 3, complaints: 'neither server nor database answers' });
    expect(JSON.parse((await type('unlock', 'ana', '--json')).out)).toMatchObject({ kind: 'failed' });
  });

  test('ends with 3 when the server answers that its database is away', async () => {
    const away = { ...server, credentials: { unlock: () => Promise.reject(new Error('Postgres is away')) } };
    const socket = await listenSocket(path, operations(away));
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

describe('stile key', () => {
  let socket: Socket;
  beforeEach(async () => {
    socket = await listen();
  });
  afterEach(() => socket.close());

  test('list shows the published keys with their states, and when they change', async () => {
    expect(await type('key', 'list', 'saml')).toEqual({
      code: 0,
      out: [
        'current   RS256  SHA-256 AB:CD  made 2026-11-22',
        'next      RS256  SHA-256 EF:01  made 2026-11-22',
        'The next keys sign by hand, from 2026-12-06 on.',
      ].join('\n'),
      complaints: '',
    });
    expect((await type('key', 'list', 'oidc')).out).toBe(
      'previous  ES256  zero  made 2026-02-02, published until 2026-12-22\nThe next keys sign by schedule on 2027-02-20.',
    );
    const json = await type('saml', 'show', '--json');
    expect(JSON.parse(json.out)).toEqual({ kind: 'shown', use: 'saml', keys: [key, next], rotatesFrom: early });
    expect(wishes).toEqual([]);
  });

  test('rotate ends with 1 and says from when, as long as somebody may not know the next key', async () => {
    const { code, complaints } = await type('key', 'rotate', 'saml');
    expect(code).toBe(1);
    expect(complaints).toContain('2026-12-06T09:00:00.000Z');
    const json = await type('saml', 'rotate', '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toEqual({ kind: 'too-soon', use: 'saml', force: false, leaked: false, from: early });
  });

  test('rotate --force and --leaked change keys, and say who did', async () => {
    expect(await type('saml', 'rotate', '--force')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^The next keys sign from now on\.\ncurrent {3}RS256/),
    });
    expect((await type('key', 'rotate', 'oidc', '--leaked')).code).toBe(0);
    expect(wishes).toEqual([
      { by: 'command line', force: true, leaked: false },
      { by: 'command line', force: false, leaked: true },
    ]);
  });

  test.each([
    '{}',
    '{"use":"saml","force":"yes","leaked":false}',
    '{"use":"saml","force":true}',
    '{"use":"cookies","force":true,"leaked":false}',
  ])('the socket answers %s to rotate with 400', async (body) => {
    expect(await post('/keys/rotate', body)).toMatch(/^HTTP\/1\.1 400 /);
    expect(wishes).toEqual([]);
  });
});

describe('the socket', () => {
  test("is its owner's alone, and gone when the server is", async () => {
    const socket = await listen();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await socket.close();
    await expect(stat(path)).rejects.toThrow('ENOENT');
  });

  test('a dead one is replaced, a living one kept', async () => {
    await writeFile(path, '');
    const first = await listen();
    const second = await listen();
    await second.close();
    expect(await type('unlock', 'ana')).toMatchObject({ code: 0 });
    await first.close();
  });

  test('a folder too deep for a socket is no reason not to start', async () => {
    const deep = join(dir, 'd'.repeat(150), 'stile.sock');
    const socket = await listenSocket(deep, operations(server));
    expect(await askThrough(deep, '/unlock', { store: 'local', username: 'ana' })).toBeUndefined();
    await socket.close();
  });

  test.each(['not json', 'null', '{"username":7}', `"${'x'.repeat(10_000)}"`])(
    'answers %.20j with 400',
    async (body) => {
      const socket = await listen();
      expect(await post('/unlock', body)).toMatch(/^HTTP\/1\.1 400 /);
      await socket.close();
    },
  );

  test.each(['/sign-in-as', '/toString', '/'])('knows no operation %s', async (url) => {
    const socket = await listen();
    expect(await post(url, '{}')).toMatch(/^HTTP\/1\.1 404 /);
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
