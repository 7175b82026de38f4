import { describe, expect, it } from '@jest/globals';
import { Batches } from './batches.ts';

describe('Batches', () => {
  it('runs what is added during one batch together, in batches of the largest size', async () => {
    const sizes: number[] = [];
    const batches = new Batches<number, number>(async (items) => {
      sizes.push(items.length);
      return await Promise.resolve(items.map((item) => item * 2));
    }, 3);

    const results = await Promise.all([1, 2, 3, 4, 5].map(async (item) => await batches.add(item)));

    expect(results).toEqual([2, 4, 6, 8, 10]);
    expect(sizes).toEqual([1, 3, 1]);
  });

  it('rejects the items of a batch that fails, and runs the next one', async () => {
    const batches = new Batches<string, string>(async (items) => {
      await Promise.resolve();
      if (items.includes('bad')) throw new Error('failed');
      return items;
    }, 2);

    const results = await Promise.allSettled(
      ['first', 'bad', 'other', 'last'].map(async (item) => await batches.add(item)),
    );

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  });
});
