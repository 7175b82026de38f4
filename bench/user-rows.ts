/** A row of `userColumns`. */
export interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly email_verified_at: Date | null;
  readonly display_name: string | null;
  readonly locale: string;
  readonly timezone: string;
  readonly roles: readonly string[];
  readonly disabled_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** Of the table `users u`. */
export const userColumns = `u.id, u.email, u.email_verified_at, u.display_name, u.locale, u.timezone, u.roles, u.disabled_at,
  u.created_at, u.updated_at`;

/** The members of a user in a response, in their order there. */
export function userOf(row: UserRow): { readonly id: string; readonly [member: string]: unknown } {
  return {
    id: row.id,
    email: row.email,
    emailVerified: row.email_verified_at !== null,
    displayName: row.display_name,
    locale: row.locale,
    timezone: row.timezone,
    roles: row.roles,
    status: row.disabled_at !== null ? 'disabled' : row.email_verified_at === null ? 'unverified' : 'active',
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** The users of the benchmark have no second factor. */
export const noSecondFactor = { methods: [], recoveryCodesLeft: 0 };
