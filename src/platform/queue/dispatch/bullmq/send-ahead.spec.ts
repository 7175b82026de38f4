import { describe, expect, it } from '@jest/globals';
import { SendAhead } from './send-ahead.ts';

/** Workers with this many slots that need this long for a job, and a relay that has as many jobs as it may send. */
class Simulation {
  readonly ahead = new SendAhead();
  atMs = 0;
  finished = 0;
  mostWaiting = 0;
  looks = 0;
  private waiting = 0;
  private endsAt: number[] = [];
  private lookAtMs = 0;

  constructor(
    private readonly slots: number,
    private readonly jobMs: number,
  ) {}

  runUntil(endMs: number): void {
    for (; this.atMs < endMs; this.atMs += 1) {
      this.work();
      if (this.atMs >= this.lookAtMs) this.look();
    }
  }

  private work(): void {
    const running = this.endsAt.filter((end) => end > this.atMs);
    this.finished += this.endsAt.length - running.length;
    this.endsAt = running;
    const begun = Math.min(this.waiting, this.slots - running.length);
    this.waiting -= begun;
    for (let n = 0; n < begun; n += 1) this.endsAt.push(this.atMs + this.jobMs);
  }

  private look(): void {
    this.looks += 1;
    const count = this.ahead.allowed({ waiting: this.waiting, running: this.endsAt.length }, this.atMs);
    this.ahead.sent(count);
    this.waiting += count;
    this.mostWaiting = Math.max(this.mostWaiting, this.waiting);
    this.lookAtMs = this.atMs + this.ahead.lookAgainMs;
  }
}

describe('The relay sends', () => {
  it.each([
    [5, 5],
    [20, 10],
    [10, 100],
    [100, 100],
    [10, 1000],
    [100, 1000],
  ])('no more than 2 s of work ahead, and keeps workers busy: %i slots, %i ms for each job', (slots, jobMs) => {
    const simulation = new Simulation(slots, jobMs);
    simulation.runUntil(20_000);

    const perSecond = (slots * 1000) / jobMs;
    expect(simulation.mostWaiting).toBeLessThanOrEqual(2 * perSecond);
    expect(simulation.finished).toBeGreaterThan(0.9 * 20 * perSecond - slots);
  });

  it('up to 1,000 messages ahead of fast workers', () => {
    const simulation = new Simulation(50, 5);
    simulation.runUntil(2000);

    expect(simulation.ahead.allowed({ waiting: 0, running: 50 }, simulation.atMs)).toBe(1000);
  });

  it.each([
    [5, 2],
    [5, 5],
    [50, 20],
  ])('so many messages that workers are idle for less than 150 ms at first: %i slots, %i ms', (slots, jobMs) => {
    const simulation = new Simulation(slots, jobMs);
    simulation.runUntil(1000);

    expect(simulation.finished).toBeGreaterThan((850 * slots) / jobMs);
  });

  it('few messages while no worker runs, and rarely looks', () => {
    const simulation = new Simulation(0, 1);
    simulation.runUntil(2000);

    expect(simulation.mostWaiting).toBe(16);
    expect(simulation.looks).toBeLessThan(12);
  });

  it('short bursts at once after a time without jobs', () => {
    const ahead = new SendAhead();
    const none = { waiting: 0, running: 0 };
    ahead.allowed({ waiting: 10, running: 5 }, 0);
    ahead.allowed({ waiting: 10, running: 5 }, 1000);
    expect(ahead.allowed(none, 2000)).toBeLessThan(16);

    expect(ahead.allowed(none, 3000)).toBe(16);
  });
});
