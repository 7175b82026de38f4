import { parseConfig } from '../config/config.ts';
import { ConfigInvalid, surroundings } from '../config/environment.ts';
import { mendableError } from '../database/refused-statement.ts';
import { StartRefused } from '../database/start-refused.ts';

/** A command that can't be carried out as it was typed. The message says how to type it. */
export class UsageError extends Error {}

/** For a command that takes no arguments. */
export function noArguments(): undefined {
  if (process.argv.length > 2)
    throw new UsageError(`This command takes no arguments: ${process.argv.slice(2).join(' ')}`);
  return undefined;
}

/**
 * Runs a command on the database that the configuration names, or on the embedded one, which it starts and stops. What a
 * person can mend is told in one line, with exit code 1.
 * @param readArguments runs before anything is started
 * @param work gets the URL and the arguments, and returns the exit code
 */
export async function databaseCommand<Arguments>(
  readArguments: () => Arguments,
  work: (url: string, given: Arguments) => Promise<number>,
): Promise<void> {
  await mendable(async () => {
    const given = readArguments();
    return await withDatabaseUrl(async (url) => await work(url, given));
  });
}

/** Runs what returns an exit code. What a person can mend is told in one line, with exit code 1. */
export async function mendable(work: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (thrown) {
    const error = mendableError(thrown);
    if (!isMendable(error)) throw error;
    console.error(`plinth: ${error.message}`);
    process.exitCode = 1;
  }
}

async function withDatabaseUrl<T>(work: (url: string) => Promise<T>): Promise<T> {
  const { database, service } = parseConfig(surroundings());
  // A pooler would give each statement to another connection; migrations hold a lock and settings.
  const url = database.directUrl ?? database.url;
  if (url !== undefined) return await work(url);
  const { startEmbedded } = await import('../database/embedded/embedded-postgres.ts');
  const embedded = await startEmbedded({ dataDir: service.dataDir });
  try {
    return await work(embedded.url);
  } finally {
    await embedded.stop();
  }
}

function isMendable(error: unknown): error is Error {
  return error instanceof StartRefused || error instanceof ConfigInvalid || error instanceof UsageError;
}
