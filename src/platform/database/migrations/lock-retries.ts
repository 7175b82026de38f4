import { setTimeout as sleep } from 'node:timers/promises';
import { StartupError } from '../../config/startup-error.ts';
import { hasCode, lockNotAvailable } from './postgres-errors.ts';

/** How a script is retried that could not get a lock within its `lock_timeout`. */
export interface RetryOptions {
  /** Called before each pause. */
  readonly onRetry?: (name: string, attempt: number) => void;
  /** The first pause in ms, on average; each further pause is twice as long. Default 500. */
  readonly retryDelayMs?: number;
}

const maxAttempts = 6;

/**
 * Repeats an attempt that fails because of `lock_timeout`. Between two attempts the statements that waited behind it
 * continue.
 * @param attempt throws PostgreSQL's error, and leaves nothing then
 * @throws StartupError after the last attempt; any other error as it is
 */
export async function retryOnLock(name: string, attempt: () => Promise<void>, options: RetryOptions): Promise<void> {
  for (let number = 1; ; number++) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (!hasCode(error, lockNotAvailable)) throw error;
      if (number === maxAttempts) throw blocked(name, error);
      options.onRetry?.(name, number);
      await sleep(pauseMs(number, options.retryDelayMs));
    }
  }
}

/** Doubles with every attempt, with a random factor so that processes that block each other do not retry in step. */
function pauseMs(attempt: number, firstMs = 500): number {
  return firstMs * 2 ** (attempt - 1) * (0.5 + Math.random());
}

function blocked(name: string, cause: unknown): StartupError {
  return new StartupError(
    `Migration ${name} gave up after ${maxAttempts} attempts to get a lock that other work holds. ` +
      'It has changed nothing; earlier migrations of this run are complete. Try again when the database is quieter.',
    { cause },
  );
}
