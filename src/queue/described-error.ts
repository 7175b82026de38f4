import type { JobError } from './job.ts';

const nameMaxLength = 256;
const messageMaxLength = 1000;

/** What the owner of a job is told of a failure: name and message, never a stack, and always something that can be stored. */
export function describedError(thrown: unknown): JobError {
  try {
    if (thrown instanceof Error) {
      const { name, message } = thrown as { name: unknown; message: unknown };
      return { name: storable(name, nameMaxLength) || 'Error', message: storable(message, messageMaxLength) };
    }
    if (typeof thrown === 'string') return { name: 'Error', message: `The handler threw ${storable(thrown, 900)}.` };
  } catch {
    // An error that can't be read is no better than none.
  }
  return { name: 'Error', message: 'The handler threw a value that is no error.' };
}

/** PostgreSQL takes neither U+0000 nor half of a character. */
function storable(value: unknown, maxLength: number): string {
  const text = typeof value === 'string' ? value : '';
  return text.replaceAll('\0', '').slice(0, maxLength).toWellFormed();
}
