import { afterAll, describe, expect, it } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { configToken } from '../../../src/platform/config/config.module.ts';
import type { DatabaseConfig } from '../../../src/platform/config/config.ts';
import { QueueConnection } from '../../../src/platform/queue/dispatch/bullmq/queue-connection.ts';
import { Transport } from '../../../src/platform/queue/dispatch/bullmq/transport.ts';
import { sharedApp } from '../../harness/app/app.ts';
import { onServer } from '../../harness/database/database.ts';
import { JobTables } from '../../harness/database/job-tables.ts';
import { TestJobsModule } from '../../harness/app/test-jobs.ts';

const { app, database } = await sharedApp({ WORKER: 'off' }, [TestJobsModule]);
const jobs = new JobTables(database);

/** A role that cannot connect. */
const role = `test_none_${randomBytes(6).toString('hex')}`;
await database.pool.query(`CREATE ROLE ${role} LOGIN PASSWORD 'none' CONNECTION LIMIT 0`);
await database.pool.query(`GRANT ${new URL(database.url).username} TO ${role}`);
const url = new URL(database.url);
url.username = role;
url.password = 'none';
afterAll(async () => {
  await onServer(`DROP ROLE ${role}`);
});

describe('The transport', () => {
  it('sends messages once its queue can connect, although its first connection failed', async () => {
    const config: DatabaseConfig = app.get(configToken('database'));
    const connection = new QueueConnection({ ...config, directUrl: url.href });
    const transport = new Transport(connection, { connection: connection.options });
    const jobId = randomUUID();
    const message = { jobId, deliveryNo: 1, type: 'test.effect', priority: 0 };

    await expect(transport.send('default', [message])).rejects.toThrow('too many connections');
    expect(await jobs.messages(jobId)).toBe(0);
    await database.pool.query(`ALTER ROLE ${role} CONNECTION LIMIT -1`);
    await transport.send('default', [message]);

    expect(await jobs.messages(jobId)).toBe(1);
    await transport.close();
  });
});
