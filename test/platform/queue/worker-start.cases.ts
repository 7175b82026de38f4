import { afterAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { configToken } from '../../../src/platform/config/config.module.ts';
import type { DatabaseConfig, QueueConfig } from '../../../src/platform/config/config.ts';
import { JobExecutor } from '../../../src/platform/queue/execution/job-executor.ts';
import { MessageExecutor } from '../../../src/platform/queue/dispatch/bullmq/message-executor.ts';
import { JobRegistry } from '../../../src/platform/queue/job-registry.ts';
import { queueNames } from '../../../src/platform/queue/job.ts';
import { QueueTimings } from '../../../src/platform/queue/queue-timings.ts';
import { QueueConnection } from '../../../src/platform/queue/dispatch/bullmq/queue-connection.ts';
import { Worker } from '../../../src/platform/queue/dispatch/bullmq/worker.ts';
import { sharedApp } from '../../harness/app/app.ts';
import { onServer } from '../../harness/database/database.ts';
import { JobTables } from '../../harness/database/job-tables.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { effectsTable, TestJobsModule } from '../../harness/app/test-jobs.ts';

const { app, database } = await sharedApp({ WORKER: 'off' }, [TestJobsModule]);
await database.pool.query(effectsTable);
const jobs = new JobTables(database);

/** A role limited to one connection: enough to read the tables of the queue, too few to process jobs. */
const role = `test_once_${randomBytes(6).toString('hex')}`;
await database.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'once' CONNECTION LIMIT 1`);
await database.pool.query(`GRANT ${new URL(database.url).username} TO ${role}`);
const url = new URL(database.url);
url.username = role;
url.password = 'once';
afterAll(async () => {
  await onServer(`DROP ROLE ${role}`);
});

describe('A worker', () => {
  it('retries until it can connect', async () => {
    const warnings: unknown[] = [];
    Logger.overrideLogger({ log: () => undefined, error: () => undefined, warn: (...args) => warnings.push(args) });
    const config: DatabaseConfig = app.get(configToken('database'));
    const queue: QueueConfig = app.get(configToken('queue'));
    const connection = new QueueConnection({ ...config, directUrl: url.href });
    const settings = { ...queue, inline: true };
    const [messages, executor] = [app.get(MessageExecutor), app.get(JobExecutor)];
    const worker = new Worker(messages, executor, app.get(JobRegistry), connection, settings, app.get(QueueTimings));
    const ids = await Promise.all(
      queueNames.map(async (name) => await jobs.insertWithoutNotification('test.effect', { key: name }, name)),
    );

    worker.begin();
    await waitUntil('it has failed', () => JSON.stringify(warnings).includes('Worker start failed'));
    await database.pool.query(`ALTER ROLE ${role} CONNECTION LIMIT -1`);

    for (const id of ids) await jobs.reach(id, 'succeeded');
    await worker.onModuleDestroy();
    await worker.beforeApplicationShutdown();
    await connection.close();
    expect(await Promise.all(ids.map(async (id) => await jobs.effects(id)))).toEqual([1, 1]);
  });
});
