/** The house holds: who may know whom (house.md), and how large and how named a file may be. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

interface Room {
  /** Rooms it may import from. */
  readonly knows: readonly string[];
  /** Rooms of which it may know the types only. */
  readonly types?: readonly string[];
  /** Packages it may use; absent: any that is not reserved for another room. */
  readonly packages?: readonly string[];
}

const interfaces = ['methods', 'upstreams', 'directory'];
const asker: Room = { knows: ['domain', 'authentication', 'keys', 'store', 'state', 'audit', 'web'] };
const pages: Room = { knows: ['domain', 'authentication', 'policy', 'store', 'audit', 'web'], types: interfaces };

/** A room is a folder or a file of src/, or a folder of src/protocols/. What is not listed here does not exist. */
const rooms: Readonly<Record<string, Room>> = {
  domain: { knows: [], packages: [] },
  policy: { knows: ['domain'], packages: [] },
  methods: { knows: ['domain'] },
  upstreams: { knows: ['domain'] },
  directory: { knows: ['domain'] },
  state: { knows: ['domain'] },
  store: { knows: ['domain', 'migrations'] },
  delivery: { knows: ['domain'] },
  audit: { knows: ['domain', 'store'] },
  // Protocols sign by keys that change alike; what they are wrapped in stays with each.
  keys: { knows: ['domain', 'store', 'audit'] },
  // It makes the Browser that the authentication room speaks with.
  web: { knows: ['domain'], types: ['authentication'] },
  config: { knows: ['domain', 'policy', 'web'] },
  authentication: { knows: ['domain', 'policy', 'state', 'store', 'audit', 'web'], types: interfaces },
  'protocols/oidc': asker,
  'protocols/saml': asker,
  'protocols/entra': asker,
  account: pages,
  command: { knows: ['admin'] },
  // An application or a person written by the API is judged by the file's own schemas.
  admin: { ...pages, knows: [...pages.knows, 'config'], types: [...interfaces, 'keys'] },
  // It plays the person: it shows the codes their authenticator app would, and opens the example application.
  demo: { knows: ['domain', 'web', 'methods', 'examples'], types: ['config'] },
  log: { knows: [] },
  unstarted: { knows: [] },
  metrics: { knows: ['audit', 'domain'] },
  traces: { knows: ['domain'] },
  greeting: { knows: [], types: ['config'] },
};

/** These put the house together and may know everybody; a folder's name ends in a slash. */
const doors = ['app.ts', 'main.ts', 'cli.ts', 'composition/'];

/** Who alone may use a package. Whoever sees no req and res cannot depend on HTTP. */
const reserved: Readonly<Record<string, readonly string[]>> = {
  express: ['web', 'authentication', 'protocols/oidc', 'protocols/saml', 'protocols/entra', 'account', 'admin', 'demo'],
  ejs: ['web'],
  nodemailer: ['delivery'],
  'oidc-provider': ['protocols/oidc'],
  knex: ['store', 'audit'],
  pg: ['store'],
  '@electric-sql/pglite': ['store'],
  ioredis: ['state'],
  'openid-client': ['upstreams'],
  '@opentelemetry/api': ['traces'],
  '@opentelemetry/core': ['traces'],
  '@opentelemetry/context-async-hooks': ['traces'],
  '@opentelemetry/exporter-trace-otlp-http': ['traces'],
  '@opentelemetry/resources': ['traces'],
  '@opentelemetry/sdk-trace-base': ['traces'],
};

interface Import {
  readonly from: string;
  readonly typeOnly: boolean;
}

