import { NestFactory } from '@nestjs/core';
import { Logger } from 'nestjs-pino';
import { AppModule } from '../src/app.module.ts';
import { parseConfig } from '../src/config/config.ts';
import { surroundings } from '../src/config/environment.ts';
import { Worker } from '../src/queue/worker.ts';
import { act } from './actor.ts';
import { ProveModule } from './prove.module.ts';

const context = await NestFactory.createApplicationContext(
  AppModule.forRoot(parseConfig(surroundings()), [ProveModule]),
  { bufferLogs: true, abortOnError: false },
);
context.useLogger(context.get(Logger));
context.get(Worker).begin();
act({ url: '' }, async () => {
  await context.close();
});
