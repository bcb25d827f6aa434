import type { Answer, Command } from '../command.ts';
import { sheet, table } from '../print.ts';
import { link } from './people.ts';

type Items = readonly Answer[];

const one = {
  takes: ['application'],
  not: {
    'not-found': (_: Answer, { application }: Answer) =>
      `There is no application ${application}. stile app list shows which there are.`,
  },
} as const;

const done = () => 'Done.';

/** Applications, roles, owners, the record and the server itself. */
export const accessCommands: readonly Command[] = [
  {
    words: ['app', 'list'],
    operation: 'applications.list',
    says: ({ items }) =>
      table(items as Items, ['id', 'name', 'protocol', 'third_party', 'groups', 'source', 'disabled']),
  },
  { words: ['app', 'show'], operation: 'applications.show', ...one },
  {
    words: ['app', 'create'],
    operation: 'applications.create',
    takes: ['id'],
    says: (answer) => `${sheet(answer)}${answer.client_secret ? '\nThe secret is shown this once.' : ''}`,
  },
  { words: ['app', 'change'], operation: 'applications.change', ...one },
  {
    words: ['app', 'disable'],
    operation: 'applications.disable',
    ...one,
    says: ({ id }) => `Nobody signs in to ${id} now.`,
  },
  {
    words: ['app', 'enable'],
    operation: 'applications.enable',
    ...one,
    says: ({ id }) => `People may sign in to ${id}.`,
  },
  {
    words: ['app', 'delete'],
    operation: 'applications.delete',
    ...one,
    sure: 'Forget this application for ever?',
    says: (_, { application }) => `${application} is forgotten.`,
  },
  {
    words: ['app', 'rotate-secret'],
    operation: 'applications.rotate-secret',
    ...one,
    says: (answer) => `${sheet(answer)}\nThe secret is shown this once; the old one has stopped working.`,
  },
  {
    words: ['app', 'allow-registration'],
    operation: 'applications.allow',
    says: (answer) => `${sheet(answer)}\nThe token is shown this once.`,
  },
  {
    words: ['role', 'list'],
    operation: 'roles.list',
    says: ({ items }) => table(items as Items, ['role', 'permissions']),
  },
  {
    words: ['role', 'holders'],
    operation: 'roles.holders',
    says: ({ items }) =>
      table(items as Items, ['role', 'user', 'group', 'application', 'source', 'given_by', 'given_at']),
  },
  { words: ['role', 'grant'], operation: 'roles.grant', takes: ['role', 'user'], says: done },
  { words: ['role', 'revoke'], operation: 'roles.revoke', takes: ['role', 'user'], says: done },
  {
    words: ['owner', 'create'],
    operation: 'owners.create',
    takes: ['username'],
    says: (answer) => `${answer.username} is an owner. Their registration link:\n${link(answer)}`,
  },
  {
    words: ['audit', 'list'],
    operation: 'audit.list',
    fixed: { limit: 50 },
    says: ({ items }) => table(items as Items, ['at', 'type', 'user', 'application', 'address', 'reference']),
  },
  { words: ['audit', 'export'], operation: 'audit.export' },
  { words: ['status'], operation: 'server.show' },
];
