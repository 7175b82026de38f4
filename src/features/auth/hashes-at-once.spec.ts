import { describe, expect, it } from '@jest/globals';
import { hashesAtOnce } from './hashes-at-once.ts';

const gib = 1024 * 1024;

describe('hashesAtOnce', () => {
  it.each([
    ['leaves a core free', 65_536, { cores: 4, memoryKib: 16 * gib }, 3],
    ['takes a quarter of the memory of a small container at most', 65_536, { cores: 8, memoryKib: gib / 2 }, 2],
    ['is one on one core', 65_536, { cores: 1, memoryKib: 16 * gib }, 1],
    ['is one where a hash takes more than its share', 1_048_576, { cores: 8, memoryKib: gib }, 1],
  ])('%s', (_, hashKib, machine, hashes) => {
    expect(hashesAtOnce(hashKib, machine)).toBe(hashes);
  });
});
