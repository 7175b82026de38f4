import base from '../../jest.config.js';

const e2e = base.projects.find(({ displayName }) => displayName === 'e2e');

/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: e2e.rootDir,
  projects: [{ ...e2e, displayName: 'containers', testMatch: ['<rootDir>/test/containers/*.container-spec.ts'] }],
};
