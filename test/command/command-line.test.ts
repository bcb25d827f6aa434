/** How commands are spelled, explained and completed, for all of them alike. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { operations } from '../../src/admin/operations/table.ts';
import type { Given, Terminal } from '../../src/command/command.ts';
import { completionOf } from '../../src/command/completion.ts';
import { optionsOf, wordsOf } from '../../src/command/fields.ts';
import { bar } from '../../src/command/progress.ts';
import { run } from '../../src/command/run.ts';
import { commands } from '../../src/command/table.ts';

const folder = mkdtempSync(join(tmpdir(), 'stile-command-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What one command line shows and asks; `pages` are the answers, one after the other. */
async function type(args: readonly string[], pages: readonly object[] = [{}], more: Partial<Terminal> = {}) {
  const [out, complaints, asked]: [string[], string[], [string, Given][]] = [[], [], []];
  const code = await run(args, {
    ...{ version: '0.1.0', place: () => 'here', shows: false, over: () => {}, ask: async () => undefined, acts: {} },
    out: (text) => out.push(text),
    complain: (text) => complaints.push(text),
    read: async () => '{"groups":["Staff"],"name":"From the file"}',
    async perform(operation, input) {
      asked.push([operation, input]);
      const body = JSON.stringify(pages[asked.length - 1] ?? pages[0]);
      return { status: 200, type: 'application/json', body };
    },
    ...more,
  });
  return { code, out: out.join(''), complaints: complaints.join(''), asked };
}

test('every operation has a command, save those that only a command itself asks', () => {
  const reached = new Set(commands.flatMap((one) => ('operation' in one ? [one.operation] : [])));
  // `config diff` and `apply`, `key reseal` and `backup` do more than ask once.
  const withinActs = (id: string) => /^(configuration|backups)\.|^secrets\.reseal$/.test(id);
  expect(operations.map(({ id }) => id).filter((id) => !reached.has(id) && !withinActs(id))).toEqual([]);
});

test.each(commands.map((one) => [one.words.join(' '), one] as const))('%s --help says all it takes', async (_, one) => {
  const { code, out } = await type([...one.words, '--help']);
  expect(code).toBe(0);
  expect(out).toContain(`Usage: stile ${one.words.join(' ')}`);
  for (const { field } of wordsOf(one)) expect(out).toContain(field.toUpperCase().replaceAll('_', '-'));
  for (const { field } of optionsOf(one)) expect(out).toContain(`--${field.replaceAll('_', '-')}`);
});

/** An answer with one of everything its schema has; to read what it does not have is a failure. */
function sample(schema: z.core.JSONSchema.BaseSchema): unknown {
  const { properties, items, anyOf, oneOf, enum: choices } = schema;
  const among = anyOf ?? oneOf;
  if (among) return sample(among[0] as z.core.JSONSchema.BaseSchema);
  if (choices) return choices[0];
  if (schema.type === 'array') return [sample(items as z.core.JSONSchema.BaseSchema)];
  if (schema.type !== 'object') return { number: 1, integer: 1, boolean: true }[String(schema.type)] ?? 'text';
  const named = Object.entries(properties ?? {}).map(([name, one]) => [
    name,
    sample(one as z.core.JSONSchema.BaseSchema),
  ]);
  return new Proxy(Object.fromEntries(named), {
    get(answer, name) {
      if (typeof name === 'string' && properties && !(name in properties)) throw new Error(`no answer has ${name}`);
      return Reflect.get(answer, name);
    },
  });
}

