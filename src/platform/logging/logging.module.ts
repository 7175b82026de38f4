import { Module } from '@nestjs/common';
import type { Params } from 'nestjs-pino';
import { LoggerModule } from 'nestjs-pino';
import type { LogFn, Logger } from 'pino';
import type { LogConfig } from '../config/variables/logging.ts';
import { configToken } from '../config/config.module.ts';
import { LogOutput, LogOutputModule } from './log-output.ts';
import { redactedPaths } from './redaction.ts';
import { currentRequest, traceFields } from './request-context.ts';

/** Structured logs with pino; every line that is logged during a request contains its id. */
@Module({
  imports: [
    LogOutputModule,
    LoggerModule.forRootAsync({
      imports: [LogOutputModule],
      inject: [configToken('log'), LogOutput],
      useFactory: pinoParameters,
    }),
  ],
  exports: [LoggerModule, LogOutputModule],
})
export class LoggingModule {}

function pinoParameters(config: LogConfig, output: LogOutput): Params {
  return {
    // http/server/request-log.ts logs requests, and AsyncLocalStorage carries their context: no middleware is needed.
    forRoutes: [],
    pinoHttp: {
      level: config.level,
      autoLogging: false,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redactedPaths, censor: '[redacted]' },
      mixin: requestFields,
      hooks: { logMethod: demoteBootLogs },
      stream: output,
    },
  };
}

/** Contexts of Nest that log every module and route at boot; demoted to debug. */
const bootContexts = new Set(['InstanceLoader', 'NestApplication', 'NestFactory', 'RouterExplorer', 'RoutesResolver']);

function demoteBootLogs(this: Logger, args: Parameters<LogFn>, write: LogFn, level: number): void {
  const [first]: readonly unknown[] = args;
  const isInfo = level === this.levels.values['info'];
  const context = typeof first === 'object' && first !== null && 'context' in first ? first.context : undefined;
  if (isInfo && typeof context === 'string' && bootContexts.has(context)) this.debug(...args);
  else write.apply(this, args);
}

function requestFields(): object {
  const request = currentRequest();
  if (request === undefined) return {};
  return { requestId: request.requestId, ...traceFields(request) };
}
