/** The policies every Stile has before anyone writes one. */
import type { Policy } from './decide.ts';
import { mfa } from './strengths.ts';

/** Mission row I1: the personal switch. */
const twoStep: Policy = {
  id: 'two-step',
  name: 'Two-step sign-in',
  state: 'on',
  match: ({ user }) => ({
    matched: user.twoStep,
    why: user.twoStep ? 'the person turned two-step sign-in on' : 'the person did not turn two-step sign-in on',
  }),
  grant: { require: [mfa] },
};

/** An application's own `groups:`: who may use it. */
const applicationGroups: Policy = {
  id: 'application-groups',
  name: 'Who may use this application',
  state: 'on',
  match: ({ user, application }) => {
    if (!application.groups) return { matched: false, why: 'the application is open to everybody' };
    const member = application.groups.some((group) => user.groups.includes(group));
    return {
      matched: !member,
      why: member ? 'the person is in a group of the application' : "the person is in none of the application's groups",
    };
  },
  grant: { block: true },
};

export const builtInPolicies: readonly Policy[] = [applicationGroups, twoStep];
