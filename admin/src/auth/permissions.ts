import { usePermissions } from 'react-admin';
import type { components } from '../../../client/api.d.ts';
import { session } from '../api/session.ts';

export type Me = components['schemas']['MeDto'];

/** What the console shows a user. It is no protection: the service decides about each request. */
export interface Access {
  readonly permissions: readonly string[];
  /** Whether a role requires a second factor that the user does not have: only the own account can be reached. */
  readonly mustEnrol: boolean;
}

/** @throws Error when the service cannot be reached */
export async function readAccess(): Promise<Access> {
  const { permissions, mfa } = await readMe();
  const mustEnrol = mfa.methods.length === 0 && (await isRefusedWithoutFactor());
  return { permissions, mustEnrol };
}

/** @throws Error when the service cannot be reached */
export async function readMe(): Promise<Me> {
  const { data, error } = await session.api.GET('/v1/users/me');
  if (data === undefined) throw new Error(error.detail ?? error.title);
  return data;
}

/** Every authenticated user may list the job types, unless a second factor is missing. */
async function isRefusedWithoutFactor(): Promise<boolean> {
  const { error } = await session.api.GET('/v1/job-types');
  return error?.code === 'mfa_enrolment_required';
}

const none: Access = { permissions: [], mustEnrol: false };

/** The access of the logged-in user; no permissions while it is read. */
export function useAccess(): Access {
  const { permissions } = usePermissions<Access | null>();
  return permissions ?? none;
}

/** Whether the user has this permission, for buttons and menus. */
export function useHasPermission(name: string): boolean {
  return useAccess().permissions.includes(name);
}
