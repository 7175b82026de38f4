/**
 * The versions of a row for which an update may happen (optimistic locking); `any` accepts every version. It has its
 * own file because services use it, and may not import files that open transactions.
 */
export type ExpectedVersions = readonly number[] | 'any';

/** The condition of a Prisma query that the row has one of the versions. */
export function versionIn(versions: ExpectedVersions): { version?: { in: number[] } } {
  return versions === 'any' ? {} : { version: { in: [...versions] } };
}
