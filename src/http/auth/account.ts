/** The caller's row, read by the same query that has found their session alive. */
export interface Account {
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
