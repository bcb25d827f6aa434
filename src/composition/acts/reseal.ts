import type { Act, Answer, Terminal } from '../../command/command.ts';
import { bar } from '../../command/progress.ts';
import { answerIn } from '../../command/run.ts';

/** `stile key reseal`: batch by batch, so that it can be stopped anywhere and begun again. */
export const resealAct: Act = async (_given, terminal) => {
  const total = await waiting(terminal);
  const progress = bar(terminal, 'sealing anew');
  let changed = 0;
  for (let cursor: unknown = null; cursor !== undefined; ) {
    const batch = await asked(terminal, 'secrets.reseal', cursor === null ? {} : { cursor });
    changed += batch.changed as number;
    cursor = batch.next;
    progress(changed, Math.max(total, changed));
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

async function asked(terminal: Terminal, operation: string, input: object): Promise<Answer> {
  const { status, body } = await terminal.perform(operation, { ...input });
  const answer = await answerIn(body);
  if (status >= 400) throw new Error(String(answer.detail ?? answer.title));
  return answer;
}
