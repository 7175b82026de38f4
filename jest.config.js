/** @type {import('jest').Config} */
const common = {
  testEnvironment: 'node',
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
  maxWorkers: 2,
  // Real processes on a machine that may be busy; nothing is measured by this.
  testTimeout: 180_000,
  // Each file evaluates the whole app once more; a worker that has grown is replaced between files.
  workerIdleMemoryLimit: '800MB',
  reporters: [
    'default',
    '<rootDir>/test/support/document-reporter.js',
    '<rootDir>/test/support/closing-line-reporter.js',
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
      globalSetup: '<rootDir>/test/support/global-setup.ts',
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
      setupFiles: ['<rootDir>/test/support/nest-first.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/support/matchers.ts'],
    },
  ],
};
