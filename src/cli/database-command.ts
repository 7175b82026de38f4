import { parseConfig } from '../platform/config/config.ts';
import { loadEnvironment } from '../platform/config/load-environment.ts';
import { StartupError } from '../platform/config/startup-error.ts';
import { toUserError } from '../platform/database/user-error.ts';

/** Invalid arguments of a command. The message contains the correct usage. */
export class UsageError extends Error {}

/** The arguments of a command that takes none. */
export function noArguments(): undefined {
  if (process.argv.length > 2)
    throw new UsageError(`This command takes no arguments: ${process.argv.slice(2).join(' ')}`);
  return undefined;
}

/**
 * Runs a command on the configured database, or on the embedded one: that of a running service, or one that the command
 * starts and stops. An error that an operator can fix is printed in one line, with exit code 1.
 * @param readArguments runs before anything is opened
 * @param work takes the URL and the arguments, and returns the exit code
 */
export async function databaseCommand<Arguments>(
  readArguments: () => Arguments,
  work: (url: string, args: Arguments) => Promise<number>,
): Promise<void> {
  await reportUserErrors(async () => {
    const args = readArguments();
    return await withDatabaseUrl(async (url) => await work(url, args));
  });
}

/**
 * Sets the exit code that `work` returns. An error that an operator can fix is printed in one line, with exit code 1.
 */
export async function reportUserErrors(work: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await work();
  } catch (thrown) {
    const error = toUserError(thrown);
    if (!isUserError(error)) throw error;
    console.error(`plinth: ${error.message}`);
    process.exitCode = 1;
  }
}

async function withDatabaseUrl<T>(work: (url: string) => Promise<T>): Promise<T> {
  const { database, service } = parseConfig(await loadEnvironment());
  // A transaction pooler changes the connection between statements; migrations hold a lock and session settings.
  if (database.directUrl !== undefined) return await work(database.directUrl);
  const { connectOrStartEmbedded } = await import('../platform/dev-postgres/dev-postgres.ts');
  const embedded = await connectOrStartEmbedded({ dataDir: service.dataDir });
  try {
    return await work(embedded.url);
  } finally {
    await embedded.stop();
  }
}

function isUserError(error: unknown): error is Error {
  return error instanceof StartupError || error instanceof UsageError;
}
