/**
 * The versions of a row for which an update may happen (optimistic locking); `any` accepts every version. It has its
 * own file because services use it, and may not import files that open transactions.
 */
export type ExpectedVersions = readonly number[] | 'any';
