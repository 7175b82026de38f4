import type { JobType } from '../../platform/queue/job-handler.ts';
import { anyUser, internal } from '../../platform/queue/job-handler.ts';

/** Whether a caller with these permissions may create jobs of this type. */
export function canCreate({ permission }: JobType, permissions: readonly string[]): boolean {
  return permission !== internal && permissionsToCreate(permission).every((one) => permissions.includes(one));
}

/**
 * Returns the permissions that a job's owner needs to retry it or to download its artifact: those for creating one. For
 * an internal type, and for one that this build does not know, ownership grants nothing.
 */
export function ownerPermissions(type: JobType | undefined): readonly string[] {
  const permission = type?.permission ?? internal;
  return permission === internal ? ['jobs:write'] : permissionsToCreate(permission);
}

function permissionsToCreate(permission: string): readonly string[] {
  return permission === anyUser ? [] : [permission];
}
