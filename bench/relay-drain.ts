import { getQueueToken } from '@nestjs/bullmq';
import { NestFactory } from '@nestjs/core';
import type { Queue } from 'bullmq';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { AppModule } from '../src/app.module.ts';
import { parseConfig } from '../src/config/config.ts';
import { surroundings } from '../src/config/environment.ts';
import { urlOf } from '../src/database/database.ts';
import { directSession } from '../src/database/session.ts';
import { Relay } from '../src/queue/relay.ts';

/*
 * The relay's own method, timed in rounds of its limit of outstanding messages, against bare addBulk calls of the same
 * messages, in turns. Between rounds, outside of the time, the messages are removed and the rows closed.
 */

const total = Number(process.argv[2] ?? '20000');
const batch = 1000;
const config = parseConfig(surroundings());
const context = await NestFactory.createApplicationContext(AppModule.forRoot(config), { logger: ['warn', 'error'] });
const relay = context.get(Relay, { strict: false });
const queue = context.get<Queue>(getQueueToken('default'), { strict: false });
const client = new Client(directSession(urlOf(config.database)));
await client.connect();
// The sweep would drain what is to be timed.
clearTimeout(relay['timer']);

let relayMs = 0;
let bareMs = 0;
for (let done = 0; done < total; done += batch) {
  await ready(batch);
  relayMs += await timed(async () => {
    await relay['send']('default');
  });
  await expectMessages();
  await clear();
  bareMs += await timed(addBulk);
  await expectMessages();
  await clear();
}
await client.end();
await context.close();
process.send?.({ url: '', relayMs, bareMs, rows: total });
process.disconnect();

async function addBulk(): Promise<void> {
  const ids = Array.from({ length: batch }, () => uuidv7());
  const opts = { removeOnComplete: true, removeOnFail: true };
  await queue.addBulk(
    ids.map((jobId) => ({
      name: 'prove.bare',
      data: { jobId, dispatchNo: 1 },
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
    `INSERT INTO jobs (id, type, queue, payload, state, dispatch, next_dispatch_at, max_attempts, run_at)
     SELECT unnest($1::uuid[]), 'prove.bare', 'default', '{"key": "drain"}', 'queued', 'ready', now(), 5, now()`,
    [Array.from({ length: count }, () => uuidv7())],
  );
}

async function expectMessages(): Promise<void> {
  const { rows } = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM bullmq.job');
  if (rows[0]?.count !== batch) throw new Error(`A round sent ${rows[0]?.count ?? 0} messages instead of ${batch}`);
}

async function clear(): Promise<void> {
  await client.query(`UPDATE jobs SET dispatch = 'done' WHERE dispatch = 'sent'`);
  await client.query('TRUNCATE bullmq.job, bullmq.event CASCADE');
}
