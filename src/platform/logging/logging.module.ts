import { Module } from '@nestjs/common';
import type { Params } from 'nestjs-pino';
import { LoggerModule } from 'nestjs-pino';
import type { DestinationStream, LogFn, Logger } from 'pino';
import { destination, transport } from 'pino';
import type { LogConfig } from '../config/config.ts';
import { configToken } from '../config/config.module.ts';
import { redactedPaths } from './redaction.ts';
import { currentRequest, traceIdOf } from './request-context.ts';

/** Structured logs with pino; every line that is logged during a request contains its id. */
@Module({
  imports: [LoggerModule.forRootAsync({ inject: [configToken('log')], useFactory: pinoParameters })],
  exports: [LoggerModule],
})
export class LoggingModule {}

/** Bytes of lines that are buffered while standard output is blocked; further lines are dropped. */
const maxBufferedBytes = 1024 * 1024;

function pinoParameters(config: LogConfig): Params {
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
      stream: standardOutput(config),
    },
  };
}

/** Ignores errors: a full disk or a closed pipe must not end the process. */
function standardOutput({ pretty }: LogConfig): DestinationStream {
  const stream = pretty
    ? transport({ target: 'pino-pretty', options: { ignore: 'pid,hostname' } })
    : destination({ dest: 1, sync: true, maxLength: maxBufferedBytes });
  stream.on('error', () => undefined);
  return stream;
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
  const traceId = traceIdOf(request);
  return { requestId: request.requestId, ...(traceId === undefined ? {} : { traceId }) };
}
