import type { JobType } from '../../platform/queue/job-handler.ts';
import { anyUser, internal } from '../../platform/queue/job-handler.ts';

/** What an operation on a job or a schedule requires of its caller. */
export interface RequiredAccess {
  readonly permissions: readonly string[];
  readonly recentAuthentication: boolean;
}

/** What creating a job of this type requires: nothing for an unknown or internal type, which validation rejects. */
export function accessToCreate(type: JobType | undefined): RequiredAccess {
  return { permissions: permissionsToCreate(type), recentAuthentication: type?.requiresRecentAuthentication === true };
}

function permissionsToCreate(type: JobType | undefined): readonly string[] {
  const permission = type?.permission;
  return permission === undefined || permission === anyUser || permission === internal ? [] : [permission];
}

/** Whether a caller with these permissions may create jobs of this type. */
export function canCreate(type: JobType, permissions: readonly string[]): boolean {
  return type.permission !== internal && permissionsToCreate(type).every((one) => permissions.includes(one));
}

/**
 * Whether an API key may download the artifact of such a job: not when no scope limits the key, and creating the job
 * requires a session.
 */
export function allowsApiKeys(type: JobType | undefined): boolean {
  return type?.permission !== anyUser || !type.requiresRecentAuthentication;
}

/**
 * Returns the permissions that a job's owner needs to retry it or to download its artifact: those for creating one,
 * or the one that an internal type declares. Ownership of a job of an unknown type grants nothing.
 */
export function ownerPermissions(type: JobType | undefined): readonly string[] {
  if (type === undefined) return ['jobs:write'];
  return type.permission === internal ? [type.ownerPermission] : permissionsToCreate(type);
}
