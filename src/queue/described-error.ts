import type { DatabaseFailure } from '../database/database-errors.ts';
import { databaseFailure } from '../database/database-errors.ts';
import type { JobError } from './job.ts';
import { Unrecoverable } from './queue-errors.ts';

const nameMaxLength = 256;
const messageMaxLength = 1000;

/** Instead of the database's own words, which hold statements, names of tables and addresses. */
const databaseErrors: Record<DatabaseFailure['kind'] | 'other', JobError> = {
  unavailable: {
    name: 'ServerUnavailable',
    message: 'The database, or another server that the job needs, did not answer.',
  },
  conflict: { name: 'ConcurrentChange', message: 'Others changed the same data at the same time.' },
  unique: { name: 'NotUnique', message: 'A value that has to be unique is taken.' },
  reference: { name: 'ReferenceBroken', message: 'A row refers to one that is missing, or is still referred to.' },
  unstorable: { name: 'Unstorable', message: 'The database can not store one of the values.' },
  other: { name: 'DatabaseError', message: 'The database refused a statement of the job. The log says why.' },
};
const systemError: JobError = { name: 'SystemError', message: 'The operating system refused. The log says why.' };

/**
 * What the owner of a job is told of a failure: name and message, never a stack, and always something that can be stored.
 * The database and the operating system are not quoted; a handler that has words of its own throws an Unrecoverable, or
 * an error without a cause.
 */
export function describedError(thrown: unknown): JobError {
  try {
    if (thrown instanceof Error) return paraphrased(thrown) ?? quoted(thrown);
    if (typeof thrown === 'string') return { name: 'Error', message: `The handler threw ${storable(thrown, 900)}.` };
  } catch {
    // An error that can't be read is no better than none.
  }
  return { name: 'Error', message: 'The handler threw a value that is no error.' };
}

function paraphrased(error: Error): JobError | undefined {
  if (error instanceof Unrecoverable) return undefined;
  const failure = databaseFailure(error);
  if (failure !== undefined) return databaseErrors[failure.kind];
  if (/^(PrismaClient|DriverAdapterError)/.test(error.name)) return databaseErrors.other;
  // PostgreSQL's own, by node-postgres.
  if ('severity' in error && 'routine' in error) return databaseErrors.other;
  return 'syscall' in error ? systemError : undefined;
}

function quoted(error: Error): JobError {
  const { name, message } = error as { name: unknown; message: unknown };
  // A class that does not name its errors is known by its own name.
  const given = name === 'Error' ? error.constructor.name : name;
  return { name: storable(given, nameMaxLength) || 'Error', message: storable(message, messageMaxLength) };
}

/** PostgreSQL takes neither U+0000 nor half of a character. */
function storable(value: unknown, maxLength: number): string {
  const text = typeof value === 'string' ? value : '';
  return text.replaceAll('\0', '').slice(0, maxLength).toWellFormed();
}
