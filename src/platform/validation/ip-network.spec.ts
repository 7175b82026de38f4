import { describe, expect, it } from '@jest/globals';
import { clientNetwork, clientSite } from './ip-network.ts';

describe('clientNetwork', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
  ])('maps %s to %s', (ip, network) => {
    expect(clientNetwork(ip)).toBe(network);
  });
});

describe('clientSite', () => {
  it.each([
    ['2001:db8:1:2ff::1', '2001:db8:1:200::/56'],
    ['2001:db8:1:2::1', '2001:db8:1:0::/56'],
    ['192.0.2.7', undefined],
    ['::ffff:192.0.2.7', undefined],
    ['', undefined],
  ])('maps %s to %s', (ip, site) => {
    expect(clientSite(ip)).toBe(site);
  });
});
