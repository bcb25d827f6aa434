import { textOf } from '../admin/api/request.ts';
import type { Acted, Answer, Command, ExitCode, Given, Performed, Remote, Terminal } from './command.ts';
import { Misunderstood } from './command.ts';
import { completionOf } from './completion.ts';
import { help } from './help.ts';
import { inputOf } from './input.ts';
import { harmless, sheet } from './print.ts';
import { understand } from './understand.ts';

/** Runs one command line; returns the exit code. `explain` says in a sentence why something failed. */
export async function run(
  args: readonly string[],
  terminal: Terminal,
  explain: (error: Error) => string = ({ message }) => message,
): Promise<ExitCode> {
  let json = args.includes('--json');
  try {
    const wanted = understand(args);
    if (wanted.kind === 'version') return say(terminal, terminal.version);
    if (wanted.kind === 'help') return say(terminal, help(wanted.words));
    json = wanted.json;
    const { command, given, yes } = wanted;
    if (command.sure && !yes && !(await sure(command, terminal))) {
      if (json) terminal.out(`${JSON.stringify({ title: unwanted })}\n`);
      terminal.complain(`${unwanted}\n`);
      return 1;
    }
    const { answer, code, said } = await ('act' in command
      ? act(command.act, given, terminal)
      : ask(command, given, terminal));
    if (json) terminal.out(`${JSON.stringify(answer)}\n`);
    if (said === undefined || (json && (code === 0 || code === 4))) return code;
    if (code === 1 || code === 3) terminal.complain(`${harmless(said)}\n`);
    else terminal.out(`${harmless(said)}\n`);
    return code;
  } catch (error) {
    const message = explain(error as Error);
    if (json) terminal.out(`${JSON.stringify({ title: message })}\n`);
    if (!(error instanceof Misunderstood)) {
      terminal.complain(`${harmless(message)}\n`);
      return 3;
    }
    const called = ['stile', ...error.words, '--help'].join(' ');
    terminal.complain(`${harmless(message)}\n${called} says how it is used.\n`);
    return 2;
  }
}

function say(terminal: Terminal, text: string): 0 {
  terminal.out(`${text}\n`);
  return 0;
}

const unwanted = 'Nothing was done.';

/** Whether the person at the terminal means it. Throws Misunderstood where there is none. */
async function sure({ sure, words }: Command, terminal: Terminal): Promise<boolean> {
  const answer = await terminal.ask(`${sure} [y/N] `);
  if (answer === undefined)
    throw new Misunderstood(`${words.join(' ')} asks first, and nobody can be asked here: say --yes.`, words);
  return /^y(es)?$/i.test(answer.trim());
}

async function act(name: string, given: Given, terminal: Terminal): Promise<Acted> {
  if (name === 'completion') {
    const said = completionOf(given.shell as 'bash');
    return { answer: { script: said }, code: 0, said };
  }
  const found = terminal.acts[name];
  if (!found) throw new Error(`nobody can ${name} here`);
  return found(given, terminal);
}

async function ask(command: Remote, given: Given, terminal: Terminal): Promise<Acted> {
  const input = await inputOf(command, given, terminal);
  const { status, type, body } = await terminal.perform(command.operation, input);
  if (status < 400 && !/^application\/(problem\+)?json\b/.test(type)) {
    await pass(body, terminal);
    return { answer: {}, code: 0 };
  }
  const answer = await answerIn(body);
  if (status >= 400) return { answer, code: status < 500 ? 1 : 3, said: refusal(command, answer, given, terminal) };
  const whole = await others(command, input, answer, terminal);
  return { answer: whole, code: 0, said: (command.says ?? sheet)(whole, given) };
}

/** What is no JSON object goes out as it comes: it may be long. */
async function pass(body: Performed['body'], terminal: Terminal): Promise<void> {
  if (typeof body === 'string') terminal.out(body);
  else for await (const part of body) terminal.out(part);
}

/** The answer as an object; throws when it is none. */
export async function answerIn(body: Performed['body']): Promise<Answer> {
  const text = await textOf({ body });
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`What answered is no Stile: ${text.slice(0, 80)}`);
  }
}

/** All pages of a list, unless one was asked for. */
async function others(command: Remote, input: Given, first: Answer, terminal: Terminal): Promise<Answer> {
  if (input.limit !== undefined || !Array.isArray(first.items)) return first;
  const items = [...first.items];
  for (let cursor = first.next; cursor !== undefined; ) {
    const { status, body } = await terminal.perform(command.operation, { ...input, cursor });
    const page = await answerIn(body);
    if (status >= 400) throw new Error(String(page.detail ?? page.title));
    items.push(...(page.items as unknown[]));
    cursor = page.next;
  }
  const { next: _, ...rest } = first;
  return { ...rest, items };
}

/** A problem in words, with every field that was wrong. */
export function refusal(command: Pick<Remote, 'not'>, answer: Answer, given: Given, terminal?: Terminal): string {
  const own = command.not?.[String(answer.type).split(':').at(-1) as string];
  if (own) return `${own(answer, given)} (Looked in ${terminal?.place()}.)`;
  const errors = (answer.errors ?? []) as readonly { field?: string; detail?: string }[];
  const lines = errors.map(({ field, detail }) => `\n  ${field ? `${field} ` : ''}${detail}`);
  return `${answer.detail ?? answer.title}${lines.join('')}`;
}
