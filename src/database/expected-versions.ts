/** The versions that a row may have for a change of it to happen; `any` is whichever it has. */
export type ExpectedVersions = readonly number[] | 'any';
