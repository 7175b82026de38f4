import { Module } from '@nestjs/common';
import type { Params } from 'nestjs-pino';
import { LoggerModule } from 'nestjs-pino';
import type { DestinationStream, LogFn, Logger } from 'pino';
import { destination, transport } from 'pino';
import type { LogConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import { redactedPaths } from './redaction.ts';
import { currentRequest, traceIdOf } from './request-context.ts';

/** Structured logs by pino; every line written while a request is served carries its id. */
@Module({
  imports: [LoggerModule.forRootAsync({ inject: [configToken('log')], useFactory: pinoParameters })],
  exports: [LoggerModule],
})
export class LoggingModule {}

/** Bytes of lines that wait while standard output takes none; further lines are dropped. */
const waitingBytesMax = 1024 * 1024;

function pinoParameters(config: LogConfig): Params {
  return {
    // The request's line is written by http/logging, and its context travels without middleware.
    forRoutes: [],
    pinoHttp: {
      level: config.level,
      autoLogging: false,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redactedPaths, censor: '[redacted]' },
      mixin: requestFields,
      hooks: { logMethod: demoteBootChatter },
      stream: standardOutput(config),
    },
  };
}

/** A disk that is full, or a reader that is gone, costs lines and not the process. */
function standardOutput({ pretty }: LogConfig): DestinationStream {
  const stream = pretty
    ? transport({ target: 'pino-pretty', options: { ignore: 'pid,hostname' } })
    : destination({ dest: 1, sync: true, maxLength: waitingBytesMax });
  stream.on('error', () => undefined);
  return stream;
}

/** Nest tells every module and route it finds; that is worth a line only when somebody debugs. */
const bootContexts = new Set(['InstanceLoader', 'NestApplication', 'NestFactory', 'RouterExplorer', 'RoutesResolver']);

function demoteBootChatter(this: Logger, args: Parameters<LogFn>, write: LogFn, level: number): void {
  const [first]: readonly unknown[] = args;
  const isInfo = level === this.levels.values['info'];
  const context = typeof first === 'object' && first !== null && 'context' in first ? first.context : undefined;
  if (isInfo && typeof context === 'string' && bootContexts.has(context)) this.debug(...args);
  else write.apply(this, args);
}

function requestFields(): object {
  const request = currentRequest();
  if (request === undefined) return {};
  const traceId = traceIdOf(request);
  return { requestId: request.requestId, ...(traceId === undefined ? {} : { traceId }) };
}
