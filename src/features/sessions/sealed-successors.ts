import type { OnApplicationShutdown } from '@nestjs/common';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { AuthConfig } from '../../config/config.ts';
import { configToken } from '../../config/config.module.ts';
import { runOutsideRequest } from '../../logging/request-context.ts';
import { SessionsRepository } from './sessions.repository.ts';

const everyMs = 1000;

/**
 * Forgets sealed successors of refresh tokens within a second or two of the end of their grace: they are of no use to
 * anybody then but to who has both the database and a used token. One statement a second in a process that has just
 * refreshed, none otherwise. Those of a process that has ended meanwhile go with the next of another's, or are reaped.
 */
@Injectable()
export class SealedSuccessors implements OnApplicationShutdown {
  private readonly log = new Logger(SealedSuccessors.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private until = 0;

  constructor(
    private readonly sessions: SessionsRepository,
    @Inject(configToken('auth')) private readonly config: AuthConfig,
  ) {}

  /** Another one is being stored. */
  expect(): void {
    this.until = performance.now() + this.config.refreshGraceSeconds * 1000 + 2 * everyMs;
    this.timer ??= runOutsideRequest(() => setInterval(this.sweep, everyMs).unref());
  }

  async onApplicationShutdown(): Promise<void> {
    this.end();
    await this.running;
  }

  private readonly sweep = (): void => {
    if (performance.now() > this.until) this.end();
    this.running = this.forget();
  };

  private async forget(): Promise<void> {
    try {
      await this.sessions.forgetSealed(this.config.refreshGraceSeconds);
    } catch (error) {
      this.log.warn({ err: error }, 'Sealed successors of refresh tokens stay until they are reaped');
    }
  }

  private end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
