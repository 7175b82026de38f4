import TestSequencer from '@jest/test-sequencer';

/** The files that take longest, in this order; the closing lines of a run list them. */
const slowest = [
  'contracts/add-a-feature-guide',
  'process/startup-errors',
  'platform/dev-postgres/dev-postgres',
  'contracts/operations',
  'auth/auth',
  'process/stop',
  'auth/login/login-races',
  'jobs/jobs',
  'faults/smoke',
  'platform/database/migrations',
  'platform/queue/job-queue',
  'contracts/docs',
];

/**
 * Starts the slowest files first, so that no worker runs one of them alone at the end. Without its cache, as in a fresh
 * clone, Jest would order the files by their size, which says nothing about a file that imports its tests.
 */
export default class SlowestFirst extends TestSequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => rank(a) - rank(b));
  }
}

function rank({ path }) {
  const index = slowest.findIndex((file) => path.endsWith(`/test/${file}.e2e-spec.ts`));
  return index === -1 ? slowest.length : index;
}
