import type { DatabaseErrorClass } from '../../database/database-errors.ts';
import { classifyDatabaseError } from '../../database/database-errors.ts';
import type { JobError } from '../job.ts';
import { NonRetryableError } from '../queue-errors.ts';

const maxNameLength = 256;
const maxMessageLength = 1000;

/** Replaces the database's own messages, which contain statements, table names and host names. */
const databaseErrors: Record<DatabaseErrorClass['kind'] | 'other', JobError> = {
  unavailable: {
    name: 'ServerUnavailable',
    message: 'The database, or another server that the job needs, did not respond.',
  },
  conflict: { name: 'ConcurrentChange', message: 'Another transaction changed the same data at the same time.' },
  unique: { name: 'NotUnique', message: 'A value that has to be unique exists already.' },
  reference: { name: 'ReferenceBroken', message: 'A row refers to a missing row, or is still referred to.' },
  'invalid-value': { name: 'InvalidValue', message: 'The database cannot store one of the values.' },
  other: { name: 'DatabaseError', message: 'The database rejected a statement of the job. The log has the reason.' },
};
const systemError: JobError = {
  name: 'SystemError',
  message: 'The operating system rejected a call. The log has the reason.',
};

/**
 * Returns the name and the message of a failure for the job's owner: never a stack, and always storable. Errors of the
 * database and the operating system are paraphrased, unless a handler throws them as the cause of a NonRetryableError.
 */
export function toPublicError(thrown: unknown): JobError {
  try {
    if (thrown instanceof Error) return paraphrased(thrown) ?? quoted(thrown);
    if (typeof thrown === 'string') return { name: 'Error', message: `The handler threw ${storable(thrown, 900)}.` };
  } catch {
    // Reading the error's properties threw.
  }
  return { name: 'Error', message: 'The handler threw a value that is not an error.' };
}

function paraphrased(error: Error): JobError | undefined {
  if (error instanceof NonRetryableError) return undefined;
  const failure = classifyDatabaseError(error);
  if (failure !== undefined) return databaseErrors[failure.kind];
  if (/^(PrismaClient|DriverAdapterError)/.test(error.name)) return databaseErrors.other;
  // node-postgres's DatabaseError.
  if ('severity' in error && 'routine' in error) return databaseErrors.other;
  return 'syscall' in error ? systemError : undefined;
}

function quoted(error: Error): JobError {
  const { name, message } = error as { name: unknown; message: unknown };
  // A class that does not set `name` inherits 'Error'.
  const publicName = name === 'Error' ? error.constructor.name : name;
  return { name: storable(publicName, maxNameLength) || 'Error', message: storable(message, maxMessageLength) };
}

/** PostgreSQL stores neither U+0000 nor unpaired surrogates. */
function storable(value: unknown, maxLength: number): string {
  const text = typeof value === 'string' ? value : '';
  return text.replaceAll('\0', '').slice(0, maxLength).toWellFormed();
}
