import * as z from 'zod';
import type { Session } from '../../domain/session.ts';
import { Problem } from '../api/problem.ts';
import { instant } from './instant.ts';
import { operation } from './operation.ts';
import { live } from './parts.ts';
import { named, userTarget, who } from './person.ts';

const session = z.strictObject({
  sid: z.string(),
  started_at: z.iso.datetime(),
  expires_at: z.iso.datetime(),
  agent: z.string(),
  address: z.string(),
  proved: z.array(z.strictObject({ method: z.string(), at: z.iso.datetime() })),
  applications: z.array(z.string()).describe('Ids of those that take part'),
});

const shown = (one: Session): z.output<typeof session> => ({
  ...{ sid: one.sid, started_at: instant(one.startedAt), expires_at: instant(one.expiresAt) },
  ...{ agent: one.agent, address: one.address, applications: Object.keys(one.participants) },
  proved: one.evidence.map((piece) => ({ method: piece.method, at: instant(piece.at) })),
});

export const sessionOperations = [
  operation({
    id: 'users.sessions.list',
    method: 'GET',
    path: '/users/{user}/sessions',
    summary: "A person's live sessions, newest first",
    permission: 'sessions.read',
    input: z.strictObject({ user: who }),
    output: z.strictObject({ items: z.array(session) }),
    async perform(parts, { user }) {
      const { id } = await named(parts, user);
      return { body: { items: (await live(parts).sessions.ofUser(id)).map(shown) } };
    },
  }),
  operation({
    id: 'users.sessions.end',
    method: 'DELETE',
    path: '/users/{user}/sessions/{sid}',
    summary: 'End one session; the applications that take part are told',
    permission: 'sessions.end',
    input: z.strictObject({ user: who, sid: z.string().min(1).max(64) }),
    output: z.strictObject({ untold: z.array(z.string()).describe('Applications that could not be told') }),
    event: 'sessions.ended',
    target: userTarget,
    async perform(parts, input) {
      const { id } = await named(parts, input.user);
      const { sessions } = live(parts);
      if ((await sessions.bySid(input.sid))?.user !== id) throw new Problem('not-found');
      const ended = await sessions.end(input.sid, 'ended by an administrator');
      return { body: { untold: [...(ended?.untold ?? [])] }, user: id, detail: { sids: [input.sid] } };
    },
  }),
  operation({
    id: 'users.sessions.end-all',
    method: 'DELETE',
    path: '/users/{user}/sessions',
    summary: 'End all sessions of a person, and every token that outlives them',
    permission: 'sessions.end',
    input: z.strictObject({ user: who }),
    output: z.strictObject({ ended: z.int() }),
    event: 'sessions.ended',
    target: userTarget,
    async perform(parts, input) {
      const { id } = await named(parts, input.user);
      const { sessions, endTokens } = live(parts);
      const sids = (await sessions.ofUser(id)).map(({ sid }) => sid);
      await endTokens(id);
      await sessions.endAll(id, 'ended by an administrator');
      return { body: { ended: sids.length }, user: id, detail: { sids } };
    },
  }),
];
