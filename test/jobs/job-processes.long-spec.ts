import { beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { Api } from '../harness/http/api.ts';
import { createDatabase } from '../harness/database/database.ts';
import { EventReader } from '../harness/http/event-reader.ts';
import { Factory } from '../harness/database/factory.ts';
import { createJob, waitForState } from '../harness/http/job-calls.ts';
import { onTeardown, root, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

/** Two API processes that execute no jobs, and two worker processes, on one database. */
const folder = temporaryFolder();
const database = await createDatabase();
onTeardown(database.drop);
const variables = {
  DATABASE_URL: database.url,
  APP_SECRET: 'the-secret-of-tests-is-public-knowledge',
  PUBLIC_URL: 'http://127.0.0.1',
};
const factory = new Factory(database);
const admin = await factory.admin();
const exported = { type: 'users.export', payload: { format: 'csv' } };

function startWorker(): ServiceProcess {
  return ServiceProcess.run(process.execPath, [join(root, 'dist/worker.js')], { folder, variables });
}

const services = [1, 2].map(() => ServiceProcess.start(folder, { ...variables, WORKER: 'off' }));
const workers = [startWorker(), startWorker()];
let apis: Api[] = [];

beforeAll(async () => {
  apis = await Promise.all(services.map(async (service) => new Api(await service.url()).as(admin)));
  for (const worker of workers) await worker.waitForOutput(/The worker is ready/);
});

/** Distributes requests over the API processes. */
function apiFor(number: number): Api {
  const api = apis[number % apis.length];
  if (api === undefined) throw new Error('There is no API');
  return api;
}

/** The log lines of these processes that hold the text. */
function lines(processes: readonly ServiceProcess[], text: string): Record<string, unknown>[] {
  return processes
    .flatMap(({ output }) => output.split('\n'))
    .filter((line) => line.includes(text))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('A job', () => {
  it('is logged by its worker with the request id and the trace id of its request', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const response = await apiFor(0).post('/v1/jobs', exported, {
      'X-Request-Id': 'from-request-to-job',
      traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
    });
    const { id } = response.body as { id: string };
    await waitForState(apiFor(1), id, 'succeeded');
    await waitUntil(
      'both processes have logged it',
      () => lines(workers, id).length > 0 && lines(services, '202').length > 0,
    );

    const same = { requestId: 'from-request-to-job', trace_id: traceId };
    const requests = lines(services, 'from-request-to-job').filter(({ msg }) => msg === 'request');
    expect(requests).toMatchObject([{ ...same, method: 'POST', status: 202 }]);
    expect(lines(workers, id)).toMatchObject([
      { ...same, jobId: id, type: 'users.export', attempt: 1, outcome: 'succeeded', durationMs: expect.any(Number) },
    ]);
  });
});

describe('Two API processes and two workers on one database', () => {
  it('execute each job once, on either worker', async () => {
    const ids: string[] = [];
    // Ten at a time: more would wait for connections too long on a busy machine.
    for (let batch = 0; batch < 4; batch += 1) {
      const jobs = Array.from({ length: 10 }, async (_, at) => await createJob(apiFor(at), exported));
      ids.push(...(await Promise.all(jobs)));
    }
    for (const [at, id] of ids.entries()) await waitForState(apiFor(at + 1), id, 'succeeded');
    await waitUntil('every job has a log line', () => ids.every((id) => lines(workers, id).length > 0));

    for (const id of ids) expect(lines(workers, id)).toMatchObject([{ outcome: 'succeeded', attempt: 1 }]);
    const shares = workers.map((worker) => lines([worker], 'succeeded').length);
    expect(Math.min(...shares)).toBeGreaterThan(0);
    expect(lines(services, '"context":"Job"')).toEqual([]);
  });

  it('stream the events of a job from either API process, and resume on the other', async () => {
    await database.pool.query(
      `INSERT INTO users (id, email, email_normalized, password_hash, updated_at)
       SELECT gen_random_uuid(), n || '@example.org', n || '@example.org', '-', now() FROM generate_series(1, 20000) AS n`,
    );
    const { accessToken } = await apiFor(0).logIn(admin);
    const id = await createJob(apiFor(0), exported);
    const url = (number: number): string => `${apiFor(number).baseUrl}/v1/jobs/${id}/events`;

    const whole = await EventReader.open(url(1), accessToken);
    await whole.end();
    const rest = await EventReader.open(url(0), accessToken, { 'Last-Event-ID': '2' });
    await rest.end();

    expect(whole.events.at(-1)).toMatchObject({ event: 'done', data: { state: 'succeeded' } });
    expect(whole.events.some(({ event }) => event === 'progress')).toBe(true);
    expect(whole.ids).toEqual(whole.ids.map((_, at) => at + 1));
    expect(rest.ids).toEqual(whole.ids.slice(2));
  });

  it('shut down without an error', async () => {
    for (const service of [...services, ...workers])
      expect(await service.stop()).toMatchObject({ code: 0, stderr: '' });
  });
});
