/** Time from the signal after which the process exits, whether everything is closed or not. */
const shutdownDeadlineMs = 25_000;

/** The process received a signal while it was starting. */
export class StartupAborted extends Error {}

/**
 * Graceful shutdown on SIGTERM, SIGINT and SIGHUP: closes what was opened, the last first, and exits with code 0. A
 * start in progress completes its current step first, so that nothing stays half-open. A second signal exits at once.
 */
export class Lifecycle {
  private readonly closeHandlers: (() => Promise<void>)[] = [];
  private stopRequested = false;
  private starting = true;

  constructor() {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => {
        this.handleSignal();
      });
    }
  }

  /**
   * Registers how to close what a step of the start has opened.
   * @throws StartupAborted when the process has received a signal
   */
  onClose(close: () => Promise<void>): void {
    this.closeHandlers.unshift(close);
    if (this.stopRequested) throw new StartupAborted();
  }

  /**
   * Marks the start as complete: from now on a signal starts the shutdown directly.
   * @throws StartupAborted when the process has received a signal
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
    process.exit(code);
  }

  private handleSignal(): void {
    if (this.stopRequested) process.exit(1);
    this.stopRequested = true;
    if (this.starting) setTimeout(() => process.exit(1), shutdownDeadlineMs).unref();
    else void this.shutDown(0);
  }
}
