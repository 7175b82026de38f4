import { randomUUID } from 'node:crypto';
import { Agent, request } from 'undici';

const concurrency = 24;
/** One request of this many writes. */
const writeEvery = 20;

/** Clients that reuse their connections and retry nothing: each request without the expected response has failed. */
export class KeepAliveLoad {
  requests = 0;
  /** Email addresses of the users that were created. */
  readonly created: string[] = [];
  private readonly failed = new Map<string, number>();
  private readonly agent = new Agent({ connections: concurrency });
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  get failures(): number {
    return [...this.failed.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Each kind of failure with its count. */
  get violations(): string[] {
    return Array.from(this.failed, ([kind, count]) => `${count} × ${kind}`);
  }

  stop(): void {
    this.stopped = true;
  }

  async run(): Promise<void> {
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        while (!this.stopped) await this.send();
      }),
    );
    await this.agent.close();
  }

  private async send(): Promise<void> {
    this.requests += 1;
    if (this.requests % writeEvery === 0) await this.create();
    else await this.expect(200, this.requests % 2 === 0 ? '/v1/users?limit=5' : '/v1/users/me');
  }

  private async create(): Promise<void> {
    const email = `${randomUUID()}@example.com`;
    if (await this.expect(201, '/v1/users', { email })) this.created.push(email);
  }

  private async expect(status: number, path: string, body?: object): Promise<boolean> {
    const method = body === undefined ? 'GET' : 'POST';
    try {
      const response = await request(this.url + path, {
        method,
        dispatcher: this.agent,
        headers: {
          authorization: `Bearer ${this.token}`,
          ...(body !== undefined && { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      await response.body.dump();
      if (response.statusCode === status) return true;
      this.fail(`${method} ${path} returned ${response.statusCode}`);
    } catch (error) {
      this.fail(`${method} ${path} got no response: ${error instanceof Error ? error.message : String(error)}`);
    }
    return false;
  }

  private fail(kind: string): void {
    this.failed.set(kind, (this.failed.get(kind) ?? 0) + 1);
  }
}
