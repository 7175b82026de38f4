import { globSync, readFileSync } from 'node:fs';
import base from '../../jest.config.js';
import { excludedFiles } from './excluded.js';

const e2e = base.projects.find(({ displayName }) => displayName === 'e2e');

/** The files whose application `startApp` starts. */
const files = globSync('test/**/*.e2e-spec.ts', { cwd: e2e.rootDir }).filter((file) =>
  /\b(start|shared|oauth)App\(|^import '.*\.cases\.ts'/m.test(readFileSync(`${e2e.rootDir}/${file}`, 'utf8')),
);

/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: e2e.rootDir,
  // Each file has five processes.
  maxWorkers: 2,
  reporters: [...base.reporters, '<rootDir>/test/cluster/reporter.js'],
  projects: [
    {
      ...e2e,
      displayName: 'cluster',
      testMatch: files.filter((file) => !(file in excludedFiles)).map((file) => `<rootDir>/${file}`),
      globalSetup: '<rootDir>/test/harness/jest/long-setup.ts',
      testRunner: '<rootDir>/test/cluster/runner.js',
    },
  ],
};
