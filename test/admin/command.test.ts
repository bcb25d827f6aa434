import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dispatcher } from '../../src/admin/api/dispatch.ts';
import { requestFor } from '../../src/admin/api/request.ts';
import type { ChangingKeys } from '../../src/admin/operations/keys.ts';
import type { AdminParts } from '../../src/admin/operations/parts.ts';
import { operationById } from '../../src/admin/operations/table.ts';
import { askThrough, listenSocket, osUser, type Socket } from '../../src/admin/socket.ts';
import type { AuditEvent } from '../../src/audit/event.ts';
import { run } from '../../src/command/run.ts';
import { StoreAway } from '../../src/domain/store-away.ts';
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
const rotate: ChangingKeys['rotate'] = async ({ force, leaked }) =>
  force || leaked ? { kind: 'rotated' } : { kind: 'too-soon', from: early };
const saml: ChangingKeys = { shown: () => ({ keys: [key, next], rotatesFrom: early }), rotate };
const oidc: ChangingKeys = {
  shown: () => ({ keys: [old], rotatesFrom: early, rotatesAt: Date.UTC(2027, 1, 20) }),
  rotate,
};
const server = {
  keys: { saml: async () => saml, oidc: async () => oidc },
  users: { byUsername: async (store: string, name: string) => (store === 'local' && name === 'ana' ? ana : undefined) },
  issuer: 'https://id.example.com',
  credentials: { unlock: async () => 1 },
  links: { add: async () => undefined },
  roles: { of: async () => [] },
  recorder: { record: async (event: AuditEvent) => void recorded.push(event) },
  serving: true,
  now: () => 1_795_000_000_000,
};
const by = { kind: 'local', id: osUser(), roles: ['owner'] };
/** As put on record, whatever the request's id is. */
const request = expect.stringMatching(/^[\da-f-]{36}$/);
const dispatching = (parts: object) =>
  dispatcher({
    parts: parts as AdminParts,
    demands: { fresh: 900, acrValues: [] },
    onFault: () => undefined,
  });

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'stile-'));
  path = join(dir, 'stile.sock');
  recorded.length = 0;
});
afterEach(() => rm(dir, { recursive: true }));

const listen = () => listenSocket(path, dispatching(server));

/** What a terminal shows of one command, with its exit code. */
async function type(...args: string[]) {
  const [out, complaints]: [string[], string[]] = [[], []];
  const code = await run(args, {
    version: '0.1.0',
    place: () => 'data/demo',
    out: (words) => out.push(words.trimEnd()),
    complain: (words) => complaints.push(words.trimEnd()),
    shows: false,
    over: () => {},
    ask: async () => undefined,
    read: async () => '{}',
    async perform(operation, input) {
      const answer = await askThrough(path, requestFor(operationById(operation), input));
      if (!answer) throw new Error('neither server nor database answers');
      return { status: answer.status, type: answer.headers['content-type'] as string, body: answer.body };
    },
    acts: {},
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
        detail: { by, request, credentials: 1 },
      },
    ]);
    const { out } = await type('unlock', 'ana', '--json');
    expect(JSON.parse(out)).toEqual({ store: 'local', username: 'ana', credentials: 1 });
    await socket.close();
  });

  test('ends with 1 for a person or a store nobody knows', async () => {
    const socket = await listen();
    expect(await type('unlock', 'mei')).toMatchObject({ code: 1, complaints: expect.stringContaining('mei') });
    expect(await type('unlock', 'staff:ana')).toMatchObject({ code: 1 });
    expect(recorded).toEqual([]);
    await socket.close();
  });

  test.each([
    [[]],
    [['unlock']],
    [['unlock', 'ana', 'mei']],
    [['lock', 'ana']],
    [['unlock', 'ana', '--hard']],
    [['key']],
    [['key', 'drop']],
    [['key', 'rotate']],
    [['key', 'rotate', 'cookies']],
    [['key', 'list', 'oidc', 'saml']],
    [['key', 'list', 'oidc', '--leaked']],
    [['unlock', 'ana', '--force']],
    [['key', 'rotate', 'saml', '--limit', '3']],
  ])('ends with 2 and where to read on for %j', async (args) => {
    const { code, complaints } = await type(...args);
    expect(code).toBe(2);
    expect(complaints).toMatch(/^stile [a-z ]*--help says how it is used\.$/m);
  });

  test('ends with 3 when neither server nor database answers', async () => {
    expect(await type('unlock', 'ana')).toMatchObject({ code: 3, complaints: 'neither server nor database answers' });
    expect(JSON.parse((await type('unlock', 'ana', '--json')).out)).toMatchObject({
      title: 'neither server nor database answers',
    });
  });

  test('ends with 3 when the server answers that its database is away', async () => {
    const away = { ...server, credentials: { unlock: () => Promise.reject(new StoreAway('Postgres')) } };
    const socket = await listenSocket(path, dispatching(away));
    expect(await type('unlock', 'ana')).toMatchObject({
      code: 3,
      complaints: 'A part of ours is away',
    });
    await socket.close();
  });

  test('--help and --version end with 0', async () => {
    expect(await type('--help')).toMatchObject({ code: 0, out: expect.stringContaining('Usage: stile') });
    expect(await type('--version')).toMatchObject({ code: 0, out: '0.1.0' });
  });
});

