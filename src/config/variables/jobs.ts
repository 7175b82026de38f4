import { oneOf, whole } from './values.ts';
import type { Variable } from './variable.ts';

/** Where jobs run, and how many at once. */
export const jobsVariables = {
  WORKER: {
    section: 'Jobs',
    about:
      'inline runs jobs inside this process; off leaves them to processes started by npm run start:worker, which need the same configuration: mails carry links to PUBLIC_URL.',
    schema: oneOf('inline', 'off'),
    default: 'inline',
  },
  WORKER_CONCURRENCY: {
    section: 'Jobs',
    about:
      'Jobs of one queue that a worker runs at the same time. There are two queues: twice this must be below DATABASE_POOL_MAX.',
    schema: whole(1, 100),
    default: '5',
  },
  SHUTDOWN_JOBS_MS: {
    section: 'Jobs',
    about: 'How long running jobs may go on after SIGTERM before they go back to the queue without losing an attempt.',
    schema: whole(0, 20_000),
    default: '15000',
  },
} satisfies Record<string, Variable>;
