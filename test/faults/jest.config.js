import base from '../../jest.config.js';

const e2e = base.projects.find(({ displayName }) => displayName === 'e2e');

/**
 * The long tier, `npm run test:long`: every scenario but event-loop-block and thread-block, the benchmarks but export,
 * with few faults and small loads, and what is too slow for `npm test` (README.md).
 * @type {import('jest').Config}
 */
export default {
  ...base,
  rootDir: e2e.rootDir,
  // A scenario starts several processes.
  maxWorkers: 2,
  projects: [
    {
      ...e2e,
      displayName: 'long',
      testMatch: ['<rootDir>/test/**/*.long-spec.ts'],
      globalSetup: '<rootDir>/test/harness/jest/long-setup.ts',
    },
  ],
};
