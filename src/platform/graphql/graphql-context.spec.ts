import { describe, expect, it } from '@jest/globals';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../http/auth/principal.ts';
import { GraphqlContext } from './graphql-context.ts';

const caller: Principal = { userId: 'u', permissions: [] };
const context = (): GraphqlContext => new GraphqlContext({ request: { user: caller } } as unknown as FastifyReply);

describe('GraphqlContext', () => {
  it('reads the values that are requested together at once, and each key once', async () => {
    const read: (readonly string[])[] = [];
    const source = {
      read: async (keys: readonly string[]) => {
        read.push(keys);
        return await Promise.resolve(keys.filter((key) => key !== 'absent').map((key) => ({ key })));
      },
      keyOf: ({ key }: { readonly key: string }) => key,
    };
    const one = context();

    const values = await Promise.all(
      ['a', 'b', 'a', 'absent'].map(async (key) => await one.loaderOf(source).load(key)),
    );
    await one.loaderOf(source).load('b');
    await context().loaderOf(source).load('b');

    expect(values).toEqual([{ key: 'a' }, { key: 'b' }, { key: 'a' }, undefined]);
    expect(read).toEqual([['a', 'b', 'absent'], ['b']]);
  });

  it('fails all values of a read that fails', async () => {
    const failure = new Error('no');
    const source = { read: async () => await Promise.reject<never[]>(failure), keyOf: () => '' };
    const one = context();

    const results = await Promise.allSettled([one.loaderOf(source).load('a'), one.loaderOf(source).load('b')]);

    expect(results).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: failure },
    ]);
  });
});
