/** From the signal on: the process goes then, finished or not. */
const hardStopMs = 25_000;

/** The process was told to end while it was still starting. */
export class EndedEarly extends Error {}

/**
 * Ends the process in order when it is told to (SIGTERM, SIGINT, SIGHUP): what was opened last is closed first, then
 * exit 0. A start that is under way gets to its next step first, so that nothing half-open is left behind. A second
 * signal ends it at once.
 */
export class Lifecycle {
  private readonly closings: (() => Promise<void>)[] = [];
  private told = false;
  private starting = true;

  constructor() {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(signal, () => {
        this.obey();
      });
    }
  }

  /**
   * Notes how to close what a step of the start has opened.
   * @throws EndedEarly when the process was told to end meanwhile
   */
  opened(close: () => Promise<void>): void {
    this.closings.unshift(close);
    if (this.told) throw new EndedEarly();
  }

  /** The start is complete: from now on a signal ends it directly. */
  started(): void {
    this.starting = false;
    if (this.told) throw new EndedEarly();
  }

  /** Closes everything, the last opened first, and exits. */
  async end(code: number): Promise<never> {
    setTimeout(() => process.exit(1), hardStopMs);
    try {
      for (const close of this.closings) await close();
    } catch (error) {
      console.error(error);
      process.exit(1);
    }
    process.exit(code);
  }

  private obey(): void {
    if (this.told) process.exit(1);
    this.told = true;
    if (this.starting) setTimeout(() => process.exit(1), hardStopMs).unref();
    else void this.end(0);
  }
}
