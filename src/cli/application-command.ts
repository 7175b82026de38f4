import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../app.module.ts';
import { completedConfig } from '../completed-config.ts';
import type { Config } from '../config/config.ts';
import { parseConfig } from '../config/config.ts';
import { surroundings } from '../config/environment.ts';
import { openDatabase } from '../database/open-database.ts';
import { SigningKeysService } from '../features/sessions/signing-keys.service.ts';
import { mendable } from './database-command.ts';

/** What a command needs of the application. */
interface ApplicationCommand<Arguments> {
  /** Runs before anything is started. */
  readonly readArguments: () => Arguments;
  /** Returns the exit code. */
  readonly work: (app: INestApplicationContext, given: Arguments) => Promise<number>;
}

/**
 * Runs a command with the services of the application, which neither listens nor works the queue, on the database that the configuration names or on the embedded
 * one, whose secrets its APP_SECRET must open. What a person can mend is told in one line, with exit code 1.
 */
export async function applicationCommand<Arguments>(command: ApplicationCommand<Arguments>): Promise<void> {
  await mendable(async () => {
    const given = command.readArguments();
    const config = parseConfig(surroundings());
    const database = await openDatabase(config);
    try {
      return await inContext(completedConfig(config, database), command, given);
    } finally {
      await database.close();
    }
  });
}

async function inContext<Arguments>(
  config: Config,
  { work }: ApplicationCommand<Arguments>,
  given: Arguments,
): Promise<number> {
  const app = await NestFactory.createApplicationContext(AppModule.forRoot(config), {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  try {
    await app.get(SigningKeysService).verifySecret();
    return await work(app, given);
  } finally {
    await app.close();
  }
}
