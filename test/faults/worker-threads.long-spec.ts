import { beforeAll, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { onTeardown } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { RedisServer } from '../harness/redis/redis-server.ts';
import { lines, newFile, ThreadProcesses } from './thread-processes.ts';
import { describeWorkerThreads } from './worker-thread-tests.ts';

const timeoutMs = 180_000;

describeWorkerThreads('PostgreSQL', async () => await Promise.resolve({ REDIS_URL: '' }));
describeWorkerThreads('BullMQ', redisVariables);

async function redisVariables(): Promise<Readonly<Record<string, string>>> {
  const redis = await RedisServer.start();
  onTeardown(async () => {
    await redis.stop();
  });
  return { REDIS_URL: redis.url };
}

describe('A job in a worker thread', () => {
  let processes: ThreadProcesses;

  beforeAll(async () => {
    processes = await ThreadProcesses.open({});
    await processes.start({}, ['--max-old-space-size=200']);
  }, timeoutMs);

  it('keeps its lease, and reports its progress before it ends', async () => {
    const untilFile = newFile();
    const id = await processes.enqueue({ untilFile, isCooperative: true });
    await processes.untilStarted(id);
    const { lease, lease_expires_at: expiry } = await processes.find(id);

    const renewed = await waitUntil('it has progress and another heartbeat', async () => {
      const job = await processes.find(id);
      return job['progress'] !== null && Number(job['lease_expires_at']) > Number(expiry) && job;
    });
    expect(renewed).toMatchObject({ state: 'running', lease, progress: { done: expect.any(Number), total: null } });

    writeFileSync(untilFile, '');
    await processes.reach(id, 'succeeded');
    expect(await processes.threads(id)).toHaveLength(1);
  });

  it('reuses a thread that is idle', async () => {
    const first = await processes.run({});
    const second = await processes.run({});

    expect(await processes.threads(second)).toEqual(await processes.threads(first));
  });

  it('logs with the request id of its request', async () => {
    const response = await fetch(`${processes.url}/v1/scenarios/threads`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'request-of-a-thread' },
      body: '{}',
    });
    const { id } = (await response.json()) as { id: string };
    await waitUntil('it has a log line', () => lines(processes.program, id).length > 0);

    expect(lines(processes.program, id)).toMatchObject([
      { msg: 'job', requestId: 'request-of-a-thread', jobId: id, type: 'scenario.thread', outcome: 'succeeded' },
    ]);
    expect(
      lines(processes.program, 'computes').filter(({ requestId }) => requestId === 'request-of-a-thread'),
    ).toHaveLength(1);
  });

  it('is cancelled when it reports progress and checks its signal, and its thread is reused', async () => {
    const id = await processes.enqueue({ untilFile: newFile(), isCooperative: true });
    await processes.untilStarted(id);
    await processes.requestCancellation(id);

    await processes.reach(id, 'cancelled');

    const next = await processes.run({});
    expect(await processes.threads(next)).toEqual(await processes.threads(id));
  });

  it('is repeated after an error, whose message its owner can read', async () => {
    const untilFile = newFile();
    const id = await processes.enqueue({ fault: 'throw', untilFile });

    expect(await processes.failed(id)).toMatchObject({
      error: { name: 'RangeError', message: 'the first attempt fails' },
    });
    const line = await waitUntil('it has a log line', () => lines(processes.program, id)[0]);
    expect(line).toMatchObject({ outcome: 'failed', err: { message: 'the first attempt fails' } });
    expect((line['err'] as { stack: string }).stack).toMatch(/RangeError: .*\n.*thread\.job\.ts/);
    writeFileSync(untilFile, '');
    await processes.reach(id, 'succeeded');
    expect(await processes.effects(id)).toBe(1);
  });

  it('is dead after an error that is not retryable', async () => {
    expect(await processes.find(await processes.run({ fault: 'final' }, 'dead'))).toMatchObject({
      attempts: 1,
      error: { name: 'NonRetryableError', message: 'never again' },
    });
  });

  it.each([
    ['exit', 'WorkerThreadExited', 'ended with exit code 3'],
    ['uncaught', 'Error', 'thrown from a timer'],
  ])('is repeated in another thread after the fault %s, and its process continues', async (fault, name, message) => {
    const untilFile = newFile();
    const id = await processes.enqueue({ fault, untilFile });
    expect(await processes.failed(id)).toMatchObject({ error: { name, message: expect.stringContaining(message) } });

    writeFileSync(untilFile, '');
    await processes.reach(id, 'succeeded');

    expect(await processes.find(id)).toMatchObject({ attempts: 2, result: { attempt: 2 } });
    expect(new Set(await processes.threads(id)).size).toBe(2);
    expect(await processes.effects(id)).toBe(1);
    expect(processes.program.running).toBe(true);
  });

  it('that uses up the memory of its thread fails, and its process continues', async () => {
    const untilFile = newFile();
    const id = await processes.enqueue({ fault: 'memory', untilFile });

    expect(await processes.failed(id)).toMatchObject({
      error: { message: expect.stringContaining('memory limit') },
    });
    writeFileSync(untilFile, '');
    await processes.reach(id, 'succeeded');
    expect(await processes.effects(id)).toBe(1);
    expect(processes.program.running).toBe(true);
  });

  it('is released in a call of native code, which does not delay the end of its process', async () => {
    await processes.program.kill();
    await processes.start({ WORKER_SHUTDOWN_TIMEOUT_MS: '0' });
    const id = await processes.enqueue({ fault: 'native' });
    await processes.untilStarted(id);

    processes.program.signal('SIGTERM');
    // The call takes minutes.
    await waitUntil('its process has ended', () => !processes.program.running, 60_000);

    expect(await processes.find(id)).toMatchObject({ state: 'queued', attempts: 0, lease: null });
    await processes.start();
  });

  it('is finished by another process when its own is killed', async () => {
    await processes.program.kill();
    await processes.start({ SCENARIO_TIMINGS: 'short' });
    const untilFile = newFile();
    const id = await processes.enqueue({ untilFile });
    await processes.untilStarted(id);

    await processes.program.kill();
    writeFileSync(untilFile, '');
    await processes.start();

    await processes.reach(id, 'succeeded');
    expect((await processes.threads(id)).length).toBeGreaterThan(1);
    expect(await processes.effects(id)).toBe(1);
  });
});
