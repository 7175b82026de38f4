import { describe, expect, it } from '@jest/globals';
import { fastify } from 'fastify';
import { letStrangersInOneByOne } from './turnstile.ts';

describe('letStrangersInOneByOne', () => {
  it('lets users and readers go past a crowd, and the crowd in as it came', async () => {
    const server = fastify();
    const order: string[] = [];
    letStrangersInOneByOne(server);
    server.post('/v1/auth/login', () => {
      order.push('door');
      return {};
    });
    server.all('/:name', ({ params }) => {
      order.push((params as { name: string }).name);
      return {};
    });
    await server.ready();
    const crowd = ['a', 'b', 'c', 'd', 'e'];

    await Promise.all([
      ...crowd.map(async (name) => await server.inject({ method: 'POST', url: `/${name}` })),
      server.inject({ method: 'POST', url: '/user', headers: { authorization: 'Bearer x.y.z' } }),
      server.inject({ method: 'POST', url: '/v1/auth/login', headers: { authorization: 'Bearer made.u.p' } }),
      server.inject({ method: 'GET', url: '/reader' }),
    ]);

    expect(order.filter((name) => crowd.includes(name))).toEqual(crowd);
    expect(order.indexOf('user')).toBeLessThan(order.indexOf('b'));
    expect(order.indexOf('reader')).toBeLessThan(order.indexOf('b'));
    expect(order.at(-1)).toBe('door');
    await server.close();
  });
});
