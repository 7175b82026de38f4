import TestSequencer from '@jest/test-sequencer';
import { readFileSync } from 'node:fs';

/** The files that take longest, in this order; the closing lines of a run list them. */
const slowest = [
  'faults/smoke',
  'auth/auth',
  'contracts/operations',
  'contracts/add-a-feature-guide',
  'auth/mfa',
  'process/create-admin',
  'process/stop',
  'jobs/jobs',
  'process/start',
  'contracts/docs',
  'auth/oauth',
  'platform/database/migrations',
  'platform/dev-postgres/dev-postgres',
  'hosted-pages/hosted-pages',
  'platform/queue/bullmq',
  'platform/queue/job-queue',
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
