import { createPostgresBackend, Queue, runMigrations, setDefaultBackendFactory, Worker } from 'bullmq';
import type { ConnectionOptions, JobsOptions } from 'bullmq';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { parseConfig } from '../src/platform/config/config.ts';
import { readEnvironment } from '../src/platform/config/environment.ts';
import { directSession } from '../src/platform/database/session.ts';
import { inParallel } from './in-parallel.ts';

/*
 * BullMQ alone, as one process that adds and one that works, on Redis if there is one and else on PostgreSQL. The worker
 * writes one row for each message by one statement, which is a transaction of its own: a crash between that row and the
 * end of the message does the work twice.
 */

const { database, queue, redis } = parseConfig(readEnvironment());
const url = database.url ?? '';
const connection = redis.url === undefined ? await onPostgres() : new Redis(redis.url, { maxRetriesPerRequest: null });

if (process.argv[2] === 'worker') await work();
else await produce();
process.once('disconnect', () => process.exit(0));
process.send?.({ url: '' });

/** Creates the tables of BullMQ; two processes may do so at the same time. */
async function onPostgres(): Promise<ConnectionOptions> {
  setDefaultBackendFactory(createPostgresBackend);
  const messages = new Pool({ ...directSession(url, { search_path: 'bullmq' }), max: 6 });
  const client = await messages.connect();
  try {
    await runMigrations(client, 'bullmq');
  } finally {
    client.release();
  }
  return messages;
}

async function work(): Promise<void> {
  const effects = new Pool({ ...directSession(url), max: 10 });
  const worker = new Worker<{ jobId: string }>(
    'bare',
    async ({ data }) => {
      const text = 'INSERT INTO bare_effects (job_id) VALUES ($1)';
      await effects.query({ name: 'effect', text, values: [data.jobId] });
    },
    { connection, concurrency: queue.concurrency, removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } },
  );
  worker.on('error', console.error);
  await worker.waitUntilReady();
}

/** What the benchmark sends to the producer. */
interface Order {
  /** Messages to be added one by one, as many at a time as the benchmark has HTTP connections. */
  readonly jobs?: number;
  readonly connections?: number;
  /** Messages to be added while the queue is paused. */
  readonly backlog?: number;
  readonly resume?: boolean;
}

async function produce(): Promise<void> {
  const bare = new Queue('bare', { connection });
  bare.on('error', console.error);
  await bare.waitUntilReady();
  process.on('message', (order: Order) => {
    void follow(bare, order);
  });
}

async function follow(bare: Queue, { jobs = 0, connections = 0, backlog, resume = false }: Order): Promise<void> {
  await inParallel(jobs, connections, async () => {
    const { name, data, opts } = message();
    await bare.add(name, data, opts);
  });
  if (resume) await bare.resume();
  if (backlog === undefined) return;
  await bare.pause();
  for (let left = backlog; left > 0; left -= 500)
    await bare.addBulk(Array.from({ length: Math.min(left, 500) }, message));
  process.send?.({ url: '' });
}

function message(): { name: string; data: object; opts: JobsOptions } {
  const jobId = crypto.randomUUID();
  const opts = { jobId: `${jobId}.1`, removeOnComplete: true, removeOnFail: true };
  return { name: 'bare', data: { jobId, deliveryNo: 1 }, opts };
}
