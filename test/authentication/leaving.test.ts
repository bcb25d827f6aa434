import type { Asker, Browser } from '../../src/authentication/authentication.ts';
import { Leaving } from '../../src/authentication/leaving.ts';
import { Sessions } from '../../src/authentication/sessions.ts';
import type { Session } from '../../src/domain/session.ts';
import { MemoryKv } from '../../src/state/memory.ts';

const kv = new MemoryKv();
afterAll(() => kv.close());

async function house(farewells: readonly Asker['farewell'][] = []) {
  const happened: string[] = [];
  const sessions = new Sessions(kv, { idle: 600, absolute: 6000, stay: 60_000 });
  sessions.onEnd(async (_session, reason, address) => {
    happened.push(`${reason} from ${address}`);
    return [];
  });
  const browser = { address: '192.0.2.7', dropSession: () => happened.push('dropped') } as unknown as Browser;
  const askers = farewells.map(
    (farewell, i): Asker => ({
      name: String(i),
      resume: () => '',
      leadsTo: () => [],
      ...(farewell ? { farewell } : {}),
    }),
  );
  const shown = [{ class: 'password', method: 'password', at: Date.now() }] as const;
  const { sid } = await sessions.join(undefined, { user: 'ana', shown, stay: false, agent: '', address: '' });
  return { sessions, sid, happened, browser, leaving: new Leaving(sessions, () => askers) };
}

test('the session ends first, and its cookie goes; without anybody to tell the way leads where it was going', async () => {
  const { sessions, sid, happened, browser, leaving } = await house([undefined]);
  expect(await leaving.leave(browser, sid, 'signed out', '/signed-out')).toBe('/signed-out');
  expect(happened).toEqual(['signed out from 192.0.2.7', 'dropped']);
  expect(await sessions.bySid(sid)).toBeUndefined();
});

test('every asker with somebody to tell lies on the way, each with the session as it was', async () => {
  const seen: (Session | undefined)[] = [];
  const { sid, happened, browser, leaving } = await house([
    async (_browser, ended, then) => {
      happened.push('asked');
      seen.push(ended);
      return `/one?then=${then}`;
    },
    async () => undefined,
    async (_browser, ended, then) => {
      seen.push(ended);
      return `/two?then=${then}`;
    },
  ]);
  expect(await leaving.leave(browser, sid, 'signed out', '/end')).toBe('/two?then=/one?then=/end');
  expect(seen.map((session) => session?.sid)).toEqual([sid, sid]);
  expect(happened).toEqual(['signed out from 192.0.2.7', 'dropped', 'asked']);
});

test('of two that end it at once one has somebody to tell', async () => {
  const { sid, browser, leaving } = await house([async (_browser, ended, then) => ended && `/told?then=${then}`]);
  const ways = await Promise.all([1, 2].map(() => leaving.leave(browser, sid, 'signed out', '/end')));
  expect(ways.sort()).toEqual(['/end', '/told?then=/end']);
});

test('without a session to end, askers are asked for what was broken off', async () => {
  const { browser, leaving } = await house([async (_browser, ended) => (ended ? undefined : '/rest')]);
  expect(await leaving.leave(browser, undefined, 'signed out', '/end')).toBe('/rest');
});
