import type { Answer, Command, Given } from '../command.ts';
import { table } from '../print.ts';

type Items = readonly Answer[];

/** Named without a store they are of the local one; what has a colon, or is an id, is as it is. */
export const whole = (user: unknown): string =>
  /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(String(user)) || String(user).includes(':') ? String(user) : `local:${user}`;

const unlocked = ({ username, credentials: n }: Answer): string =>
  n === 0
    ? `Nothing of ${username} was locked. Wrong answers until now are forgiven.`
    : `${username} can try again: ${n} ${n === 1 ? 'method was' : 'methods were'} locked.`;

const nobody = {
  'not-found': (_: Answer, { user }: Given) => `Nobody is called ${user}. stile user list shows who there is.`,
};

/** Of commands about one person. */
const one = { takes: ['user'], not: nobody } as const;
const unlock = { ...one, operation: 'users.unlock', says: unlocked } as const;
const sessions = { ...one, operation: 'users.sessions.list' } as const;
const shownSessions = ({ items }: Answer) =>
  table(items as Items, ['sid', 'started_at', 'expires_at', 'address', 'agent', 'applications']);

export const link = ({ link: address, expires_at }: Answer): string =>
  address === undefined
    ? `It is on its way to their address. It works once, until ${expires_at}.`
    : `${address}\nIt works once, until ${expires_at}. Hand it over in a way that reaches only them.`;

const issued = ({ pass, starts_at, ends_at, one_time }: Answer, { from }: Given): string =>
  `${pass}\nIt works ${one_time ? 'once' : 'any number of times'}${from ? `, from ${starts_at}` : ''} until ${ends_at}. It is shown this once: hand it over in a way that reaches only them.`;

export const peopleCommands: readonly Command[] = [
  {
    words: ['user', 'list'],
    operation: 'users.list',
    says: ({ items }) => table(items as Items, ['store', 'username', 'name', 'email', 'groups', 'disabled', 'id']),
  },
  { words: ['user', 'show'], operation: 'users.show', ...one },
  { words: ['user', 'create'], operation: 'users.create', takes: ['username'] },
  { words: ['user', 'change'], operation: 'users.change', ...one },
  {
    words: ['user', 'disable'],
    operation: 'users.disable',
    ...one,
    says: ({ username }) => `${username} is kept out: their sessions and tokens have ended.`,
  },
  {
    words: ['user', 'enable'],
    operation: 'users.enable',
    ...one,
    says: ({ username }) => `${username} may sign in again.`,
  },
  {
    words: ['user', 'delete'],
    operation: 'users.delete',
    ...one,
    sure: 'Forget this person for ever?',
    says: (_, { user }) => `${user} is forgotten.`,
  },
  { words: ['user', 'unlock'], ...unlock },
  {
    words: ['user', 'methods'],
    operation: 'users.credentials.list',
    ...one,
    says: ({ items }) =>
      table(items as Items, [
        'id',
        'method',
        'label',
        'created_at',
        'last_used_at',
        'locked_until',
        'disabled',
        'lost',
        'left',
      ]),
  },
  {
    words: ['user', 'remove-method'],
    operation: 'users.credentials.remove',
    takes: ['user', 'credential'],
    says: () => 'It is taken away; sessions that were opened with it have ended.',
  },
  {
    words: ['user', 'lose'],
    operation: 'users.credentials.lose',
    takes: ['user', 'credential'],
    says: (_, { user }) =>
      `It works no longer; sessions that were opened with it, and tokens, have ended. They set up another after two factors they still have, or with an access pass: stile pass issue ${user}.`,
  },
  {
    words: ['user', 'reopen'],
    operation: 'users.enrolment.reopen',
    ...one,
    says: ({ username }) =>
      `${username} may set up a first second factor again: their days for it begin when they are next asked.`,
  },
  { words: ['user', 'reset'], operation: 'users.registration-link', ...one, says: link },
  { words: ['user', 'sessions'], ...sessions, says: shownSessions, about: 'The same as session list' },
  { words: ['pass', 'issue'], operation: 'users.access-passes.issue', ...one, says: issued },
  {
    words: ['pass', 'list'],
    operation: 'users.access-passes.list',
    ...one,
    says: ({ items }) =>
      table(items as Items, ['id', 'state', 'starts_at', 'ends_at', 'one_time', 'first_factor', 'issued_by']),
  },
  {
    words: ['pass', 'withdraw'],
    operation: 'users.access-passes.withdraw',
    takes: ['user', 'pass'],
    says: () => 'It works no longer; sessions that were opened with it have ended.',
  },
  { words: ['unlock'], ...unlock, about: 'The same as user unlock' },
  { words: ['session', 'list'], ...sessions, says: shownSessions },
  {
    words: ['session', 'end'],
    operation: 'users.sessions.end',
    takes: ['user', 'sid'],
    says: ({ untold }) =>
      `It has ended.${(untold as string[]).length > 0 ? ` Not told: ${(untold as string[]).join(', ')}.` : ''}`,
  },
  {
    words: ['session', 'end-all'],
    operation: 'users.sessions.end-all',
    ...one,
    says: ({ ended }) => `${ended} ${ended === 1 ? 'session has' : 'sessions have'} ended.`,
  },
];
