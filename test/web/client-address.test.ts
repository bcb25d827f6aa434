import type { IncomingMessage } from 'node:http';
import { clientAddress } from '../../src/web/client-address.ts';

function request(peer: string | undefined, headers: Record<string, string> = {}, encrypted = false): IncomingMessage {
  return { socket: { remoteAddress: peer, encrypted }, headers: { host: 'id.example', ...headers } } as never;
}

const client = clientAddress(['10.0.0.0/8', '192.0.2.9', 'fd00::/8']);

test('believes no forwarded header of a stranger', () => {
  const forged = {
    'x-forwarded-for': '198.51.100.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'evil.example',
  };
  expect(client(request('203.0.113.5', forged))).toEqual({
    ...{ address: '203.0.113.5', proto: 'http', host: 'id.example', proxied: false },
  });
});

test('believes its own proxy about address, protocol and host', () => {
  const headers = {
    'x-forwarded-for': '198.51.100.1',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'id.example.org',
  };
  const expected = { address: '198.51.100.1', proto: 'https', host: 'id.example.org', proxied: true };
  expect(client(request('10.1.2.3', headers))).toEqual(expected);
});

test.each([
  [
    'takes the rightmost that is not a proxy, whatever the client wrote before it',
    '1.1.1.1, 198.51.100.1, 10.0.0.7',
    '198.51.100.1',
  ],
  ['stops at junk', '198.51.100.1, unknown, 10.0.0.7', '10.0.0.7'],
  ['drops ports', '198.51.100.1:4711', '198.51.100.1'],
  ['reads bracketed IPv6', '[2001:db8::1]:443', '2001:db8::1'],
  ['writes IPv4-mapped addresses as IPv4', '::ffff:198.51.100.1', '198.51.100.1'],
  ['gives the farthest proxy when there is nobody behind it', '10.0.0.8, 10.0.0.7', '10.0.0.8'],
  ['gives the peer for an empty header', '', '10.1.2.3'],
])('%s', (_what, forwarded, address) => {
  expect(client(request('10.1.2.3', { 'x-forwarded-for': forwarded })).address).toBe(address);
});

test.each(['::ffff:10.1.2.3', '192.0.2.9', 'fd12::1', 'fd12::1%eth0'])('knows %s for a proxy of ours', (peer) => {
  expect(client(request(peer, { 'x-forwarded-for': '198.51.100.1' })).address).toBe('198.51.100.1');
});

test('a neighbour of a single address is a stranger', () => {
  expect(client(request('192.0.2.10', { 'x-forwarded-for': '198.51.100.1' })).address).toBe('192.0.2.10');
});

test('knows its own TLS, and keeps it when a proxy says nonsense', () => {
  expect(client(request('203.0.113.5', {}, true)).proto).toBe('https');
  expect(client(request('10.1.2.3', { 'x-forwarded-proto': 'gopher' }, true)).proto).toBe('https');
});

test('survives a peer that is already gone', () => {
  expect(client(request(undefined)).address).toBe('');
});

test.each(['10.0.0.0/33', 'nonsense', '10.0.0.0/', 'fd00::/129', '10.0.0.0/-1'])(
  'refuses the network %s by name',
  (cidr) => {
    expect(() => clientAddress([cidr])).toThrow(`${cidr} is not a network`);
  },
);
