import { describe, expect, it } from '@jest/globals';
import { maxConcurrentHashes } from './password-hasher.ts';

const gib = 1024 * 1024;

describe('maxConcurrentHashes', () => {
  it.each([
    ['leaves a core free', 65_536, { cores: 4, memoryKib: 16 * gib }, 3],
    ['uses a quarter of the memory of a small container at most', 65_536, { cores: 8, memoryKib: gib / 2 }, 2],
    ['is one on one core', 65_536, { cores: 1, memoryKib: 16 * gib }, 1],
    ['is one where a hash uses more than its share', 1_048_576, { cores: 8, memoryKib: gib }, 1],
  ])('%s', (_, hashKib, machine, hashes) => {
    expect(maxConcurrentHashes(hashKib, machine)).toBe(hashes);
  });
});
