import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { hash } from '@node-rs/argon2';
import type { Pool } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import type { Stage } from '../prove/stage.ts';
import { inLanes } from './lanes.ts';
import type { Round } from './round.ts';
import { filled, lanes, round } from './round.ts';

const latencyJobs = 300;

/** The service: one API process, one worker process, and a user who asks for jobs. */
export class Service {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: lanes });

  private constructor(
    private readonly stage: Stage,
    private readonly url: string,
    private readonly token: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(stage: Stage): Promise<Service> {
    const [api, worker] = [stage.api(), stage.worker()];
    const [url] = await Promise.all([api.ready(), worker.ready()]);
    const token = await logIn(url, stage.pool);
    return new Service(stage, url, token, async () => {
      await Promise.all([api.kill(), worker.kill()]);
    });
  }

  /** From the first request to the end of the last job. */
  async run(count: number): Promise<Round> {
    await this.stage.pool.query('TRUNCATE prove_effects; DELETE FROM jobs');
    return await round(this.stage.pool, count, async () => {
      await inLanes(count, lanes, async (at) => {
        await this.ask(at);
      });
      await filled(this.stage.pool, 'prove_effects', count);
      const {
        rows: [last],
      } = await this.stage.pool.query<{ at: Date }>('SELECT max(finished_at) AS at FROM jobs');
      return last?.at;
    });
  }

  /** Milliseconds from a job's row to the begin of its work, one job at a time on a machine that is idle else. */
  async latencies(): Promise<number[]> {
    await this.stage.pool.query('TRUNCATE prove_effects; DELETE FROM jobs');
    for (let at = 0; at < latencyJobs; at += 1) {
      await this.ask(at);
      await filled(this.stage.pool, 'prove_effects', at + 1);
      await delay(20);
    }
    const { rows: all } = await this.stage.pool.query<{ ms: number }>(
      'SELECT extract(epoch FROM started_at - created_at)::float8 * 1000 AS ms FROM jobs',
    );
    return all.map(({ ms }) => ms);
  }

  private async ask(at: number): Promise<void> {
    const body = JSON.stringify({ type: 'prove.bare', payload: { key: `job ${at}` } });
    const headers = {
      authorization: `Bearer ${this.token}`,
      'content-type': 'application/json',
      'content-length': body.length,
    };
    await new Promise<void>((resolve, reject) => {
      const call = request(`${this.url}/v1/jobs`, { method: 'POST', agent: this.agent, headers }, (reply) => {
        reply.resume().on('end', () => {
          if (reply.statusCode === 202) resolve();
          else reject(new Error(`POST /v1/jobs answered ${reply.statusCode ?? 0}`));
        });
      });
      call.on('error', reject).end(body);
    });
  }
}

async function logIn(url: string, pool: Pool): Promise<string> {
  const credentials = { email: 'bench@example.com', password: 'a password of the benchmark' };
  await pool.query(
    `INSERT INTO users (id, email, email_normalized, email_verified_at, password_hash, roles, created_at, updated_at)
     VALUES ($1, $2, $2, now(), $3, '{user}', now(), now())`,
    [uuidv7(), credentials.email, await hash(credentials.password, { memoryCost: 19456, timeCost: 2, parallelism: 1 })],
  );
  const reply = await fetch(`${url}/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(credentials),
  });
  const { accessToken } = (await reply.json()) as { accessToken?: string };
  if (accessToken === undefined) throw new Error(`The login answered ${reply.status}`);
  return accessToken;
}
