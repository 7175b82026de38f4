import base from '../../jest.config.js';

const e2e = base.projects.find(({ displayName }) => displayName === 'e2e');

/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: e2e.rootDir,
  projects: [{ ...e2e, displayName: 'clients', testMatch: ['<rootDir>/test/clients/*.client-spec.ts'] }],
};
