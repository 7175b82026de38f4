import { setTimeout as delay } from 'node:timers/promises';
import type { Keyed } from './keyed-jobs.ts';
import { accepted, keyedJob, sendKeyed } from './keyed-jobs.ts';
import type { Random } from './random.ts';

const lanes = 30;
/** A request that is repeated for so long is lost. */
const patienceMs = 60_000;

/** Thirty clients, each of which reads and writes by turns and repeats a write until it is answered. */
export class PersistentLoad {
  readonly keys: Keyed[] = [];
  readonly jobIds: string[] = [];
  requests = 0;
  private readonly answers = new Map<string, number>();
  private readonly wrong = new Set<string>();
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly random: Random,
  ) {}

  /** How often each request was answered in each way. */
  get figures(): Record<string, number> {
    return Object.fromEntries([...this.answers].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Every answer that is not as promised, once. */
  get broken(): string[] {
    return [...this.wrong];
  }

  stop(): void {
    this.stopped = true;
  }

  async run(): Promise<void> {
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        while (!this.stopped) await this.turn();
      }),
    );
  }

  private async turn(): Promise<void> {
    await this.read();
    const request = keyedJob(this.keys.length);
    this.keys.push(request);
    const text = await this.untilAnswered(request);
    if (text !== undefined) this.jobIds.push((JSON.parse(text) as { id: string }).id);
    // An acknowledged key stays acknowledged: some are asked again much later.
    const old = this.keys[this.random.between(0, this.keys.length - 1)];
    if (old !== undefined && old.answers.length > 0) await this.untilAnswered(old);
  }

  private async read(): Promise<void> {
    await this.ask(
      'GET /v1/users',
      async () => await fetch(`${this.url}/v1/users`, { headers: { authorization: `Bearer ${this.token}` } }),
    );
  }

  private async untilAnswered(request: Keyed): Promise<string | undefined> {
    for (const end = Date.now() + patienceMs; Date.now() < end;) {
      request.attempts += 1;
      const answer = await this.ask('POST /v1/jobs', async () => await sendKeyed(this.url, request, this.token));
      if (answer?.status === accepted) {
        request.answers.push(answer.text);
        return answer.text;
      }
      await delay(20);
    }
    this.wrong.add(`a key was not answered within ${patienceMs / 1000} s`);
    return undefined;
  }

  /** Sends one request and counts what it is answered; only a success and 503 with Retry-After are as promised. */
  private async ask(
    name: string,
    send: () => Promise<Response>,
  ): Promise<{ status: number; text: string } | undefined> {
    this.requests += 1;
    try {
      const reply = await send();
      const text = await reply.text();
      this.count(`${name}: ${reply.status}`);
      const promised = reply.ok || (reply.status === 503 && reply.headers.has('retry-after'));
      if (!promised && !isStillRunning(reply.status, text))
        this.wrong.add(`${name} was answered ${reply.status} ${text}`);
      return { status: reply.status, text };
    } catch (error) {
      this.count(`${name}: no answer`);
      this.wrong.add(`${name} got no answer: ${String(error instanceof Error ? (error.cause ?? error) : error)}`);
      return undefined;
    }
  }

  private count(answer: string): void {
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
  }
}

/** The key's first request, whose connection was cut: the server has not noticed yet. */
function isStillRunning(status: number, text: string): boolean {
  return status === 409 && text.includes('idempotency-in-progress');
}
