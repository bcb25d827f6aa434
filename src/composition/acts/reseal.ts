import type { Act, Answer, Terminal } from '../../command/command.ts';

const WIDTH = 30;

/** `stile key reseal`: batch by batch, so that it can be stopped anywhere and begun again. */
export const resealAct: Act = async (_given, terminal) => {
  const { items } = await asked(terminal, 'secrets.list', {});
  const old = items as readonly { state: string; rows: number }[];
  const total = old.reduce((sum, { state, rows }) => sum + (state === 'old' ? rows : 0), 0);
  let [changed, left] = [0, 0];
  for (let cursor: unknown = null; cursor !== undefined; ) {
    const batch = await asked(terminal, 'secrets.reseal', cursor === null ? {} : { cursor });
    changed += batch.changed as number;
    left += batch.left as number;
    cursor = batch.next;
    if (terminal.shows) terminal.over(bar(changed, Math.max(total, changed)));
  }
  if (terminal.shows) terminal.over('');
  const rest = left > 0 ? ` ${left} were left: run it again, and see stile key secrets.` : '';
  return {
    answer: { changed, left },
    code: left > 0 ? 4 : 0,
    said: `${changed} were sealed by the first secret.${rest}`,
  };
};

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
