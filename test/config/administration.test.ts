import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, ConfigurationError, loadConfig } from '../../src/config.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'stile-config-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function load(yaml: string): Config {
  const file = join(dir, 'stile.yaml');
  writeFileSync(file, yaml);
  const secret = 'a-secret-of-more-than-thirty-two-characters';
  return loadConfig({ env: { STILE_CONFIG: file, STILE_SECRET: secret, DATA_DIR: dir } });
}

function mistake(yaml: string): string {
  try {
    load(yaml);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems.join('\n');
    throw error;
  }
  return '';
}

const machine = (more: string) => `applications:
  - id: robot
    name: Robot
    ${more}
    oidc: { client_id: robot, client_secret: something-long, `;

test('roles are kept by role, and nobody has one without a word', () => {
  expect(load('roles: { owner: { users: [ana] }, auditor: { groups: [Audit] } }').roles).toEqual([
    { role: 'owner', users: ['ana'], groups: [] },
    { role: 'auditor', users: [], groups: ['Audit'] },
  ]);
  expect(load('{}')).toMatchObject({ roles: [], administration: { fresh: 900 } });
});

test('an application may have a role for automation', () => {
  const { applications } = load(`${machine('role: helpdesk')}grant_types: [client_credentials] }`);
  expect(applications).toMatchObject([{ id: 'robot', role: 'helpdesk' }]);
});

test.each([
  ['roles: { boss: { users: [ana] } }', 'roles.boss is not a known key'],
  ['roles: { owner: [ana] }', 'roles.owner is a list, and has to be a group of keys'],
  ['roles: { owner: { users: [7] } }', 'roles.owner.users[0] is a number, and has to be text: put it in quotes'],
  ['roles: { owner: { user: [ana] } }', 'roles.owner.user is not a known key; did you mean users?'],
  ['administration: { fresh: 10s }', 'administration.fresh has to be a length of time from 60 to 86400 seconds'],
  ['administration: { fresh: 25h }', 'administration.fresh has to be a length of time'],
  [
    `${machine('role: boss')}grant_types: [client_credentials] }`,
    'applications[0].role is "boss"; allowed: owner, security',
  ],
  [
    `${machine('role: helpdesk')}redirect_uris: ["https://a.example/cb"] }`,
    'applications[0].role is for automation: it needs oidc with client_credentials in grant_types',
  ],
])('%s', (yaml, problem) => {
  expect(mistake(yaml)).toContain(problem);
});

test('keys held elsewhere are at a socket by an absolute path that is short enough for one', () => {
  expect(load('keys: { held: { socket: /run/agent.sock } }').keys.held).toEqual({ socket: '/run/agent.sock' });
  expect(load('{}').keys).not.toHaveProperty('held');
  expect(mistake('keys: { held: { socket: agent.sock } }')).toContain('keys.held.socket has to be the absolute path');
  expect(mistake(`keys: { held: { socket: /${'x'.repeat(103)} } }`)).toContain('keys.held.socket');
  expect(mistake('keys: { held: {} }')).toContain('keys.held.socket');
});
