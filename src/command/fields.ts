import * as z from 'zod';
import { operationById } from '../admin/operations/table.ts';
import type { Command, Taken } from './command.ts';

/** The words a command takes, in order. */
export function wordsOf(command: Command): readonly Taken[] {
  if ('act' in command) return command.takes ?? [];
  const all = fieldsOf(command.operation);
  return (command.takes ?? []).map((field) => {
    const found = all.find((one) => one.field === field);
    if (!found) throw new Error(`${command.operation} has no field ${field}`);
    return found;
  });
}

const input: Taken = {
  ...{ field: 'input', kind: 'file' },
  about: 'A file of JSON with all of these as one object, - for standard input',
};

/** The options of a command, beside those that all have. */
export function optionsOf(command: Command): readonly Taken[] {
  if ('act' in command) return command.options ?? [];
  const rest = fieldsOf(command.operation).filter(({ field }) => !command.takes?.includes(field));
  return operationById(command.operation).method === 'GET' || rest.length === 0 ? rest : [...rest, input];
}

export const aboutOf = (command: Command): string =>
  'act' in command ? command.about : (command.about ?? operationById(command.operation).summary);

/** `--email-verified` */
export const optionName = (field: string): string => field.replaceAll('_', '-');

/** What an operation takes, read off its schema. */
function fieldsOf(id: string): Taken[] {
  return Object.entries(operationById(id).input.shape).map(([field, schema]) => taken(field, schema as z.ZodType));
}

function taken(field: string, schema: z.ZodType): Taken {
  let [bare, required, empty, about] = [schema, true, false, schema.description];
  while (bare instanceof z.ZodOptional || bare instanceof z.ZodDefault || bare instanceof z.ZodNullable) {
    if (bare instanceof z.ZodNullable) empty = true;
    else required = false;
    bare = bare.unwrap() as z.ZodType;
    about ??= bare.description;
  }
  return {
    ...{ field, required, about: about ?? '' },
    ...kindOf(bare, schema),
    ...(empty ? { empty } : {}),
  };
}

function kindOf(bare: z.ZodType, schema: z.ZodType): Pick<Taken, 'kind' | 'choices'> {
  if (bare instanceof z.ZodEnum) return { kind: 'text', choices: bare.options.map(String) };
  if (bare instanceof z.ZodLiteral) return { kind: 'text', choices: [...bare.values].map(String) };
  if (bare instanceof z.ZodNumber) return { kind: 'number' };
  if (bare instanceof z.ZodBoolean)
    return { kind: schema instanceof z.ZodDefault && schema.def.defaultValue === false ? 'flag' : 'switch' };
  if (bare instanceof z.ZodArray) {
    const item = bare.element as z.ZodType;
    if (item instanceof z.ZodEnum) return { kind: 'list', choices: item.options.map(String) };
    return { kind: item instanceof z.ZodObject ? 'json' : 'list' };
  }
  if (bare instanceof z.ZodObject || bare instanceof z.ZodRecord || bare instanceof z.ZodUnion) return { kind: 'json' };
  return { kind: 'text' };
}
