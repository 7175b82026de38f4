import { NestFactory } from '@nestjs/core';
import { Logger } from 'nestjs-pino';
import { AppModule } from '../../src/app.module.ts';
import { parseConfig } from '../../src/platform/config/config.ts';
import { readEnvironment } from '../../src/platform/config/environment.ts';
import { Dispatcher } from '../../src/platform/queue/dispatch/dispatcher.ts';
import { runTestProcess } from '../faults/test-process-entry.ts';
import { clusterFeatures } from './features.ts';

const environment = readEnvironment();
const config = parseConfig(environment);
const context = await NestFactory.createApplicationContext(AppModule.forRoot(config, clusterFeatures(environment)), {
  bufferLogs: true,
  abortOnError: false,
});
context.useLogger(context.get(Logger));
context.get(Dispatcher).begin();
runTestProcess({ url: '' }, async () => {
  await context.close();
});