test.each(commands.flatMap((one) => ('operation' in one && one.says ? [[one.words.join(' '), one] as const] : [])))(
  '%s prints what its operation answers, and nothing that it does not',
  (_, { operation, takes = [], says }) => {
    const output = operations.find(({ id }) => id === operation)?.output;
    if (!(output instanceof z.ZodType)) throw new Error(`${operation} says no output`);
    const answer = sample(z.toJSONSchema(output, { io: 'output', unrepresentable: 'any' }));
    const asked = Object.fromEntries(takes.map((field) => [field, 'text']));
    expect(says?.(answer as Given, asked)).not.toMatch(/undefined|\[object/);
  },
);

test.each([[['user', '--help']], [['help', 'user']]])('%j lists the commands that begin so', async (args) => {
  const { code, out } = await type(args);
  expect(code).toBe(0);
  expect(out).toContain('user create USERNAME');
  expect(out).not.toContain('app list');
});

describe('options are what the operation takes', () => {
  test.each<[string, string[], string, Given]>([
    ['a name', ['user', 'show', 'ana'], 'users.show', { user: 'local:ana' }],
    ['a name in the record', ['audit', 'list', '--user', 'ana'], 'audit.list', { user: 'local:ana', limit: 50 }],
    ['a store', ['user', 'show', 'staff:ana'], 'users.show', { user: 'staff:ana' }],
    ['a loss', ['user', 'lose', 'ana', 'c1'], 'users.credentials.lose', { user: 'local:ana', credential: 'c1' }],
    ['days anew', ['user', 'reopen', 'staff:ana'], 'users.enrolment.reopen', { user: 'staff:ana' }],
    [
      'lists',
      ['user', 'create', 'ada', '--groups', 'A', '--groups', 'B'],
      'users.create',
      { username: 'ada', groups: ['A', 'B'] },
    ],
    [
      'no',
      ['user', 'change', 'ana', '--no-email-verified'],
      'users.change',
      { user: 'local:ana', email_verified: false },
    ],
    ['nothing', ['user', 'change', 'ana', '--email', ''], 'users.change', { user: 'local:ana', email: null }],
    ['JSON', ['user', 'change', 'ana', '--claims', '{"a":1}'], 'users.change', { user: 'local:ana', claims: { a: 1 } }],
    ['numbers', ['user', 'list', '--limit', '3'], 'users.list', { limit: 3 }],
    ['choices', ['role', 'grant', 'auditor', '--group', 'Audit'], 'roles.grant', { role: 'auditor', group: 'Audit' }],
    [
      'a file, and over it what is typed',
      ['user', 'create', 'ada', '--input', '-', '--name', 'Ada'],
      'users.create',
      { username: 'ada', name: 'Ada', groups: ['Staff'] },
    ],
  ])('%s', async (_what, args, operation, input) => {
    const { code, asked } = await type(args, [{ items: [] }]);
    expect(code).toBe(0);
    expect(asked).toEqual([[operation, input]]);
  });

  test.each<[string[], RegExp]>([
    [['role', 'grant', 'king', 'ana'], /"king" is not one of owner, /],
    [['user', 'list', '--limit', 'many'], /is no number/],
    [['user', 'change', 'ana', '--claims', '{'], /is not JSON/],
    [['user', 'show'], /user show takes USER/],
    [['user', 'lose', 'ana'], /user lose takes USER CREDENTIAL/],
    [['user', 'lose', 'ana', 'c1', 'c2'], /c2 is too much/],
    [['user', 'reopen'], /user reopen takes USER/],
    [['user', 'show', 'ana', 'bob'], /bob is too much/],
    [['user', 'fly'], /user takes one of: list, show/],
    [['owner', 'create', '--nmae', 'x'], /Unknown option '--nmae'/],
  ])('%j is not understood', async (args, words) => {
    const { code, complaints, asked } = await type(args);
    expect(complaints).toMatch(words);
    expect([code, asked]).toEqual([2, []]);
  });
});

test('a list is read to its end, and shown as a table', async () => {
  const pages = [{ items: [{ id: 'a', name: 'Alpha' }], next: 'c1' }, { items: [{ id: 'b', name: 'Beta' }] }];
  const { out, asked } = await type(['app', 'list'], pages);
  expect(asked.map(([, { cursor }]) => cursor)).toEqual([undefined, 'c1']);
  expect(out.split('\n').map((line) => line.split(/ {2,}/)[0])).toEqual(['ID', 'a', 'b', '']);
  expect(JSON.parse((await type(['app', 'list', '--json'], pages)).out).items).toHaveLength(2);
});

test('what deletes asks first; where nobody can be asked it wants --yes', async () => {
  const args = ['user', 'delete', 'ana'];
  expect(await type(args)).toMatchObject({ code: 2, asked: [], complaints: expect.stringContaining('--yes') });
  expect(await type(args, [{}], { ask: async () => 'n' })).toMatchObject({
    ...{ code: 1, asked: [], complaints: 'Nothing was done.\n' },
  });
  expect(await type(args, [{}], { ask: async () => 'y' })).toMatchObject({ code: 0, out: 'ana is forgotten.\n' });
  expect(await type([...args, '--yes'])).toMatchObject({ code: 0 });
});

test('a name cannot speak to the terminal', async () => {
  const { out } = await type(['app', 'list'], [{ items: [{ id: 'a', name: 'x\u001b[2J\u202ey' }] }]);
  expect(['\u001b', '\u202e'].filter((one) => out.includes(one))).toEqual([]);
});

test('a bar is drawn on a terminal only, and once for each percent', () => {
  const drawn: string[] = [];
  const over = (text: string) => void drawn.push(text);
  for (const shows of [false, true]) {
    const progress = bar({ shows, over }, 'backup');
    for (let done = 1; done <= 1000; done++) progress(done, 1000);
  }
  expect(drawn).toHaveLength(101);
  expect(drawn[50]).toBe(`backup [${'#'.repeat(15)}${' '.repeat(15)}] 50%`);
});

describe('completion', () => {
  const script = join(folder, 'completion.bash');
  const completed = (...words: string[]) => {
    writeFileSync(script, completionOf('bash'));
    const set = `COMP_WORDS=(stile ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}`;
    const said = execFileSync('bash', ['-c', `source ${script}; ${set}; _stile; printf '%s\\n' "\${COMPREPLY[@]}"`]);
    return said.toString().trim().split('\n');
  };

  test.each<[string[], string[]]>([
    [['ba'], ['backup']],
    [['user', 'sh'], ['show']],
    [['user', 'lo'], ['lose']],
    [['user', 'reo'], ['reopen']],
    [
      ['config', ''],
      ['check', 'diff', 'apply', '--help'],
    ],
    [['user', 'change', 'ana', '--no-'], ['--no-email-verified']],
    [['completion', 'z'], ['zsh']],
    [['role', 'grant', 'aud'], ['auditor']],
    [['app', 'create', 'x', '--role', 'ow'], ['owner']],
  ])('bash: %j', (words, found) => {
    expect(completed(...words)).toEqual(found);
  });

  test('zsh reads the same, fish a line for each option', () => {
    expect(completionOf('zsh')).toContain(completionOf('bash'));
    expect(completionOf('fish')).toMatch(/-l email-verified -d /);
  });
});
