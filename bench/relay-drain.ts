import { getSharedConfigToken } from '@nestjs/bullmq';
import { NestFactory } from '@nestjs/core';
import type { QueueOptions } from 'bullmq';
import { Queue } from 'bullmq';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { AppModule } from '../src/app.module.ts';
import { parseConfig } from '../src/platform/config/config.ts';
import { readEnvironment } from '../src/platform/config/environment.ts';
import { urlOf } from '../src/platform/database/database.ts';
import { directSession } from '../src/platform/database/session.ts';
import { OutboxRelay } from '../src/platform/queue/dispatch/bullmq/outbox-relay.ts';

/*
 * Times the relay's own method in rounds of its limit of outstanding messages, interleaved with plain addBulk calls of
 * the same messages. Between rounds, untimed, the messages are removed and the jobs finished.
 */

const total = Number(process.argv[2] ?? '20000');
const batch = 1000;
const config = parseConfig(readEnvironment());
const context = await NestFactory.createApplicationContext(AppModule.forRoot(config), { logger: ['warn', 'error'] });
const relay = context.get(OutboxRelay, { strict: false });
const queue = new Queue('default', context.get<QueueOptions>(getSharedConfigToken(), { strict: false }));
const client = new Client(directSession(urlOf(config.database)));
await client.connect();
// The poll would dispatch the measured jobs.
clearTimeout(relay['timer']);

let relayMs = 0;
let bareMs = 0;
for (let done = 0; done < total; done += batch) {
  await ready(batch);
  relayMs += await timed(async () => {
    await relay['publish']('default');
  });
  await expectMessages();
  await clear();
  bareMs += await timed(addBulk);
  await expectMessages();
  await clear();
}
await client.end();
await queue.close();
await context.close();
process.send?.({ url: '', relayMs, bareMs, rows: total });
process.disconnect();

async function addBulk(): Promise<void> {
  const ids = Array.from({ length: batch }, () => uuidv7());
  const opts = { removeOnComplete: true, removeOnFail: true };
  await queue.addBulk(
    ids.map((jobId) => ({
      name: 'scenario.bare',
      data: { jobId, deliveryNo: 1 },
      opts: { ...opts, jobId: `${jobId}.1` },
    })),
  );
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

async function ready(count: number): Promise<void> {
  await client.query(
    `INSERT INTO jobs (id, type, queue, payload, state, delivery, next_delivery_at, max_attempts, run_at)
     SELECT unnest($1::uuid[]), 'scenario.bare', 'default', '{"key": "drain"}', 'queued', 'pending', now(), 5, now()`,
    [Array.from({ length: count }, () => uuidv7())],
  );
}

async function expectMessages(): Promise<void> {
  const { rows } = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM bullmq.job');
  if (rows[0]?.count !== batch) throw new Error(`A round sent ${rows[0]?.count ?? 0} messages instead of ${batch}`);
}

async function clear(): Promise<void> {
  await client.query(`UPDATE jobs SET delivery = 'done' WHERE delivery = 'published'`);
  await client.query('TRUNCATE bullmq.job, bullmq.event CASCADE');
}
