import * as z from 'zod';
import { spell } from '../../config/problems.ts';
import { unstorable } from '../../domain/storable.ts';
import { type Operation, pathNames, placeOf } from '../operations/operation.ts';
import { type FieldError, invalid, Problem } from './problem.ts';
import type { ApiRequest } from './request.ts';

/** The path's values when it is this operation's; undefined otherwise. */
export function matched({ path }: Pick<Operation, 'path'>, asked: string): Record<string, string> | undefined {
  const [wanted, given] = [path.split('/'), asked.split('/')];
  if (wanted.length !== given.length) return undefined;
  const values: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const [name] = pathNames(part);
    if (name === undefined) {
      if (part !== given[i]) return undefined;
    } else if (given[i] === '') return undefined;
    else values[name] = given[i] as string;
  }
  return values;
}

/** The operation's whole input out of a request. Throws Problem with every field that is wrong. */
export function inputOf(
  one: Operation,
  path: Readonly<Record<string, string>>,
  request: ApiRequest,
): z.output<z.ZodObject> {
  const wrong: FieldError[] = [];
  const raw: Record<string, unknown> = Object.create(null);
  for (const [field, text] of Object.entries(path)) raw[field] = decoded(text);
  for (const [field, value] of Object.entries(bodyOf(request))) {
    if (placeOf(one, field) === 'body') raw[field] = value;
    else wrong.push({ in: 'body', field, detail: 'does not belong in the body' });
  }
  for (const field of new Set(request.query.keys())) {
    const [text = '', ...more] = request.query.getAll(field);
    if (placeOf(one, field) !== 'query') wrong.push({ in: 'query', field, detail: 'does not belong in the query' });
    else if (more.length > 0) wrong.push({ in: 'query', field, detail: 'stands there more than once' });
    else raw[field] = fieldValue(one.input.shape[field] as z.ZodType | undefined, text);
  }
  for (const [field, value] of Object.entries(raw)) {
    const detail = unstorable(value);
    if (detail) wrong.push({ in: placeOf(one, field), field, detail });
  }
  const result = one.input.safeParse({ ...raw });
  for (const issue of result.error?.issues ?? []) wrong.push(...errorsOf(one, issue));
  if (!result.success || wrong.length > 0) throw invalid(...wrong);
  return result.data;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Problem('not-found');
  }
}

function bodyOf({ body, headers }: ApiRequest): Record<string, unknown> {
  if (body === undefined || body === '') return {};
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json' && !type?.endsWith('+json')) throw new Problem('unsupported-type');
  const refused = (detail: string) => invalid({ in: 'body', field: '', detail });
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw refused('is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused('is not a JSON object');
  return value as Record<string, unknown>;
}

/** A query knows texts only: a number or a truth is read where the schema has one, and left for the schema to refuse. */
function fieldValue(schema: z.ZodType | undefined, text: string): unknown {
  let bare = schema as z.ZodType | undefined;
  while (bare instanceof z.ZodOptional || bare instanceof z.ZodDefault) bare = bare.unwrap() as z.ZodType;
  if (bare instanceof z.ZodNumber && /^-?\d{1,15}$/u.test(text)) return Number(text);
  if (bare instanceof z.ZodBoolean && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function errorsOf(one: Operation, issue: z.core.$ZodIssue): FieldError[] {
  const at = (path: readonly PropertyKey[], detail: string): FieldError => ({
    in: path.length > 0 ? placeOf(one, String(path[0])) : 'body',
    field: spell(path),
    detail,
  });
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => at([...issue.path, key], 'is not a known field'));
  return [at(issue.path, issue.message)];
}
