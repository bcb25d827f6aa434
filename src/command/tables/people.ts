import type { Answer, Command, Given } from '../command.ts';
import { sheet, table } from '../print.ts';

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

const unlock = { operation: 'users.unlock', takes: ['user'], says: unlocked, not: nobody } as const;

export const peopleCommands: readonly Command[] = [
  {
    words: ['user', 'list'],
    operation: 'users.list',
    says: ({ items }) => table(items as Items, ['store', 'username', 'name', 'email', 'groups', 'disabled', 'id']),
  },
  { words: ['user', 'show'], operation: 'users.show', takes: ['user'], says: sheet, not: nobody },
  { words: ['user', 'unlock'], ...unlock },
  { words: ['unlock'], ...unlock, about: 'The same as user unlock' },
];
