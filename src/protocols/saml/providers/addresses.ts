import { BlockList, isIP } from 'node:net';

/** Addresses that are nobody's on the internet (RFC 6890 and its registries), and may be somebody's inside. */
const special = new BlockList();
for (const [address, prefix] of [
  ...([
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
  ] as const),
  ...([
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.0.2.0', 24],
    ['192.88.99.0', 24],
    ['192.168.0.0', 16],
  ] as const),
  ...([
    ['198.18.0.0', 15],
    ['198.51.100.0', 24],
    ['203.0.113.0', 24],
    ['224.0.0.0', 4],
    ['240.0.0.0', 4],
  ] as const),
])
  special.addSubnet(address, prefix, 'ipv4');
for (const [address, prefix] of [
  ...([
    ['::', 96],
    ['64:ff9b::', 96],
    ['64:ff9b:1::', 48],
    ['100::', 64],
    ['2001::', 23],
  ] as const),
  ...([
    ['2001:db8::', 32],
    ['2002::', 16],
    ['3fff::', 20],
    ['5f00::', 16],
    ['fc00::', 7],
    ['fe80::', 10],
    // Of old: IPv4 written as ::10.0.0.1 (above), and site-local addresses.
    ['fec0::', 10],
  ] as const),
  ['ff00::', 8] as const,
])
  special.addSubnet(address, prefix, 'ipv6');

/** Whether an address in digits is for special use; IPv4 written as IPv6 (::ffff:10.0.0.1) is judged as IPv4. */
export const isSpecial = (address: string): boolean => special.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
