import TestSequencer from '@jest/test-sequencer';
import { readFileSync } from 'node:fs';

/** The files that take longest, in this order; the closing lines of a run list them. */
const slowest = [
  'faults/smoke',
  'contracts/add-a-feature-guide',
  'auth/auth',
  'contracts/operations',
  'process/stop',
  'jobs/jobs',
  'platform/queue/job-queue',
  'auth/mfa',
  'process/start',
  'platform/queue/bullmq',
  'contracts/docs',
  'auth/canary-secrets',
  'auth/login/login-races',
  'platform/database/migrations',
  'auth/oauth',
  'users/user-management',
  'platform/http/http',
  'hosted-pages/hosted-pages',
];

/**
 * Starts the slowest files first, and then those that import their tests (`*.cases.ts`), so that no worker runs one of
 * them alone at the end. Without its cache, as in a fresh clone, Jest would order the files by their size, and start the
 * latter last.
 */
export default class SlowestFirst extends TestSequencer {
  sort(tests) {
    const ranks = new Map(tests.map(({ path }) => [path, rank(path)]));
    return super.sort(tests).sort((a, b) => ranks.get(a.path) - ranks.get(b.path));
  }
}

function rank(path) {
  const index = slowest.findIndex((file) => path.endsWith(`/test/${file}.e2e-spec.ts`));
  if (index !== -1) return index;
  return slowest.length + (/\.cases\.ts';/.test(readFileSync(path, 'utf8')) ? 0 : 1);
}
