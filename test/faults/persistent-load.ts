import { setTimeout as delay } from 'node:timers/promises';
import type { Keyed } from './keyed-jobs.ts';
import { accepted, keyedJob, sendKeyed } from './keyed-jobs.ts';
import type { Random } from '../harness/process/random.ts';

const concurrency = 30;
/** A request without a success after this time is lost. */
const requestTimeoutMs = 60_000;

/** Thirty clients, each of which alternates reads and writes and retries a write until it succeeds. */
export class PersistentLoad {
  readonly keys: Keyed[] = [];
  readonly jobIds: string[] = [];
  requests = 0;
  /** The time of the slowest response, in milliseconds. */
  slowestMs = 0;
  private readonly responseCounts = new Map<string, number>();
  private readonly unexpected = new Set<string>();
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly random: Random,
    /** Milliseconds between the turns of one client. */
    private readonly pauseMs = 0,
  ) {}

  /** The number of responses by request and status. */
  get figures(): Record<string, number> {
    return Object.fromEntries([...this.responseCounts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Each response that is not allowed, once. */
  get violations(): string[] {
    return [...this.unexpected];
  }

  stop(): void {
    this.stopped = true;
  }

  async run(): Promise<void> {
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        while (!this.stopped) {
          await this.turn();
          if (this.pauseMs > 0) await delay(this.pauseMs);
        }
      }),
    );
  }

  private async turn(): Promise<void> {
    await this.read();
    const request = keyedJob(this.keys.length);
    this.keys.push(request);
    const text = await this.retryUntilSuccess(request);
    if (text !== undefined) this.jobIds.push((JSON.parse(text) as { id: string }).id);
    // The stored response must not change: some keys are sent again much later.
    const earlier = this.keys[this.random.between(0, this.keys.length - 1)];
    if (earlier !== undefined && earlier.responses.length > 0) await this.retryUntilSuccess(earlier);
  }

  private async read(): Promise<void> {
    await this.request(
      'GET /v1/users',
      async () => await fetch(`${this.url}/v1/users`, { headers: { authorization: `Bearer ${this.token}` } }),
    );
  }

  private async retryUntilSuccess(request: Keyed): Promise<string | undefined> {
    for (const end = Date.now() + requestTimeoutMs; Date.now() < end;) {
      request.attempts += 1;
      const response = await this.request('POST /v1/jobs', async () => await sendKeyed(this.url, request, this.token));
      if (response?.status === accepted) {
        request.responses.push(response.text);
        return response.text;
      }
      await delay(20);
    }
    this.unexpected.add(`a key had no success within ${requestTimeoutMs / 1000} s`);
    return undefined;
  }

  /** Sends one request and counts its response; only a success and 503 with Retry-After are allowed. */
  private async request(
    name: string,
    send: () => Promise<Response>,
  ): Promise<{ status: number; text: string } | undefined> {
    this.requests += 1;
    const sentAt = performance.now();
    try {
      const response = await send();
      const text = await response.text();
      this.slowestMs = Math.max(this.slowestMs, performance.now() - sentAt);
      this.count(`${name}: ${response.status}`);
      const isAllowed = response.ok || (response.status === 503 && response.headers.has('retry-after'));
      if (!isAllowed && !isStillRunning(response.status, text))
        this.unexpected.add(`${name} returned ${response.status} ${text}`);
      return { status: response.status, text };
    } catch (error) {
      this.count(`${name}: no response`);
      this.unexpected.add(
        `${name} got no response: ${String(error instanceof Error ? (error.cause ?? error) : error)}`,
      );
      return undefined;
    }
  }

  private count(outcome: string): void {
    this.responseCounts.set(outcome, (this.responseCounts.get(outcome) ?? 0) + 1);
  }
}

/** The key's first request still runs: the server has not yet noticed that its connection ended. */
function isStillRunning(status: number, text: string): boolean {
  return status === 409 && text.includes('idempotency-in-progress');
}
