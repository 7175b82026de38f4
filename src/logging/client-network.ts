import ipaddr from 'ipaddr.js';

/**
 * Whom an address stands for: itself, or for IPv6 its /64, which one household or server has all of. An IPv4 address that
 * is written as IPv6 counts as IPv4.
 */
export function clientNetwork(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
