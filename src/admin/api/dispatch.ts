/**
 * The one way to every operation. Knows no express, no socket and no token: a door finds out who asks and hands over the
 * request. Here it is matched, allowed, read, performed, put on record and answered, for all operations alike.
 */
import { randomUUID } from 'node:crypto';
import type { AuditEvent } from '../../audit/event.ts';
import type { Actor } from '../actor.ts';
import type { Done, Operation } from '../operations/operation.ts';
import type { AdminParts } from '../operations/parts.ts';
import { operations } from '../operations/table.ts';
import { allow, type Demands, reach } from './allowed.ts';
import { etagOf, precondition } from './etag.ts';
import { inputOf, matched } from './input.ts';
import { once } from './once.ts';
import { Problem } from './problem.ts';
import { type ApiAnswer, type ApiRequest, type Dispatch, prefix } from './request.ts';

export interface Dispatching {
  readonly parts: AdminParts;
  readonly demands: Demands;
  /** A bug, or a store that is away. */
  readonly onFault: (error: unknown, request: string) => void;
  /** What the log and the trace of this moment call the request; undefined outside of those that have a name. */
  readonly requestName?: () => string | undefined;
  readonly table?: readonly Operation[];
}

export function dispatcher(dispatching: Dispatching): Dispatch {
  const { parts, demands, onFault, requestName, table = operations } = dispatching;
  return async (request, by) => {
    const id = requestName?.() ?? randomUUID();
    try {
      const [one, path] = find(table, request);
      allow(one, by, parts.now(), demands);
      return await once(parts.answers, request, by, parts.now(), () => answer(one, path, request, by, id));
    } catch (error) {
      return refused(error, id, onFault);
    }
  };

  async function answer(...[one, path, request, by, id]: Parameters<typeof perform>): Promise<ApiAnswer> {
    try {
      return answered(one, await perform(one, path, request, by, id), id);
    } catch (error) {
      return refused(error, id, onFault);
    }
  }

  async function perform(one: Operation, path: Record<string, string>, request: ApiRequest, by: Actor, id: string) {
    const unchanged = precondition(one, request.headers['if-match']);
    const input = inputOf(one, path, request);
    if (one.target) reach(one, by, await one.target(parts, input));
    const at = parts.now();
    const done = await one.perform(parts, input, { by, at, unchanged });
    if (one.event && !done.same) await parts.recorder.record(eventOf(one.event, done, by, at, id));
    return done;
  }
}

function find(table: readonly Operation[], { method, path }: ApiRequest): [Operation, Record<string, string>] {
  const rest = path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined;
  const here = table.flatMap((one) => {
    const values = rest === undefined ? undefined : matched(one, rest);
    return values ? [{ one, values }] : [];
  });
  // A word of the path stands before a name of it: /users/me would be no person called me.
  here.sort((a, b) => Object.keys(a.values).length - Object.keys(b.values).length);
  const found = here.find(({ one }) => one.method === method);
  if (found) return [found.one, found.values];
  if (here.length === 0) throw new Problem('no-operation');
  const allow = [...new Set(here.map(({ one }) => one.method))].join(', ');
  throw new Problem('method-not-allowed', undefined, { headers: { allow } });
}

/** Who, by which role, how proved, what changed, and the id the answer carries. */
function eventOf(type: AuditEvent['type'], done: Done<unknown>, by: Actor, at: number, request: string): AuditEvent {
  const { acr, amr, authTime } = by.proved ?? {};
  const actor = {
    ...{ kind: by.kind, id: by.id, roles: by.roles },
    ...(by.client === undefined ? {} : { client: by.client }),
    ...(by.proved ? { acr, amr, auth_time: authTime } : {}),
  };
  return {
    ...{ type, at },
    ...(done.user === undefined ? {} : { user: done.user }),
    ...(done.application === undefined ? {} : { application: done.application }),
    ...(by.address === undefined ? {} : { address: by.address }),
    detail: { by: actor, request, ...done.detail },
  };
}

const always = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

function answered(one: Operation, done: Done<unknown>, id: string): ApiAnswer {
  const headers: Record<string, string> = { ...always, 'content-type': 'application/json', 'x-request-id': id };
  const body = done.body as { next?: string };
  if (done.location) headers.location = `${prefix}${done.location}`;
  if (done.lines) {
    const type = { ...headers, 'content-type': 'application/jsonl' };
    return { status: 200, headers: type, body: written(done.lines) };
  }
  if (one.method === 'GET' || one.method === 'PATCH') headers.etag = etagOf(body);
  if (body.next) headers.link = `<?cursor=${encodeURIComponent(body.next)}>; rel="next"`;
  return { status: done.status ?? 200, headers, body: JSON.stringify(body) };
}

async function* written(lines: AsyncIterable<object | string>): AsyncGenerator<string> {
  for await (const line of lines) yield typeof line === 'string' ? line : `${JSON.stringify(line)}\n`;
}

function refused(error: unknown, id: string, onFault: Dispatching['onFault']): ApiAnswer {
  const problem = error instanceof Problem ? error : new Problem(away(error) ? 'away' : 'fault');
  if (!(error instanceof Problem)) onFault(error, id);
  return {
    status: problem.status,
    headers: {
      ...always,
      ...(problem.kind === 'away' ? { 'retry-after': '5' } : {}),
      ...problem.headers,
      'content-type': 'application/problem+json',
      'x-request-id': id,
    },
    body: JSON.stringify({ ...problem.toJSON(), request: id }),
  };
}

function away(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause.name === 'StoreAway') return true;
  return false;
}
