import type { Socket } from 'node:net';
import { StoreAway } from '../../src/domain/store-away.ts';
import { agentAt } from '../../src/keys/agent.ts';
import { HolderWrong } from '../../src/keys/holder.ts';
import { heldKey, listening } from '../support/key-agent.ts';

let close = () => {};
afterEach(() => close());

/** Asks an agent that answers like this. */
async function told(answer: string | ((socket: Socket) => void), patience?: number) {
  const lines: string[] = [];
  const agent = await listening((line, socket) => {
    lines.push(line);
    if (typeof answer === 'string') socket.end(`${answer}\n`);
    else answer(socket);
  });
  close = agent.close;
  return { holder: agentAt(agent.path, patience), lines };
}

const { half: _, ...rs } = heldKey('rs-1', 'RS256');
const { half: __, ...es } = heldKey('es-1', 'ES256', 'next');

test('asks for keys by one line and takes the public halves, whatever else stands beside them', async () => {
  const more = { ...rs, jwk: { ...rs.jwk, kid: 'theirs', d: 'secret' }, label: 'x' };
  const { holder, lines } = await told(JSON.stringify({ keys: [more, es] }));
  expect(await holder.keys()).toEqual([rs, es]);
  expect(lines).toEqual(['{"op":"keys"}\n']);
});

test('asks for a signature by one line that has the bytes themselves', async () => {
  const { holder, lines } = await told('{"signature":"AQID"}');
  expect(await holder.sign(rs, Buffer.from('head.body'))).toEqual(Buffer.from([1, 2, 3]));
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { op: 'sign', id: 'rs-1', alg: 'RS256', data: Buffer.from('head.body').toString('base64url') },
  ]);
});

test('an answer may come in pieces', async () => {
  const text = `${JSON.stringify({ keys: [rs] })}\n`;
  const { holder } = await told((socket) => {
    socket.write(text.slice(0, 9), () => setImmediate(() => socket.write(text.slice(9))));
  });
  expect(await holder.keys()).toEqual([rs]);
});

test.each<[string, string | ((socket: Socket) => void)]>([
  ['hangs up', (socket) => socket.destroy()],
  ['hangs up in the middle', (socket) => socket.end('{"keys":')],
  ['says nothing', () => {}],
  ['says that it cannot', '{"error":"no token"}'],
])('an agent that %s is away', async (_what, answer) => {
  const { holder } = await told(answer, 200);
  await expect(holder.keys()).rejects.toThrow(StoreAway);
  await expect(holder.sign(rs, Buffer.alloc(1))).rejects.toThrow(StoreAway);
});

test('so is one whose socket is not there, and the reason is told', async () => {
  await expect(agentAt('/nowhere/agent.sock').keys()).rejects.toMatchObject({
    name: 'StoreAway',
    message: 'the agent that holds keys is away',
    cause: expect.objectContaining({ code: 'ENOENT' }),
  });
});

test.each([
  ['what is no JSON', 'keys'],
  ['nothing of what was asked', '{}'],
  ['null', 'null'],
  ['more than anybody reads', `{"keys":"${'x'.repeat(70_000)}"}`],
  ['a line without end', 'x'.repeat(200_000)],
  ['more keys than there can be', JSON.stringify({ keys: Array(17).fill(rs) })],
  ['an algorithm of no use', JSON.stringify({ keys: [{ ...rs, alg: 'HS256' }] })],
  ['a key of the other kind', JSON.stringify({ keys: [{ ...rs, alg: 'ES256' }] })],
  ['a state there is not', JSON.stringify({ keys: [{ ...rs, state: 'soon' }] })],
  ['another curve', JSON.stringify({ keys: [{ ...es, jwk: { ...es.jwk, crv: 'P-384' } }] })],
])('an answer of %s is refused', async (_what, answer) => {
  const { holder } = await told(answer);
  await expect(holder.keys()).rejects.toThrow(HolderWrong);
});
