import type { JobType } from '../../queue/job-handler.ts';
import { anyUser, internal } from '../../queue/job-handler.ts';

/** Whether somebody who holds these permissions may ask for jobs of this type. */
export function mayAsk({ permission }: JobType, permissions: readonly string[]): boolean {
  return permission !== internal && neededToAsk(permission).every((one) => permissions.includes(one));
}

/**
 * The permissions without which a job's owner may do no more with it than look: those of asking for one. A type that
 * nobody may ask for, or that this build does not know, is not theirs at all.
 */
export function neededOfOwner(type: JobType | undefined): readonly string[] {
  const permission = type?.permission ?? internal;
  return permission === internal ? ['jobs:write'] : neededToAsk(permission);
}

function neededToAsk(permission: string): readonly string[] {
  return permission === anyUser ? [] : [permission];
}
