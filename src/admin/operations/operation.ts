/**
 * An operation: data and one verb. The table of them (table.ts) is the API; the REST paths, the command line, the OpenAPI
 * document and the audit are made of it. An operation checks no permission, writes no record and knows no HTTP: the
 * dispatcher (api/dispatch.ts) does that for all of them.
 */
import type * as z from 'zod';
import type { AuditEvent } from '../../audit/event.ts';
import type { Role } from '../../domain/role.ts';
import type { User } from '../../domain/user.ts';
import type { Actor } from '../actor.ts';
import type { Permission } from '../roles.ts';
import type { AdminParts } from './parts.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What the dispatcher hands to an operation beside its input. */
export interface Call {
  readonly by: Actor;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /**
   * Of a `conditional` operation, to be called with the resource as it stands, before the change and where nobody else can
   * change it in between: throws Problem 412 when that is not what the caller read.
   */
  unchanged(current: object): void;
}

/** What became of it. */
export interface Done<Body> {
  readonly body: Body;
  /** 201 for what was made; `location` is then its path under the API. */
  readonly status?: 200 | 201;
  readonly location?: string;
  /** For the record: whom and what it was about, what stood before and stands after; never a secret. */
  readonly user?: string;
  readonly application?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
  /** Instead of the body: JSON lines, one after the other; a text is lines that are written already. */
  readonly lines?: AsyncIterable<object | string>;
  /** Nothing was changed, so nothing is recorded. */
  readonly same?: boolean;
}

/** Whoever an operation acts on, so that nobody reaches above their own roles. */
export interface Target {
  readonly user?: User;
  readonly roles: readonly Role[];
}

export interface Operation<I extends z.ZodObject = z.ZodObject, O extends z.ZodType = z.ZodType> {
  /** The OpenAPI operationId: noun and verb, dotted. */
  readonly id: string;
  readonly method: Method;
  /** Under /admin/api/v1, with `{name}` for fields of the input that stand in the path. */
  readonly path: string;
  readonly summary: string;
  readonly permission: Permission;
  /** One flat object. A field stands in the path where the path names it, else in the query of GET and DELETE, else in the body. */
  readonly input: I;
  /** A page of a list is `{items, next?}`. */
  readonly output: O;
  /** Changes have one: what they are called in the audit record. */
  readonly event?: AuditEvent['type'];
  /** Changes a single resource: If-Match has to say which state of it was read. */
  readonly conditional?: true;
  /** Only on the server itself: the socket, or in process. */
  readonly local?: true;
  /** No application does it by a role of its own: it takes somebody who proved freshly who they are. */
  readonly people?: true;
  /** Nobody does it to themselves. */
  readonly others?: true;
  /** Whom it acts on. Throws Problem 404. */
  target?(parts: AdminParts, input: z.output<I>): Promise<Target>;
  perform(parts: AdminParts, input: z.output<I>, call: Call): Promise<Done<z.output<O>>>;
}

/** Checks the parts of one operation against each other and forgets them, for the table. */
export const operation = <I extends z.ZodObject, O extends z.ZodType>(one: Operation<I, O>): Operation =>
  one as unknown as Operation;

/** The names in a path, in their order. */
export const pathNames = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\}/gu)].map(([, name]) => name as string);

/** Where a field of the input stands in a request. */
export function placeOf(
  { method, path }: Pick<Operation, 'method' | 'path'>,
  field: string,
): 'path' | 'query' | 'body' {
  if (pathNames(path).includes(field)) return 'path';
  return method === 'GET' || method === 'DELETE' ? 'query' : 'body';
}
