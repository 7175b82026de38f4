import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { accessToken } from '../test/faults/caller.ts';
import type { TestCluster } from '../test/harness/process/test-cluster.ts';
import { inParallel } from './in-parallel.ts';
import type { Round } from './round.ts';
import { connections, filled, round } from './round.ts';

const latencyJobs = 300;

/** One API process, one worker process, and an administrator who enqueues jobs. */
export class Service {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: connections });

  private constructor(
    private readonly cluster: TestCluster,
    private readonly url: string,
    private readonly token: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(cluster: TestCluster): Promise<Service> {
    const [api, worker] = [cluster.api(), cluster.worker()];
    const [url] = await Promise.all([api.ready(), worker.ready()]);
    const token = await accessToken(url, cluster.pool, { role: 'admin' });
    return new Service(cluster, url, token, async () => {
      await Promise.all([api.kill(), worker.kill()]);
    });
  }

  /** From the first request to the end of the last job. */
  async run(count: number): Promise<Round> {
    await this.cluster.pool.query('TRUNCATE scenario_effects; DELETE FROM jobs');
    return await round(this.cluster.pool, count, async () => {
      await inParallel(count, connections, async (at) => {
        await this.enqueue(at);
      });
      await filled(this.cluster.pool, 'scenario_effects', count);
      const {
        rows: [last],
      } = await this.cluster.pool.query<{ at: Date }>('SELECT max(finished_at) AS at FROM jobs');
      return last?.at;
    });
  }

  /** From the resumption of a queue with `count` jobs to the end of the last one. */
  async drain(count: number): Promise<Round> {
    const { pool } = this.cluster;
    await this.post('/v1/queues/default/pause');
    await pool.query('TRUNCATE scenario_effects; DELETE FROM jobs');
    await pool.query(
      `INSERT INTO jobs (id, type, queue, payload, state, delivery, fair_at, next_delivery_at, max_attempts, run_at)
       SELECT gen_random_uuid(), 'scenario.bare', 'default', jsonb_build_object('key', 'job ' || n), 'queued', 'pending', n,
         now(), 5, now() FROM generate_series(1, $1::int) AS n`,
      [count],
    );
    return await round(pool, count, async () => {
      await this.post('/v1/queues/default/resume');
      await filled(pool, 'scenario_effects', count);
      const {
        rows: [last],
      } = await pool.query<{ at: Date }>('SELECT max(finished_at) AS at FROM jobs');
      return last?.at;
    });
  }

  /** Milliseconds from the INSERT of a job to its start, one job at a time on an idle machine. */
  async latencies(): Promise<number[]> {
    await this.cluster.pool.query('TRUNCATE scenario_effects; DELETE FROM jobs');
    for (let at = 0; at < latencyJobs; at += 1) {
      await this.enqueue(at);
      await filled(this.cluster.pool, 'scenario_effects', at + 1);
      await delay(20);
    }
    const { rows: all } = await this.cluster.pool.query<{ ms: number }>(
      'SELECT extract(epoch FROM started_at - created_at)::float8 * 1000 AS ms FROM jobs',
    );
    return all.map(({ ms }) => ms);
  }

  private async enqueue(at: number): Promise<void> {
    await this.post('/v1/jobs', { type: 'scenario.bare', payload: { key: `job ${at}` } });
  }

  private async post(path: string, content: object = {}): Promise<void> {
    const body = JSON.stringify(content);
    const headers = {
      authorization: `Bearer ${this.token}`,
      'content-type': 'application/json',
      'content-length': body.length,
    };
    await new Promise<void>((resolve, reject) => {
      const call = request(`${this.url}${path}`, { method: 'POST', agent: this.agent, headers }, (reply) => {
        const { statusCode = 0 } = reply;
        reply.resume().on('end', () => {
          if (statusCode === 200 || statusCode === 202) resolve();
          else reject(new Error(`POST ${path} returned ${statusCode}`));
        });
      });
      call.on('error', reject).end(body);
    });
  }
}
