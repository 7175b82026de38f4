import ipaddr from 'ipaddr.js';
import { BoundedMap } from '../async/bounded-map.ts';

/**
 * The network that an IP address is counted under: an IPv4 address itself, for IPv6 the /64, since one client usually
 * has all of it. An IPv4-mapped IPv6 address counts as IPv4. Returns a value that is no IP address unchanged.
 */
export function clientNetwork(ip: string): string {
  const cached = networks.get(ip);
  if (cached !== undefined) return cached;
  const network = networkOf(ip);
  networks.set(ip, network);
  return network;
}

/** Parsing an IP address costs more than counting it. */
const networks = new BoundedMap<string, string>(1000);

function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const parsed = ipaddr.process(ip);
  return parsed instanceof ipaddr.IPv6 ? prefixOf(parsed, 64) : parsed.toString();
}

/**
 * The /56 of an IPv6 address, which many providers assign to one customer; undefined for IPv4 and for a value that is
 * no IP address.
 */
export function clientSite(ip: string): string | undefined {
  if (!ipaddr.isValid(ip)) return undefined;
  const parsed = ipaddr.process(ip);
  return parsed instanceof ipaddr.IPv6 ? prefixOf(parsed, 56) : undefined;
}

function prefixOf({ parts }: ipaddr.IPv6, bits: 56 | 64): string {
  const [a = 0, b = 0, c = 0, d = 0] = parts;
  const groups = [a, b, c, bits === 64 ? d : d & 0xff00];
  return `${groups.map((part) => part.toString(16)).join(':')}::/${bits}`;
}
