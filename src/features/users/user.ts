import type { ExpectedVersions } from '../../database/expected-versions.ts';

/** A live user; the password's hash stays in the database. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly emailVerifiedAt: Date | null;
  readonly displayName: string | null;
  readonly locale: string;
  readonly timezone: string;
  readonly roles: readonly string[];
  readonly disabledAt: Date | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A user in a list, with the values that the list is sorted by, as text. */
export interface ListedUser extends User {
  readonly keys: readonly string[];
}

/** What a login needs to know of an account. */
export interface Credentials {
  readonly id: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly passwordHash: string | null;
  /** Since when the password does not count, because too many wrong ones were tried. */
  readonly passwordLockedAt: Date | null;
  readonly emailVerifiedAt: Date | null;
  readonly disabledAt: Date | null;
}

/** An account to be made. */
export interface NewUser {
  readonly id: string;
  readonly email: string;
  readonly emailVerifiedAt?: Date;
  readonly displayName: string | null;
  /** Null until the user has set one. */
  readonly passwordHash: string | null;
  readonly roles: readonly string[];
}

/** A user in the states that the caller means. */
export interface UserTarget {
  readonly id: string;
  readonly versions: ExpectedVersions;
}

/** What changes of a user; absent members stay as they are. */
export interface UserChange {
  readonly displayName?: string | null;
  readonly locale?: string;
  readonly timezone?: string;
  readonly roles?: readonly string[];
}

/** Whether a user can log in. */
export const userStatuses = ['unverified', 'active', 'disabled'] as const;
export type UserStatus = (typeof userStatuses)[number];

/** What they are in the document. */
export const userStatusChoice = { name: 'UserStatus', about: 'Whether a user can log in.' } as const;

/** The orders that a list of users comes in; a minus is descending. */
export const userSorts = ['createdAt', '-createdAt', 'email', '-email'] as const;
export type UserSort = (typeof userSorts)[number];

/** A user as a file shows one: the members that the API shows, times as text. */
export interface UserRecord {
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly displayName: string | null;
  readonly locale: string;
  readonly timezone: string;
  readonly roles: readonly string[];
  readonly status: UserStatus;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Which users a list holds, and in which order. */
export interface UserFilter {
  readonly sort: UserSort;
  /** Beginning of the address, in any case. */
  readonly emailPrefix?: string | undefined;
  readonly role?: string | undefined;
  readonly status?: UserStatus | undefined;
  /** RFC 3339, exclusive. */
  readonly createdAfter?: string | undefined;
  /** RFC 3339, exclusive. */
  readonly createdBefore?: string | undefined;
}
