import { afterAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { Queue } from 'bullmq';
import { configToken } from '../src/config/config.module.ts';
import type { DatabaseConfig, QueueConfig } from '../src/config/config.ts';
import { Attempts } from '../src/queue/attempts.ts';
import { JobRegistry } from '../src/queue/job-registry.ts';
import { queueNames } from '../src/queue/job.ts';
import { QueueConnection } from '../src/queue/queue-connection.ts';
import { Worker } from '../src/queue/worker.ts';
import { start } from './support/app.ts';
import { onServer } from './support/database.ts';
import { Jobs } from './support/jobs.ts';
import { until } from './support/running.ts';
import { effectsTable, TestJobsModule } from './support/test-jobs.ts';

const { app, database } = await start({ WORKER: 'off' }, [TestJobsModule]);
await database.pool.query(effectsTable);
const jobs = new Jobs(database);

/** A user who may connect once, which is enough to see the tables of the queue and too little to work on them. */
const role = `test_once_${randomBytes(6).toString('hex')}`;
await database.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'once' CONNECTION LIMIT 1`);
await database.pool.query(`GRANT ${new URL(database.url).username} TO ${role}`);
const url = new URL(database.url);
url.username = role;
url.password = 'once';
afterAll(async () => {
  await onServer(`DROP ROLE ${role}`);
});

describe('A queue', () => {
  it('whose first connection fails is used once the database accepts connections', async () => {
    await database.pool.query(`ALTER ROLE ${role} CONNECTION LIMIT 0`);
    const config: DatabaseConfig = app.get(configToken('database'));
    const connection = new QueueConnection({ ...config, directUrl: url.href });
    const queue = new Queue('unused', { connection: connection.options });
    queue.on('error', () => undefined);

    await expect(queue.add('a', {})).rejects.toThrow(/too many connections/);
    await expect(queue.add('a', {})).rejects.toThrow(/too many connections/);
    await database.pool.query(`ALTER ROLE ${role} CONNECTION LIMIT 1`);
    await expect(queue.add('a', {})).resolves.toMatchObject({ name: 'a' });

    await queue.close();
    await connection.close();
  });
});

describe('A worker', () => {
  it('that can not connect at its start tries again until it can', async () => {
    const warnings: unknown[] = [];
    Logger.overrideLogger({ log: () => undefined, error: () => undefined, warn: (...said) => warnings.push(said) });
    const config: DatabaseConfig = app.get(configToken('database'));
    const queue: QueueConfig = app.get(configToken('queue'));
    const connection = new QueueConnection({ ...config, directUrl: url.href });
    const settings = { ...queue, inline: true };
    const worker = new Worker(app.get(Attempts), app.get(JobRegistry), connection, settings);
    const ids = await Promise.all(
      queueNames.map(async (name) => await jobs.insertUnnoticed('test.effect', { key: name }, name)),
    );

    worker.begin();
    await until('it has failed', () => JSON.stringify(warnings).includes('A worker could not start'));
    await database.pool.query(`ALTER ROLE ${role} CONNECTION LIMIT -1`);

    for (const id of ids) await jobs.reach(id, 'succeeded');
    await worker.onModuleDestroy();
    await worker.beforeApplicationShutdown();
    await connection.close();
    expect(await Promise.all(ids.map(async (id) => await jobs.effects(id)))).toEqual([1, 1]);
  });
});
