/**
 * Who is really at the other end. Forwarded headers are claims anyone can write: they are believed only when the peer is
 * one of our own proxies, and read from the right, because each proxy appends and only the left end is the client's.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';

export interface Client {
  /** IPv4 or IPv6, never IPv4-mapped; empty when the peer is gone. */
  readonly address: string;
  readonly proto: 'http' | 'https';
  readonly host: string | undefined;
  /** The peer is a proxy of ours: what it says of the request is believed. */
  readonly proxied: boolean;
}

/** `proxies` are CIDRs or single addresses. Throws a sentence naming the first that cannot be read. */
export function clientAddress(proxies: readonly string[]): (req: IncomingMessage) => Client {
  const trusted = among(proxies);
  return (req) => {
    const peer = plain(req.socket.remoteAddress ?? '');
    const direct = (req.socket as TLSSocket).encrypted ? 'https' : 'http';
    if (!trusted(peer)) return { address: peer, proto: direct, host: req.headers.host, proxied: false };
    const proto = last(req.headers['x-forwarded-proto']);
    return {
      address: rightmostUntrusted(list(req.headers['x-forwarded-for']), peer, trusted),
      proto: proto === 'https' || proto === 'http' ? proto : direct,
      host: last(req.headers['x-forwarded-host']) ?? req.headers.host,
      proxied: true,
    };
  };
}

/** Whether the peer itself is one of our proxies: whose headers are believed, and nobody else's. */
export function fromProxy(proxies: readonly string[]): (req: IncomingMessage) => boolean {
  const trusted = among(proxies);
  return (req) => trusted(plain(req.socket.remoteAddress ?? ''));
}

function among(proxies: readonly string[]): (address: string) => boolean {
  const ours = blockList(proxies);
  return (address) => {
    const family = proxies.length === 0 ? 0 : isIP(address);
    return family !== 0 && ours.check(address, family === 6 ? 'ipv6' : 'ipv4');
  };
}

function rightmostUntrusted(forwarded: string[], peer: string, trusted: (address: string) => boolean): string {
  let address = peer;
  for (const hop of forwarded.reverse().map(plain)) {
    if (!isIP(hop)) break;
    address = hop;
    if (!trusted(hop)) break;
  }
  return address;
}

function blockList(cidrs: readonly string[]): BlockList {
  const blocks = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', bits] = cidr.split('/');
    const family = isIP(address);
    const length = bits === undefined ? (family === 6 ? 128 : 32) : Number(bits);
    if (family === 0 || !/^\d*$/.test(bits ?? '') || bits === '' || length > (family === 6 ? 128 : 32)) {
      throw new Error(`${cidr} is not a network: write it like 10.0.0.0/8 or fd00::/8`);
    }
    blocks.addSubnet(address, length, family === 6 ? 'ipv6' : 'ipv4');
  }
  return blocks;
}

/** Without brackets, port, zone and the IPv4-mapped prefix. */
function plain(address: string): string {
  const bare = address
    .trim()
    .replace(/^\[(.*)\](:\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/%.*$/, '');
  return bare.replace(/^::ffff:(\d+\.\d+\.\d+\.\d+)$/i, '$1');
}

function list(header: string | string[] | undefined): string[] {
  return [header ?? []].flat().flatMap((line) => line.split(','));
}

function last(header: string | string[] | undefined): string | undefined {
  return list(header).at(-1)?.trim().toLowerCase() || undefined;
}