/** Import and re-export statements, and import() of a literal. */
function importsOf(source: string): Import[] {
  const statements = source.matchAll(/^\s*(?:import|export)\s(?!\()([^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]/gm);
  const dynamic = source.matchAll(/\bimport\(\s*['"]([^'"]+)['"]/g);
  return [
    ...Array.from(statements, ([line, , from]) => ({
      from: from!,
      typeOnly: /^\s*(import|export)\s+type\b/.test(line),
    })),
    ...Array.from(dynamic, ([, from]) => ({ from: from!, typeOnly: false })),
  ];
}

/** The room of a path from the root of the repository: `src/protocols/oidc/acr.ts` is in `protocols/oidc`. */
function roomOf(path: string): string {
  const parts = path.split('/');
  if (parts[0] !== 'src') return parts[0]!;
  if (parts[1] === 'protocols') return parts.length > 3 ? `protocols/${parts[2]}` : 'protocols';
  return parts[1]!.replace(/\.ts$/, '');
}

/** The method a file belongs to: one way to prove must not lean on another. */
const methodOf = (path: string) => /^src\/methods\/([^/]+)\//.exec(path)?.[1];

const packageOf = (from: string) => from.split('/', from.startsWith('@') ? 2 : 1).join('/');

/** What is wrong with the imports of one file, in words. */
function wrongs(path: string, source: string): string[] {
  const inside = path.slice('src/'.length);
  if (doors.some((door) => (door.endsWith('/') ? inside.startsWith(door) : inside === door))) return [];
  const name = roomOf(path);
  const room = rooms[name];
  if (!room) return [`${path} is in no room of the house`];
  return importsOf(source).flatMap(({ from, typeOnly }) => {
    const wrong = [`${path} must not import ${from}`];
    if (!from.startsWith('.')) {
      const allowed = room.packages ?? reserved[packageOf(from)];
      return allowed === undefined || (!room.packages && allowed.includes(name)) ? [] : wrong;
    }
    const target = posix.join(posix.dirname(path), from);
    const other = roomOf(target);
    if (other === name) {
      const [own, theirs] = [methodOf(path), methodOf(target)];
      return own && theirs && own !== theirs ? wrong : [];
    }
    return room.knows.includes(other) || (typeOnly && room.types?.includes(other)) ? [] : wrong;
  });
}

const root = join(import.meta.dirname, '..');
const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => posix.join('src', posix.relative(join(root, 'src'), join(entry.parentPath, entry.name))));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('every room imports only from rooms it may know', () => {
  expect(files.length).toBeGreaterThan(10);
  expect(files.flatMap((path) => wrongs(path, read(path)))).toEqual([]);
});

describe('the house would notice', () => {
  test.each([
    ['domain with a package', 'src/domain/user.ts', "import { randomUUID } from 'node:crypto';"],
    ['domain knowing policy', 'src/domain/user.ts', "import type { Verdict } from '../policy/decide.ts';"],
    ['policy with a package', 'src/policy/decide.ts', "import { z } from 'zod';"],
    ['a method that sees a request', 'src/methods/totp/totp.ts', "import type { Request } from 'express';"],
    ['a method leaning on another', 'src/methods/totp/totp.ts', "import { hash } from '../password/hash.ts';"],
    ['a method with the keys to the state', 'src/methods/totp/totp.ts', "import type { Kv } from '../../state/kv.ts';"],
    ['the engine knowing a protocol', 'src/authentication/next.ts', "import { acr } from '../protocols/oidc/acr.ts';"],
    ['the engine bound to a method', 'src/authentication/next.ts', "import { totp } from '../methods/totp/totp.ts';"],
    ['a protocol knowing another', 'src/protocols/saml/ask.ts', "import { acr } from '../oidc/acr.ts';"],
    ['a protocol knowing a method', 'src/protocols/oidc/ask.ts', "import { totp } from '../../methods/totp/totp.ts';"],
    ['a page touching Kv', 'src/account/routes.ts', "import type { Kv } from '../state/kv.ts';"],
    ['a room reading the configuration', 'src/store/users.ts', "import { config } from '../config.ts';"],
    ['SQL outside the store', 'src/account/routes.ts', "import knex from 'knex';"],
    ['a re-export', 'src/domain/user.ts', "export {\n  decide,\n} from '../policy/decide.ts';"],
    ['an import at run time', 'src/web/server.ts', "const x = await import('../store/users.ts');"],
    ['an import for its effect', 'src/web/server.ts', "import '../store/users.ts';"],
    ['a room nobody planned', 'src/billing/invoice.ts', ''],
  ])('%s', (_what, path, source) => {
    expect(wrongs(path, source)).toHaveLength(1);
  });

  test('but not what is allowed', () => {
    const source = [
      "import type { Method } from '../methods/method.ts';",
      "import { decide } from '../policy/decide.ts';",
      "import { join } from 'node:path';",
      "import type { Router } from 'express';",
      "import { next } from './next.ts';",
    ].join('\n');
    expect(wrongs('src/authentication/engine.ts', source)).toEqual([]);
  });
});

test('no file is so long that it must be two', () => {
  const long = files.filter((path) => read(path).trimEnd().split('\n').length > 250);
  expect(long).toEqual([]);
});

test('nothing has a name that says nothing', () => {
  const empty = /(^|[-.])(util|utils|helper|helpers|common|manager|service|services|base)([-.]|$)/;
  expect(files.filter((path) => path.split('/').some((part) => empty.test(part.replace(/\.ts$/, ''))))).toEqual([]);
});
