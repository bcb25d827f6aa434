import * as z from 'zod';
import type { Place } from '../../store/sealed.ts';
import { invalid } from '../api/problem.ts';
import { operation } from './operation.ts';

/** STILE_SECRET: what is still sealed by which of its secrets, and sealing it anew by the first. */
export const secretOperations = [
  operation({
    id: 'secrets.list',
    method: 'GET',
    path: '/secrets',
    summary: 'How much is sealed by each secret of STILE_SECRET: one that nothing is sealed by can be taken away',
    permission: 'keys.read',
    input: z.strictObject({}),
    output: z.strictObject({
      items: z.array(
        z.strictObject({
          secret: z.string().describe('Its id, which tells secrets apart and nothing else'),
          state: z.enum(['current', 'old', 'missing']),
          rows: z.int(),
          tables: z.record(z.string(), z.int()),
        }),
      ),
    }),
    async perform({ sealed }) {
      const counts = await sealed.counts();
      const ids = [...new Set([...sealed.given, ...counts.map(({ secret }) => secret)])];
      const items = ids.map((secret) => {
        const of = counts.filter((one) => one.secret === secret);
        const state = secret === sealed.given[0] ? 'current' : sealed.given.includes(secret) ? 'old' : 'missing';
        return {
          ...{ secret, state: state as 'current' | 'old' | 'missing' },
          rows: of.reduce((sum, { rows }) => sum + rows, 0),
          tables: Object.fromEntries(of.map(({ table, rows }) => [table, rows])),
        };
      });
      return { body: { items } };
    },
  }),
  operation({
    id: 'secrets.reseal',
    method: 'POST',
    path: '/secrets/reseal',
    summary: 'Seal the next rows anew that an older secret sealed; to be repeated from `next` until there is none',
    permission: 'keys.rotate',
    input: z.strictObject({
      limit: z.int().min(1).max(1000).default(500).describe('How many at most'),
      cursor: z.string().max(1024).optional().describe('Where the last answer ended: its `next`'),
    }),
    output: z.strictObject({
      changed: z.int(),
      left: z.int().describe('Sealed by a secret that is not given'),
      next: z.string().optional(),
    }),
    event: 'secrets.resealed',
    async perform({ sealed }, { limit, cursor }) {
      const place = placeIn(cursor);
      const { changed, left, next } = await sealed.reseal(limit, place);
      return {
        body: { changed, left, ...(next ? { next: Buffer.from(JSON.stringify(next)).toString('base64url') } : {}) },
        detail: { rows: changed },
        same: changed === 0,
      };
    },
  }),
];

/** Throws Problem 400 for what we did not write. */
function placeIn(cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined;
  try {
    const place = placeShape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return place as unknown as Place;
  } catch {
    throw invalid({ in: 'body', field: 'cursor', detail: 'is not a cursor of ours' });
  }
}

const word = z
  .string()
  .max(400)
  .refine((text) => !text.includes('\0'));
const placeShape = z
  .tuple([z.int().min(0).max(20)])
  .rest(word)
  .refine((one) => one.length <= 3);
