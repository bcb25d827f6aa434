import * as z from 'zod';
import type { StoredEvent } from '../../store/events.ts';
import { instant } from './instant.ts';
import { operation } from './operation.ts';
import { cut, keyIn, pageOf, paging } from './page.ts';
import type { AdminParts } from './parts.ts';
import { named, who } from './person.ts';

const filter = {
  user: who.optional().describe('A person: the id, of one who is forgotten too, or store:username like local:ana'),
  application: z.string().min(1).max(128).optional(),
  type: z.string().min(1).max(64).optional(),
  reference: z.string().min(1).max(16).optional().describe('As a page showed it: 7Q4M-K2VX'),
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional().describe('Before this time'),
};

const event = z.strictObject({
  id: z.int(),
  at: z.iso.datetime(),
  type: z.string(),
  user: z.string().optional(),
  application: z.string().optional(),
  sid: z.string().optional(),
  walk: z.string().optional(),
  address: z.string().optional(),
  reference: z.string().optional(),
  detail: z.record(z.string(), z.unknown()).optional(),
});

type Filter = z.output<z.ZodObject<typeof filter>>;
type Numbered = StoredEvent & { id: number };

const shown = ({ id, at, ...rest }: Numbered): z.output<typeof event> => ({
  id,
  at: instant(at),
  ...rest,
});

/** The same with the id of whom it names. Throws Problem 404 for a name nobody has. */
async function byIds(parts: AdminParts, filter: Filter): Promise<Filter> {
  const { user } = filter;
  // Ids have no colon, and the record keeps those of people there are no more.
  return user?.includes(':') ? { ...filter, user: (await named(parts, user)).id } : filter;
}

const search = (
  { events }: AdminParts,
  { from, to, ...same }: Filter,
  limit: number,
  after?: readonly [number, number],
) =>
  events.search({
    ...same,
    ...(from === undefined ? {} : { from: Date.parse(from) }),
    ...(to === undefined ? {} : { to: Date.parse(to) }),
    ...(after ? { after } : {}),
    limit,
  });

const together = 500;

/** All of them, read in pages while the answer is already on its way. */
async function* every(parts: AdminParts, filter: Filter): AsyncGenerator<object> {
  let after: readonly [number, number] | undefined;
  for (;;) {
    const rows = await search(parts, filter, together, after);
    yield* rows.map(shown);
    const last = rows.at(-1);
    if (!last || rows.length < together) return;
    after = [last.at, last.id];
  }
}

export const auditOperations = [
  operation({
    id: 'audit.list',
    method: 'GET',
    path: '/audit',
    summary: 'What was put on record, newest first',
    permission: 'audit.read',
    input: z.strictObject({ ...filter, ...paging }),
    output: pageOf(event),
    async perform(parts, { limit, cursor, ...wanted }) {
      const rows = await search(parts, await byIds(parts, wanted), limit + 1, keyIn(cursor, ['number', 'number']));
      return { body: cut(rows, limit, { item: shown, key: ({ at, id }) => [at, id] }) };
    },
  }),
  operation({
    id: 'audit.export',
    method: 'GET',
    path: '/audit/export',
    summary: 'All of it, one JSON object a line, newest first',
    permission: 'audit.read',
    input: z.strictObject(filter),
    output: event,
    async perform(parts, wanted) {
      return { body: {} as z.output<typeof event>, lines: every(parts, await byIds(parts, wanted)) };
    },
  }),
];
