import * as z from 'zod';
import type { Credential } from '../../domain/credential.ts';
import { type Actor, nameOf } from '../actor.ts';
import { invalid, Problem } from '../api/problem.ts';
import { instant } from './instant.ts';
import { operation } from './operation.ts';
import { shutOutWith } from './out-of-use.ts';
import { type AdminParts, live, type PassRules } from './parts.ts';
import { named, userTarget, who } from './person.ts';

const method = 'access-pass';
/** Minutes, unless something else is said. */
const usual = 8 * 60;
/** So many of one person may work at a time: each is tried by every guess. */
const most = 10;

const said = {
  id: z.string(),
  state: z
    .enum(['waiting', 'open', 'used', 'over'])
    .describe('waiting: it has not begun; used: it was good for one use'),
  starts_at: z.iso.datetime(),
  ends_at: z.iso.datetime(),
  one_time: z.boolean(),
  first_factor: z.boolean().describe('It may begin a sign-in, with no password before it'),
  issued_at: z.iso.datetime(),
  issued_by: z.string(),
  last_used_at: z.iso.datetime().optional(),
};
const pass = z.strictObject(said);

function shown(one: Credential, { termsOf }: PassRules, now: number): z.output<typeof pass> {
  const { startsAt, endsAt, oneTime, firstFactor, by } = termsOf(one);
  const state = oneTime && one.counter >= 1 ? 'used' : now >= endsAt ? 'over' : now < startsAt ? 'waiting' : 'open';
  return {
    ...{ id: one.id, state, starts_at: instant(startsAt), ends_at: instant(endsAt) },
    ...{ one_time: oneTime, first_factor: firstFactor, issued_at: instant(one.createdAt), issued_by: by },
    ...(one.lastUsedAt === undefined ? {} : { last_used_at: instant(one.lastUsedAt) }),
  };
}

/** From when to when. Throws Problem 400. */
function period(
  { from, until, minutes }: { from?: string | undefined; until?: string | undefined; minutes?: number | undefined },
  now: number,
  longest: number,
) {
  const wrong = (field: string, detail: string) => invalid({ in: 'body', field, detail });
  const startsAt = from === undefined ? now : Math.max(now, Date.parse(from));
  if (until !== undefined && minutes !== undefined) throw wrong('minutes', 'stands beside until: one says how long');
  const endsAt = until === undefined ? startsAt + (minutes ?? usual) * 60_000 : Date.parse(until);
  if (endsAt <= startsAt) throw wrong('until', 'is not after it begins');
  if (endsAt - now > longest * 1000)
    throw wrong(
      until === undefined ? 'minutes' : 'until',
      `is later than the file allows: ${longest} seconds from now`,
    );
  return { startsAt, endsAt };
}

/** Who it was, as people know them. */
const byName = async ({ users }: AdminParts, by: Actor): Promise<string> =>
  (by.kind === 'user' && (await users.byId(by.id))?.name) || nameOf(by);

export const accessPassOperations = [
  operation({
    id: 'users.access-passes.issue',
    method: 'POST',
    path: '/users/{user}/access-passes',
    summary: 'An access pass: a code that stands in for a second factor, or opens setting one up, for a short time',
    permission: 'credentials.reset',
    input: z.strictObject({
      user: who,
      minutes: z.int().min(1).max(527_040).optional().describe('How long it is good for; 480 without it and --until'),
      until: z.iso.datetime().optional().describe('When it ends'),
      from: z.iso.datetime().optional().describe('When it begins; now without it'),
      many: z.boolean().default(false).describe('Good for any number of uses until it ends, not for one'),
      first_factor: z.boolean().default(false).describe('Good for beginning a sign-in too, in the place of a password'),
      length: z.int().min(12).max(48).optional().describe('Signs; never fewer than the file says'),
    }),
    output: z.strictObject({
      ...said,
      pass: z.string().describe('Shown this once: hand it over in a way that reaches only them'),
    }),
    event: 'access-pass.issued',
    others: true,
    people: true,
    target: userTarget,
    async perform(parts, input, { by, at }) {
      const user = await named(parts, input.user);
      const { passes, credentials } = parts;
      if (user.disabled) throw new Problem('conflict', 'They are disabled: enable them first.');
      if (!passes.allowed(user)) throw new Problem('conflict', 'The file switches access passes off for them.');
      const held = (await credentials.of(user.id)).filter((one) => one.method === method);
      const working = held.filter((one) => ['waiting', 'open'].includes(shown(one, passes, at).state));
      if (working.length >= most) throw new Problem('conflict', `They have ${most} that work: withdraw one first.`);
      const { startsAt, endsAt } = period(input, at, passes.longest);
      const terms = { startsAt, endsAt, oneTime: !input.many, firstFactor: input.first_factor };
      const made = await passes.issue({ ...terms, user: user.id, by: nameOf(by) }, input.length);
      const added = await credentials.add(user.id, made.credential, at);
      parts.notices?.tell(user, 'access-pass-issued', { ...terms, by: await byName(parts, by) });
      const body = shown(added, passes, at);
      const { state: _, issued_at: __, issued_by: ___, ...detail } = body;
      return { body: { ...body, pass: made.pass }, status: 201, user: user.id, detail };
    },
  }),
  operation({
    id: 'users.access-passes.list',
    method: 'GET',
    path: '/users/{user}/access-passes',
    summary: "A person's access passes, used ones too until they are over; never a pass itself",
    permission: 'users.read',
    input: z.strictObject({ user: who }),
    output: z.strictObject({ items: z.array(pass) }),
    async perform(parts, { user }) {
      const { id } = await named(parts, user);
      const held = (await parts.credentials.of(id)).filter((one) => one.method === method);
      return { body: { items: held.map((one) => shown(one, parts.passes, parts.now())) } };
    },
  }),
  operation({
    id: 'users.access-passes.withdraw',
    method: 'DELETE',
    path: '/users/{user}/access-passes/{pass}',
    summary: 'Take an access pass back; sessions that were opened with it end',
    permission: 'credentials.reset',
    input: z.strictObject({ user: who, pass: z.string().min(1).max(64) }),
    output: z.strictObject({}),
    event: 'access-pass.withdrawn',
    others: true,
    target: userTarget,
    async perform(parts, input) {
      const { id } = await named(parts, input.user);
      live(parts);
      const going = (await parts.credentials.of(id)).find((one) => one.id === input.pass && one.method === method);
      if (!going || !(await parts.credentials.remove(id, going.id))) throw new Problem('not-found');
      await shutOutWith(parts, going, 'removed');
      return { body: {}, user: id, detail: { id: going.id } };
    },
  }),
];
