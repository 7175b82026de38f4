import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { productionEnvironment, testEnvironment } from '../harness/app/environment.ts';
import { createDatabase } from '../harness/database/database.ts';
import { Api } from '../harness/http/api.ts';
import { createJob } from '../harness/http/job-calls.ts';
import { loadedFiles } from '../harness/process/loaded-files.ts';
import { onTeardown, root, ServiceProcess, temporaryFolder } from '../harness/process/service-process.ts';
import { connectAs, subscriptionsApp } from './subscriptions-app.ts';

const running = await subscriptionsApp();
const { api, factory, database } = running;
const ada = await factory.user({ roles: [] });
/** A job that runs until it is cancelled. */
const long = { type: 'test.steps', payload: { steps: 2000, stepMs: 220 } };

describe('A connection for subscriptions', () => {
  it('is closed with the shutdown of its instance, and its subscription resumes on another', async () => {
    const process = ServiceProcess.start(temporaryFolder(), {
      ...testEnvironment,
      ...{ GRAPHQL: 'on', LOG_LEVEL: 'info', WORKER: 'off', DATABASE_URL: database.url },
    });
    const other = new Api(await process.url());
    const id = await createJob(api.as(ada), long);
    const first = await connectAs({ api: other }, ada);
    const begun = first.jobEvents(id);
    await begun.until('it has received progress', () => begun.events.length >= 5);

    const stopping = process.stop();
    expect(await first.close()).toBe(1001);
    expect((await stopping).code).toBe(0);

    const second = await connectAs(running, ada);
    const resumed = second.jobEvents(id, begun.seqs.at(-1));
    await resumed.until('it has received more', () => resumed.events.length >= 3);
    await api.as(ada).post(`/v1/jobs/${id}/cancel`);
    await resumed.end();
    const all = [...begun.seqs, ...resumed.seqs];
    expect(begun.completed).toBe(false);
    expect(all).toEqual(all.map((_, at) => at + 1));
    expect(resumed.events.at(-1)).toMatchObject({ kind: 'done', state: 'cancelled' });
    const { stdout } = await process.ended;
    expect(stdout).toMatch(/"graphqlOperation":"Watch"[^\n]*"route":"\/graphql"/);
    expect(stdout).not.toContain(id);
    second.socket.close();
  }, 180_000);
});

describe('A worker', () => {
  it('starts with GRAPHQL=on, and loads no package of GraphQL either', async () => {
    const own = await createDatabase();
    onTeardown(own.drop);
    const folder = temporaryFolder();
    const variables = {
      ...productionEnvironment,
      DATABASE_URL: own.url,
      GRAPHQL: 'on',
      NODE_V8_COVERAGE: join(folder, 'coverage'),
    };
    const worker = ServiceProcess.run(process.execPath, [join(root, 'dist/worker.js')], { folder, variables });

    await worker.waitForOutput(/The worker is ready/);

    expect(await worker.stop()).toMatchObject({ code: 0 });
    const loaded = loadedFiles(join(folder, 'coverage'));
    expect(loaded.filter((path) => /node_modules\/(.*(graphql|mercurius|dataloader)|ws\/)/.test(path))).toEqual([]);
  });
});
