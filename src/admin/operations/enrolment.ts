import * as z from 'zod';
import { Problem } from '../api/problem.ts';
import { operation } from './operation.ts';
import { named, person, personOf, userTarget, who } from './person.ts';

export const reopenEnrolment = operation({
  id: 'users.enrolment.reopen',
  method: 'POST',
  path: '/users/{user}/enrolment/reopen',
  summary: 'Let a person whose days for registering a first second factor are over begin them anew when next asked',
  permission: 'credentials.reset',
  input: z.strictObject({ user: who }),
  output: person,
  event: 'enrolment.reopened',
  others: true,
  target: userTarget,
  async perform(parts, input) {
    const user = await named(parts, input.user);
    const reopened = await parts.users.forgetAskedToEnrol(user.id);
    const after = await parts.users.byId(user.id);
    if (!after) throw new Problem('not-found');
    const { enrolment_asked_at } = personOf(user);
    return { body: personOf(after), user: user.id, same: !reopened, detail: { before: { enrolment_asked_at } } };
  },
});
