import { classifyDatabaseError, databaseMessage, sqlStateOf } from './database-errors.ts';
import { StartupError } from '../config/startup-error.ts';

/** Explanations by SQLSTATE, appended to PostgreSQL's message. */
const remedies: ReadonlyMap<string | undefined, string> = new Map([
  ['42501', 'the database role lacks a right (docs/operations/database-roles.md)'],
  ['25006', 'it is a standby, or the role has default_transaction_read_only'],
  ['42P01', 'the database lacks a migration: run "npm run db:migrate"'],
  ['42703', 'the database lacks a migration: run "npm run db:migrate"'],
  ['42883', 'the database lacks a migration: run "npm run db:migrate"'],
]);

/** Converts a database error that an operator can fix into a StartupError; returns other errors unchanged. */
export function toUserError(error: unknown): unknown {
  const reason = remedies.get(sqlStateOf(error)) ?? (isUnavailable(error) ? 'the database is unavailable' : undefined);
  if (reason === undefined || error instanceof StartupError) return error;
  return new StartupError(`${databaseMessage(error)}: ${reason}.`, { cause: error });
}

function isUnavailable(error: unknown): boolean {
  return classifyDatabaseError(error)?.kind === 'unavailable';
}
