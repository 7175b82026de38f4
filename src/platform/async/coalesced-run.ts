/** Runs work, one run at a time; all requests during a run cause one further run. */
export class CoalescedRun {
  private running: Promise<void> = Promise.resolve();
  private isRunning = false;
  private isRequested = false;

  /** @param work never rejects; `isRepeated`: it was requested during a run */
  constructor(private readonly work: (isRepeated: boolean) => Promise<void>) {}

  request(): void {
    this.isRequested = true;
    if (!this.isRunning) this.running = this.runWhileRequested();
  }

  /** Resolves when nothing runs. */
  async settled(): Promise<void> {
    await this.running;
  }

  private async runWhileRequested(): Promise<void> {
    this.isRunning = true;
    for (let isRepeated = false; this.isRequested; isRepeated = true) {
      this.isRequested = false;
      await this.work(isRepeated);
    }
    this.isRunning = false;
  }
}