describe('stile user', () => {
  let socket: Socket;
  beforeEach(async () => {
    socket = await listen();
  });
  afterEach(() => socket.close());

  test('reset shows the link by which ana chooses her password, and until when', async () => {
    const { code, out } = await type('user', 'reset', 'ana');
    expect(code).toBe(0);
    expect(out).toMatch(/^https:\/\/id\.example\.com\/registration\?token=[\w-]{43}\nIt works once, until 2026-/);
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
    expect(JSON.parse((await type('key', 'list', 'saml', '--json')).out)).toMatchObject({
      keys: [
        { state: 'current', not_after: '2036-11-22T00:00:00.000Z', fingerprint_sha256: 'AB:CD' },
        { state: 'next' },
      ],
    });
    expect(recorded).toEqual([]);
  });

  test('rotate ends with 1 and says from when, as long as somebody may not know the next key', async () => {
    const { code, complaints } = await type('key', 'rotate', 'saml');
    expect(code).toBe(1);
    expect(complaints).toContain('2026-12-06T09:00:00.000Z');
    const json = await type('key', 'rotate', 'saml', '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toMatchObject({
      type: 'urn:stile:problem:too-soon',
      from: new Date(early).toISOString(),
    });
    expect(recorded).toEqual([]);
  });

  test('rotate --force changes keys and is put on record, without the certificates', async () => {
    expect(await type('key', 'rotate', 'saml', '--force')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^The next keys sign from now on\.\ncurrent {3}RS256/),
    });
    const shown = [
      { state: 'current', alg: 'RS256', id: 'one', fingerprint256: 'AB:CD' },
      { state: 'next', alg: 'RS256', id: 'two', fingerprint256: 'EF:01' },
    ];
    expect(recorded).toEqual([
      {
        type: 'keys.rotated',
        at: 1_795_000_000_000,
        detail: { by, request, use: 'saml', forced: true, leaked: false, keys: shown },
      },
    ]);
  });

  test('rotate --leaked takes all of them back, on record', async () => {
    expect((await type('key', 'rotate', 'oidc', '--leaked')).code).toBe(0);
    expect(recorded).toMatchObject([{ detail: { use: 'oidc', forced: false, leaked: true } }]);
  });

  test.each(['[]', '{"force":"yes"}', '{"hard":true}'])('the socket answers %s to rotate with 400', async (body) => {
    expect(await post('/admin/api/v1/keys/saml/rotate', body)).toMatch(/^HTTP\/1\.1 400 /);
    expect(recorded).toEqual([]);
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
    const socket = await listenSocket(deep, dispatching(server));
    expect(await askThrough(deep, requestFor(operationById('users.list'), {}))).toBeUndefined();
    await socket.close();
  });

  test.each([
    { what: 'no JSON', body: 'not json', status: 400 },
    { what: 'no object', body: 'null', status: 400 },
    { what: 'an unknown field', body: '{"username":7}', status: 400 },
    { what: 'more than a megabyte', body: `"${'x'.repeat(2 ** 20)}"`, status: 413 },
  ])('answers $what with $status', async ({ body, status }) => {
    const socket = await listen();
    expect(await post('/admin/api/v1/users/local:ana/unlock', body)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    await socket.close();
  });

  test.each(['/sign-in-as', '/admin/api/v1/toString', '/admin/api/v1', '/'])('knows no operation %s', async (url) => {
    const socket = await listen();
    expect(await post(url, '{}')).toMatch(/^HTTP\/1\.1 404 /);
    await socket.close();
  });
});

/** One request by hand; the raw answer. */
function post(url: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const line = `POST ${url} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    connect(path, function (this: import('node:net').Socket) {
      this.write(line + body);
    })
      .setEncoding('utf8')
      .on('data', (text) => {
        answer += text;
      })
      // A body that is too large is not read to its end.
      .on('error', (error: NodeJS.ErrnoException) => error.code === 'EPIPE' || reject(error))
      .on('close', () => resolve(answer));
  });
}
