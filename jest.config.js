/** @type {import('jest').Config} */
const common = {
  testEnvironment: 'node',
  testRunner: '<rootDir>/test/harness/jest/native-runner.js',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
};

/** @type {import('jest').Config} */
export default {
  // Two more than the cores of CI: while tests wait for a process or a timeout, other files run.
  maxWorkers: 4,
  // For a busy machine: no test passes or fails by its duration.
  testTimeout: 180_000,
  // Node keeps the modules of test that every file evaluates: a worker whose memory has grown is replaced between two files.
  workerIdleMemoryLimit: '800MB',
  testSequencer: '<rootDir>/test/harness/jest/slowest-first.js',
  reporters: [
    'default',
    '<rootDir>/test/harness/reporters/response-coverage-reporter.js',
    '<rootDir>/test/harness/reporters/summary-reporter.js',
  ],
  projects: [
    {
      ...common,
      displayName: 'unit',
      rootDir: import.meta.dirname,
      testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/unit/**/*.spec.ts'],
    },
    {
      ...common,
      displayName: 'e2e',
      rootDir: import.meta.dirname,
      testMatch: ['<rootDir>/test/**/*.e2e-spec.ts'],
      globalSetup: '<rootDir>/test/harness/jest/global-setup.ts',
      globalTeardown: '<rootDir>/test/harness/jest/global-teardown.ts',
      setupFilesAfterEnv: ['<rootDir>/test/harness/jest/each-file.ts'],
    },
  ],
};
