import type { Actor } from '../actor.ts';
import { type Operation, pathNames, placeOf } from '../operations/operation.ts';

/** Where the API stands on every door. */
export const prefix = '/admin/api/v1';

/** One request, as the dispatcher takes it from any door. */
export interface ApiRequest {
  readonly method: string;
  /** Without the query; still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** As it was sent; undefined when nothing was. */
  readonly body: string | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A text, or lines that come one after the other. */
  readonly body: string | AsyncIterable<string>;
}

/** The whole of an answer's body. */
export async function textOf({ body }: Pick<ApiAnswer, 'body'>): Promise<string> {
  if (typeof body === 'string') return body;
  let text = '';
  for await (const part of body) text += part;
  return text;
}

/** The dispatcher, bound to what it works on. */
export type Dispatch = (request: ApiRequest, by: Actor) => Promise<ApiAnswer>;

/**
 * The request that asks for an operation with this input, for clients of ours. A change of a single resource says
 * `If-Match: *`, which is any state of it, unless `ifMatch` says which.
 */
export function requestFor(
  one: Pick<Operation, 'method' | 'path' | 'conditional'>,
  input: Readonly<Record<string, unknown>>,
  { ifMatch = '*', idempotencyKey }: { ifMatch?: string; idempotencyKey?: string } = {},
): ApiRequest {
  const given = Object.entries(input).filter(([, value]) => value !== undefined);
  const at = (place: string) => given.filter(([field]) => placeOf(one, field) === place);
  const path = pathNames(one.path).reduce(
    (text, name) => text.replace(`{${name}}`, encodeURIComponent(String(input[name] ?? ''))),
    one.path,
  );
  const body =
    one.method === 'GET' || one.method === 'DELETE' ? undefined : JSON.stringify(Object.fromEntries(at('body')));
  return {
    method: one.method,
    path: `${prefix}${path}`,
    query: new URLSearchParams(at('query').map(([field, value]) => [field, String(value)])),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(one.conditional ? { 'if-match': ifMatch } : {}),
      ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
    },
    body,
  };
}
