/** The policies every Stile has before anyone writes one. */
import type { User } from '../domain/user.ts';
import type { Policy } from './decide.ts';
import type { Required } from './method-settings.ts';
import { anyOf, mfa } from './strengths.ts';

/**
 * Mission row I1: the personal switch, a policy of one's own. A code by email does until the person prefers a method that
 * is harder to steal: from then on the weaker way is shut.
 */
const twoStep: Policy = {
  id: 'two-step',
  name: 'Two-step sign-in',
  state: 'on',
  judge: ({ user }) =>
    user.twoStep
      ? {
          why: 'the person turned two-step sign-in on',
          grant: { require: [mfa], accept: acceptedFor(user) },
        }
      : { why: 'the person did not turn two-step sign-in on' },
};

const acceptedFor = ({ preferred = 'email-code' }: User) =>
  preferred === 'email-code' ? (['email_code', 'access_pass'] as const) : (['access_pass'] as const);

/** An application's own `groups:`: who may use it. */
const applicationGroups: Policy = {
  id: 'application-groups',
  name: 'Who may use this application',
  state: 'on',
  judge: ({ user, application }) => {
    if (!application.groups) return { why: 'the application is open to everybody' };
    return application.groups.some((group) => user.groups.includes(group))
      ? { why: 'the person is in a group of the application' }
      : { why: "the person is in none of the application's groups", grant: { block: true } };
  },
};

/**
 * Mission row D2: a store and groups may each name methods of which one has to be proved. Nothing is required of whoever
 * they name none for; where none of those they name is there, nobody gets through.
 */
const requiredMethods = (requiredOf: (user: User) => readonly Required[]): Policy => ({
  id: 'required-methods',
  name: 'Required methods',
  state: 'on',
  judge: ({ user }) => {
    const required = requiredOf(user);
    if (required.length === 0) return { why: "the person's store and groups require no method" };
    const named = required.map((one) => [...one.keys()].sort());
    const require = required.map((one, i) => anyOf(`one of ${named[i]?.join(', ')}`, [...one.values()].flat()));
    const why = named.map((ids) => ids.join(' or ')).join(', and ');
    return { why: `the person's store or groups require ${why}`, grant: { require } };
  },
});

export const builtInPolicies = (requiredOf: (user: User) => readonly Required[] = () => []): readonly Policy[] => [
  applicationGroups,
  requiredMethods(requiredOf),
  twoStep,
];
