import type { components } from '../api/index.ts';
import { useRead } from '../api/index.ts';

export type Job = components['schemas']['JobDto'];
export type JobState = components['schemas']['JobState'];
export type JobType = components['schemas']['JobTypeDto'];

export const stateTones = {
  scheduled: 'default',
  queued: 'default',
  running: 'info',
  succeeded: 'success',
  dead: 'error',
  cancelled: 'warning',
} as const satisfies Readonly<Record<JobState, string>>;

const finalStates: readonly string[] = ['succeeded', 'dead', 'cancelled'];

export function isFinished({ state }: { readonly state: string }): boolean {
  return finalStates.includes(state);
}

/** Types that only the service creates; GET /v1/job-types has the others. */
export const internalTypes: readonly Job['type'][] = [
  'keys.rotate',
  'mail.send',
  'retention.cleanup',
  'users.import',
  'users.invite',
];

/** The types of job that the user may create; empty while they are read. */
export function useJobTypes(): readonly JobType[] {
  const { data } = useRead<{ readonly data: readonly JobType[] }>('job-types');
  return data?.data ?? [];
}
