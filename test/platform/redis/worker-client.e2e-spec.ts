import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { WorkerClient } from '../../../src/platform/redis/worker-client.ts';
import { onTeardown } from '../../harness/process/service-process.ts';
import { waitUntil } from '../../harness/process/wait-until.ts';
import { RedisServer } from '../../harness/redis/redis-server.ts';

const redis = await RedisServer.start();
onTeardown(async () => {
  await redis.stop();
});

describe('WorkerClient', () => {
  it('ends between two attempts to connect, with its copies, and rejects commands that wait', async () => {
    const client = new WorkerClient(redis.url);
    const copy = client.duplicate({ connectionName: 'copy' });
    await Promise.all([client.ping(), copy.ping()]);
    await redis.stop();
    const commands = [client, copy].map(async (each) => await each.ping());
    const rejected = commands.map(async (command) => {
      await expect(command).rejects.toThrow('Connection is closed.');
    });

    for (const each of [client, copy]) {
      await waitUntil('it is reconnecting', () => each.status === 'reconnecting');
      const ended = once(each, 'end');
      each.disconnect();
      await ended;
    }

    await Promise.all(rejected);
    expect([client.status, copy.status]).toEqual(['end', 'end']);
    await redis.startAgain();
  });
});
