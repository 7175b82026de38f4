import type { TestUser } from './auth/users.ts';
import { bearer, logIn, post } from './auth/users.ts';
import type { Keyed } from './keyed-jobs.ts';
import { keyedJob, sendKeyed } from './keyed-jobs.ts';
import type { RollingCluster } from './rolling-cluster.ts';

/** Clients that refresh their session, read with each access token, and enqueue a job under a key, twice. */
export class SessionLoad {
  requests = 0;
  readonly failures: string[] = [];
  private readonly counts = new Map<string, number>();
  private readonly keys: Keyed[] = [];
  private stopped = false;

  constructor(
    private readonly processes: RollingCluster,
    private readonly administrator: string,
  ) {}

  /** Responses by request and status. */
  get figures(): Record<string, number> {
    return Object.fromEntries([...this.counts].sort(([one], [other]) => (one < other ? -1 : 1)));
  }

  stop(): void {
    this.stopped = true;
  }

  async run(users: readonly TestUser[]): Promise<void> {
    await Promise.all(
      users.map(async (user) => {
        await this.runClient(user);
      }),
    );
  }

  private async runClient(user: TestUser): Promise<void> {
    let { refreshToken } = await this.processes.send(async (url) => await logIn(url, user));
    while (!this.stopped) {
      const { status, body } = await this.processes.send(
        async (url) => await post(`${url}/v1/auth/refresh`, { refreshToken }),
      );
      this.count('POST /v1/auth/refresh', status, 200);
      refreshToken = String(body['refreshToken']);
      const me = await this.processes.send(async (url) => {
        const headers = bearer(String(body['accessToken']));
        const response = await fetch(`${url}/v1/users/me`, { headers });
        await response.arrayBuffer();
        return response.status;
      });
      this.count('GET /v1/users/me', me, 200);
      await this.enqueue();
    }
  }

  private async enqueue(): Promise<void> {
    const request = keyedJob(this.keys.length);
    this.keys.push(request);
    for (let time = 0; time < 2; time += 1) {
      const { status, text } = await this.processes.send(async (url) => {
        const response = await sendKeyed(url, request, this.administrator);
        return { status: response.status, text: await response.text() };
      });
      this.count('POST /v1/jobs', status, 202);
      request.responses.push(text);
    }
    if (new Set(request.responses).size !== 1) this.failures.push('a repeated key got another response');
  }

  private count(name: string, status: number, expected: number): void {
    this.requests += 1;
    this.counts.set(`${name}: ${status}`, (this.counts.get(`${name}: ${status}`) ?? 0) + 1);
    if (status !== expected) this.failures.push(`${name} returned ${status}`);
  }
}
