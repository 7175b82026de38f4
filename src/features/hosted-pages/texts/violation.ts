/** The input fields of the forms. */
export const fieldNames = ['code', 'displayName', 'email', 'newPassword', 'password'] as const;
export type FieldName = (typeof fieldNames)[number];

/** Why the value of a field is invalid. */
export interface Violation {
  readonly field: FieldName;
  readonly code: string;
  /** A predicate in English, such as "must not be empty". */
  readonly detail: string;
}
