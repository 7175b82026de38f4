import ipaddr from 'ipaddr.js';

/**
 * The network that an IP address is counted under: an IPv4 address itself, for IPv6 the /64, since one client usually
 * has all of it. An IPv4-mapped IPv6 address counts as IPv4. Returns a value that is no IP address unchanged.
 */
export function clientNetwork(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const parsed = ipaddr.process(ip);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
