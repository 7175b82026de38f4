import type { INestApplicationContext, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { completedConfig } from '../completed-config.ts';
import type { Config } from '../config/config.ts';
import { parseConfig } from '../config/config.ts';
import { ConfigModule } from '../config/config.module.ts';
import { surroundings } from '../config/environment.ts';
import { DatabaseModule } from '../database/database.module.ts';
import { openDatabase } from '../database/open-database.ts';
import { AuditModule } from '../features/audit/audit.module.ts';
import { mendable } from './database-command.ts';

/** What a command needs of the application. */
interface ApplicationCommand<Arguments> {
  /** Runs before anything is started. */
  readonly readArguments: () => Arguments;
  /** The features whose services are used. */
  readonly features: readonly Type[];
  /** Returns the exit code. */
  readonly work: (app: INestApplicationContext, given: Arguments) => Promise<number>;
}

@Module({})
class CommandModule {}

/**
 * Runs a command with the services of some features, on the database that the configuration names or on the embedded
 * one. What a person can mend is told in one line, with exit code 1.
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
  { features, work }: ApplicationCommand<Arguments>,
  given: Arguments,
): Promise<number> {
  const imports = [ConfigModule.forRoot(config), DatabaseModule, AuditModule, ...features];
  const app = await NestFactory.createApplicationContext(
    { module: CommandModule, imports },
    { logger: ['error', 'warn'], abortOnError: false },
  );
  try {
    return await work(app, given);
  } finally {
    await app.close();
  }
}
