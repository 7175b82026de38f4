import type { ExpectedVersions } from '../../platform/database/expected-versions.ts';

/** A user that is not deleted, without the password hash. */
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

/** The kinds of second factor. */
export const mfaFactorTypes = ['totp', 'passkey'] as const;
export type MfaFactorType = (typeof mfaFactorTypes)[number];

/** The kinds of second factor in the OpenAPI document. */
export const mfaFactorTypeChoice = { name: 'MfaFactorType', about: 'Kinds of second factor.' } as const;

/** The second factors of a user. */
export interface MfaSummary {
  /** The kinds of which one is active. */
  readonly methods: readonly MfaFactorType[];
  readonly recoveryCodesLeft: number;
}

/** A user as the account owner sees it. */
export interface OwnUser extends User {
  readonly mfa: MfaSummary;
}

/** A user in a list, with the values of the sort columns as text. */
export interface ListedUser extends User {
  readonly keys: readonly string[];
}

/** The fields of an account that a login verifies. */
export interface Credentials {
  readonly id: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly passwordHash: string | null;
  /** When the password was locked after too many failed attempts. */
  readonly passwordLockedAt: Date | null;
  /** Whether a login requires a second factor. */
  readonly mfaEnabled: boolean;
  readonly version: number;
  readonly emailVerifiedAt: Date | null;
  readonly disabledAt: Date | null;
}

/** An account to be created. */
export interface NewUser {
  readonly id: string;
  readonly email: string;
  readonly emailVerifiedAt?: Date;
  readonly displayName: string | null;
  /** The language of the emails to the user; English by default. */
  readonly locale?: string;
  /** Null until the user has set one. */
  readonly passwordHash: string | null;
  readonly roles: readonly string[];
}

/** A user in the versions that the caller accepts. */
export interface UserTarget {
  readonly id: string;
  readonly versions: ExpectedVersions;
}

/** The changes of a user; omitted fields are left unchanged. */
export interface UserChange {
  readonly displayName?: string | null;
  readonly locale?: string;
  readonly timezone?: string;
  readonly roles?: readonly string[];
}

/** Whether a user can log in. */
export const userStatuses = ['unverified', 'active', 'disabled'] as const;
export type UserStatus = (typeof userStatuses)[number];

/** The statuses in the OpenAPI document. */
export const userStatusChoice = { name: 'UserStatus', about: 'Whether a user can log in.' } as const;

/** The sort orders of a list of users; a minus is descending. */
export const userSorts = ['createdAt', '-createdAt', 'email', '-email'] as const;
export type UserSort = (typeof userSorts)[number];

/** The fields of the filters, the same for a list and an export; `role` is declared by each. */
export const userFilterFields = {
  email: { min: 1, max: 254, optional: true, description: 'Beginning of the email address.', example: 'ada@' },
  status: { ...userStatusChoice, optional: true, description: 'Only users with this status.' },
  createdAfter: { optional: true, description: 'Only users created after this time.' },
  createdBefore: { optional: true, description: 'Only users created before this time.' },
} as const;

/** The filters and the order of a list of users. */
export interface UserFilter {
  readonly sort: UserSort;
  /** Beginning of the email address, case-insensitive. */
  readonly emailPrefix?: string | undefined;
  readonly role?: string | undefined;
  readonly status?: UserStatus | undefined;
  /** RFC 3339, exclusive. */
  readonly createdAfter?: string | undefined;
  /** RFC 3339, exclusive. */
  readonly createdBefore?: string | undefined;
}
