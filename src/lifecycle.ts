import { Logger } from '@nestjs/common';

/** Time from the signal after which the process exits, whether everything is closed or not. */
const shutdownDeadlineMs = 25_000;

/** The process received a signal, or an error was not handled, while it was starting. */
export class StartupAborted extends Error {}

/**
 * Graceful shutdown on SIGTERM, SIGINT and SIGHUP: closes what was opened, the last first, and exits with code 0. A
 * start in progress completes its current step first, so that nothing stays half-open. A second signal exits at once.
 * An error that nothing handles is logged and ends the process in the same way, with code 1: its state is unknown.
 */
export class Lifecycle {
  private readonly closeHandlers: (() => Promise<void>)[] = [];
  private stopRequested = false;
  private hasSignal = false;
  private starting = true;
  private hasFailed = false;

  constructor() {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => {
        this.handleSignal();
      });
    }
    // Node reports unhandled rejections by the same event.
    process.on('uncaughtException', (error, origin) => {
      this.handleFailure(error, origin);
    });
  }

  /**
   * Registers how to close what a step of the start has opened.
   * @throws StartupAborted when the process has received a signal or failed
   */
  onClose(close: () => Promise<void>): void {
    this.closeHandlers.unshift(close);
    if (this.stopRequested) throw new StartupAborted();
  }

  /**
   * Marks the start as complete: from now on a signal starts the shutdown directly.
   * @throws StartupAborted when the process has received a signal or failed
   */
  started(): void {
    this.starting = false;
    if (this.stopRequested) throw new StartupAborted();
  }

  /** Closes everything, the last opened first, and exits with this code, or 1 on a failure. */
  async shutDown(code: number): Promise<never> {
    setTimeout(() => process.exit(1), shutdownDeadlineMs);
    try {
      for (const close of this.closeHandlers) await close();
    } catch (error) {
      console.error(error);
      process.exit(1);
    }
    process.exit(this.hasFailed ? 1 : code);
  }

  private handleFailure(error: Error, origin: NodeJS.UncaughtExceptionOrigin): void {
    this.hasFailed = true;
    // The logger of the application buffers its lines until it is created.
    if (this.starting) console.error(error);
    else new Logger('Process').fatal({ err: error, origin }, 'Unhandled error; shutting down');
    if (!this.stopRequested) this.requestStop(1);
  }

  private handleSignal(): void {
    if (this.hasSignal) process.exit(1);
    this.hasSignal = true;
    if (!this.stopRequested) this.requestStop(0);
  }

  private requestStop(code: number): void {
    this.stopRequested = true;
    if (this.starting) setTimeout(() => process.exit(1), shutdownDeadlineMs).unref();
    else void this.shutDown(code);
  }
}
