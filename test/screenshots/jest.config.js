import base from '../../jest.config.js';

const e2e = base.projects.find(({ displayName }) => displayName === 'e2e');

/**
 * `npm run screenshots`: each `*.screenshots.ts` writes pictures of its pages into .data/screenshots.
 * @type {import('jest').Config}
 */
export default {
  ...base,
  rootDir: e2e.rootDir,
  maxWorkers: 1,
  // They test nothing: the coverage of responses is that of the other files.
  reporters: ['default'],
  projects: [{ ...e2e, displayName: 'screenshots', testMatch: ['<rootDir>/test/**/*.screenshots.ts'] }],
};
