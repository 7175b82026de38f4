import type { INestApplicationContext } from '@nestjs/common';
import type { Config } from '../platform/config/config.ts';
import { parseConfig } from '../platform/config/config.ts';
import { loadEnvironment } from '../platform/config/load-environment.ts';
import { openDatabase } from '../platform/database/open-database.ts';
import { reportUserErrors } from './database-command.ts';

/** A command that uses the services of the application. */
interface ApplicationCommand<Arguments> {
  /** Runs before anything is opened. */
  readonly readArguments: () => Arguments | Promise<Arguments>;
  /** Returns the exit code. */
  readonly work: (app: INestApplicationContext, args: Arguments) => Promise<number>;
}

/**
 * Runs a command with the services of the application, which neither listens nor runs jobs, on the configured database
 * or on the embedded one, also while a service uses that. APP_SECRET must match the keys in the database. An error that
 * an operator can fix is printed in one line, with exit code 1.
 */
export async function applicationCommand<Arguments>(command: ApplicationCommand<Arguments>): Promise<void> {
  await reportUserErrors(async () => {
    const args = await command.readArguments();
    const config = parseConfig(await loadEnvironment());
    const database = await openDatabase(config, { as: 'command' });
    try {
      const { resolveConfig } = await import('../start-service.ts');
      return await runInContext(resolveConfig(config, database), command, args);
    } finally {
      await database.close();
    }
  });
}

async function runInContext<Arguments>(
  config: Config,
  { work }: ApplicationCommand<Arguments>,
  args: Arguments,
): Promise<number> {
  // Loading the application takes longer than reporting an error.
  const { NestFactory } = await import('@nestjs/core');
  const { AppModule } = await import('../app.module.ts');
  const { SigningKeysService } = await import('../features/auth/signing-keys/signing-keys.service.ts');
  const app = await NestFactory.createApplicationContext(AppModule.forRoot(config), {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  try {
    await app.get(SigningKeysService).verifySecret();
    return await work(app, args);
  } finally {
    await app.close();
  }
}
