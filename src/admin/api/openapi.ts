import * as z from 'zod';
import { type Operation, placeOf } from '../operations/operation.ts';
import { operations } from '../operations/table.ts';
import { permissions } from '../roles.ts';
import { problemKinds, statusOf, typeOf } from './problem.ts';
import { prefix } from './request.ts';

type Json = Readonly<Record<string, unknown>>;

/** OpenAPI 3.1 takes JSON Schema 2020-12 as it is. */
const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};

/** The whole API as an OpenAPI 3.1 document, made of the table of operations. */
export function openapi(about: { readonly issuer: string; readonly version: string }, table = operations): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const one of table.filter(({ local }) => !local)) {
    const path = paths[one.path] ?? {};
    paths[one.path] = { ...path, [one.method.toLowerCase()]: described(one) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Stile administration', version: about.version },
    servers: [{ url: `${about.issuer}${prefix}` }],
    security: [{ oauth: ['stile:admin'] }],
    paths,
    components: {
      securitySchemes: {
        oauth: {
          type: 'oauth2',
          description: `Access tokens for the resource ${about.issuer}/admin/api, of people with two factors or of applications with a role.`,
          flows: {
            authorizationCode: {
              authorizationUrl: `${about.issuer}/auth`,
              tokenUrl: `${about.issuer}/token`,
              scopes: { 'stile:admin': 'Administer, as far as the roles of the person go' },
            },
            clientCredentials: {
              tokenUrl: `${about.issuer}/token`,
              scopes: { 'stile:admin': 'Administer, as far as the role of the application goes' },
            },
          },
        },
      },
      schemas: { Problem: problem },
      responses: {
        Problem: {
          description: 'An expected no (RFC 9457)',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}

const problem: Json = {
  type: 'object',
  required: ['type', 'title', 'status'],
  properties: {
    type: { type: 'string', enum: problemKinds.map(typeOf) },
    title: { type: 'string' },
    status: { type: 'integer', enum: [...new Set(problemKinds.map(statusOf))].sort() },
    detail: { type: 'string' },
    request: { type: 'string', description: 'The id under which a change, or a fault of ours, is found' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['in', 'field', 'detail'],
        properties: {
          in: { type: 'string', enum: ['path', 'query', 'body'] },
          field: { type: 'string' },
          detail: { type: 'string' },
        },
      },
    },
  },
};

function described(one: Operation): Json {
  const { properties = {}, required = [] } = schemaOf(one.input, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  const fields = Object.entries(properties);
  const body = fields.filter(([name]) => placeOf(one, name) === 'body');
  const lines = one.id === 'audit.export';
  return {
    operationId: one.id,
    tags: [one.id.split('.')[0]],
    summary: one.summary,
    description: `Permission \`${one.permission}\`, which these roles have: ${permissions[one.permission].join(', ')}.${one.people ? ' For people alone: an application by a role of its own is refused (`people-only`).' : ''}`,
    parameters: [
      ...fields
        .filter(([name]) => placeOf(one, name) !== 'body')
        .map(([name, { description, ...schema }]) => ({
          ...{ name, in: placeOf(one, name), required: required.includes(name), schema },
          ...(description === undefined ? {} : { description }),
        })),
      ...(one.conditional ? [header('If-Match', true, 'The ETag of what was read, or *')] : []),
      ...(one.method === 'POST' ? [header('Idempotency-Key', false, 'Done once within a day')] : []),
    ],
    ...(body.length === 0
      ? {}
      : {
          requestBody: {
            required: body.some(([name]) => required.includes(name)),
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: Object.fromEntries(body),
                  required: required.filter((name) => body.some(([field]) => field === name)),
                  additionalProperties: false,
                },
              },
            },
          },
        }),
    responses: {
      '2XX': {
        description: 'Done',
        content: { [lines ? 'application/jsonl' : 'application/json']: { schema: schemaOf(one.output, 'output') } },
      },
      '4XX': { $ref: '#/components/responses/Problem' },
      '5XX': { $ref: '#/components/responses/Problem' },
    },
  };
}

const header = (name: string, required: boolean, description: string): Json => ({
  ...{ name, in: 'header', required, description },
  schema: { type: 'string' },
});
