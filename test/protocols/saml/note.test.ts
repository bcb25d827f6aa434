import { Sessions } from '../../../src/authentication/sessions.ts';
import { nameIdFormat } from '../../../src/protocols/saml/names.ts';
import { keptName, noted } from '../../../src/protocols/saml/note.ts';
import { MemoryKv } from '../../../src/state/memory.ts';

const ana = {
  user: 'ana',
  shown: [{ class: 'password', method: 'password', at: 1 }],
  stay: false,
  agent: '',
  address: '',
} as const;
const transient = (value: string) => ({ value, format: nameIdFormat.transient });
const persistent = { value: 'p', format: nameIdFormat.persistent, spNameQualifier: 'https://sp.example' };

let kv: MemoryKv;
let sessions: Sessions;
let sid: string;
beforeEach(async () => {
  kv = new MemoryKv();
  sessions = new Sessions(kv, { idle: 600, absolute: 600, stay: 600 });
  sid = (await sessions.join(undefined, ana)).sid;
});
afterEach(() => kv.close());

test('the first name of a format stays, whoever comes second', async () => {
  const both = await Promise.all(['one', 'two'].map((value) => keptName(sessions, sid, 'wiki', transient(value))));
  expect(both[0]).toEqual(both[1]);
  expect(noted(await sessions.bySid(sid), 'wiki')).toEqual(both[0]);
  expect(await keptName(sessions, sid, 'wiki', persistent)).toEqual(persistent);
  expect(await keptName(sessions, sid, 'other', transient('three'))).toEqual(transient('three'));
});

test('a session that has ended takes no name', async () => {
  await sessions.end(sid, 'signed out');
  expect(await keptName(sessions, sid, 'wiki', transient('late'))).toBeUndefined();
  expect(await sessions.bySid(sid)).toBeUndefined();
});

test('what another protocol notes is no name', async () => {
  await sessions.participate(sid, 'wiki', { g: 'a grant' });
  expect(noted(await sessions.bySid(sid), 'wiki')).toBeUndefined();
});
