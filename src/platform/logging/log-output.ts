import { Inject, Injectable, Module } from '@nestjs/common';
import type { DestinationStream } from 'pino';
import { destination, transport } from 'pino';
import type { LogConfig } from '../config/variables/logging.ts';
import { configToken } from '../config/config.module.ts';

/** Bytes of lines that are buffered while standard output is blocked; further lines are dropped. */
const maxBufferedBytes = 1024 * 1024;

/** Those with deferred lines, which are written also when the process exits within the iteration. */
const deferring = new Set<DeferringStream>();

process.on('exit', () => {
  for (const stream of deferring) stream.flush();
});

/** Writes lines at once, or those of an iteration of the event loop together. */
export class DeferringStream implements DestinationStream {
  private deferred = '';

  constructor(private readonly stream: DestinationStream) {}

  /** Writes a line at once, after the deferred ones. */
  write(line: string): void {
    if (this.deferred !== '') this.flush();
    this.stream.write(line);
  }

  /** Writes a line after this iteration of the event loop, all lines of the iteration by one system call. */
  defer(line: string): void {
    if (this.deferred === '') {
      deferring.add(this);
      setImmediate(() => {
        this.flush();
      });
    }
    this.deferred += line;
  }

  flush(): void {
    const lines = this.deferred;
    this.deferred = '';
    deferring.delete(this);
    if (lines !== '') this.stream.write(lines);
  }
}

/** Where the lines of the log are written. */
@Injectable()
export class LogOutput extends DeferringStream {
  constructor(@Inject(configToken('log')) config: LogConfig) {
    super(standardOutput(config));
  }
}

/** Provides the output to the logger, whose module is created from it. */
@Module({ providers: [LogOutput], exports: [LogOutput] })
export class LogOutputModule {}

/** Ignores errors: a full disk or a closed pipe must not end the process. */
function standardOutput({ pretty }: LogConfig): DestinationStream {
  const stream = pretty
    ? transport({ target: 'pino-pretty', options: { ignore: 'pid,hostname' } })
    : destination({ dest: 1, sync: true, maxLength: maxBufferedBytes });
  stream.on('error', () => undefined);
  return stream;
}
