import { databaseFailure, databaseMessage, sqlStateOf } from './database-errors.ts';
import { StartRefused } from './start-refused.ts';

/** What is missing, by PostgreSQL's code; each completes the message of PostgreSQL. */
const remedies: ReadonlyMap<string | undefined, string> = new Map([
  ['42501', 'the database role lacks a right (docs/operations/database-roles.md)'],
  ['25006', 'it is a standby, or the role has default_transaction_read_only'],
  ['42P01', 'the database lacks a migration: run "npm run db:migrate"'],
  ['42703', 'the database lacks a migration: run "npm run db:migrate"'],
  ['42883', 'the database lacks a migration: run "npm run db:migrate"'],
]);

/** The error of a start or a command; as StartRefused when it is one of the database that an operator can mend. */
export function mendableError(error: unknown): unknown {
  const reason = remedies.get(sqlStateOf(error)) ?? (isAway(error) ? 'the database can not be used now' : undefined);
  if (reason === undefined || error instanceof StartRefused) return error;
  return new StartRefused(`${databaseMessage(error)}: ${reason}.`, { cause: error });
}

function isAway(error: unknown): boolean {
  return databaseFailure(error)?.kind === 'unavailable';
}
