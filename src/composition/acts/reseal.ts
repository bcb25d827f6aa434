import type { Act, Answer, Terminal } from '../../command/command.ts';

const WIDTH = 30;

/** `stile key reseal`: batch by batch, so that it can be stopped anywhere and begun again. */
export const resealAct: Act = async (_given, terminal) => {
  const total = await waiting(terminal);
  let changed = 0;
  for (let cursor: unknown = null; cursor !== undefined; ) {
    const batch = await asked(terminal, 'secrets.reseal', cursor === null ? {} : { cursor });
    changed += batch.changed as number;
    cursor = batch.next;
    if (terminal.shows) terminal.over(bar(changed, Math.max(total, changed)));
  }
  if (terminal.shows) terminal.over('');
  // Counted, because a server may seal at the same time, and one of before the change may have written.
  const left = await waiting(terminal);
  const rest = left > 0 ? ` ${left} were left: run it again, and see stile key secrets.` : '';
  return {
    answer: { changed, left },
    code: left > 0 ? 4 : 0,
    said: `${changed} were sealed by the first secret.${rest}`,
  };
};

/** How much is not sealed by the current secret. */
async function waiting(terminal: Terminal): Promise<number> {
  const { items } = await asked(terminal, 'secrets.list', {});
  const all = items as readonly { state: string; rows: number }[];
  return all.reduce((sum, { state, rows }) => sum + (state === 'current' ? 0 : rows), 0);
}

function bar(done: number, total: number): string {
  const full = total === 0 ? WIDTH : Math.floor((done / total) * WIDTH);
  return `[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}] ${done} of ${total}`;
}

async function asked(terminal: Terminal, operation: string, input: object): Promise<Answer> {
  const { status, body } = await terminal.perform(operation, { ...input });
  let text = '';
  if (typeof body === 'string') text = body;
  else for await (const part of body) text += part;
  const answer = JSON.parse(text) as Answer;
  if (status >= 400) throw new Error(String(answer.detail ?? answer.title));
  return answer;
}
