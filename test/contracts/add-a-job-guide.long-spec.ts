import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { Api } from '../harness/http/api.ts';
import { createDatabase } from '../harness/database/database.ts';
import { Factory } from '../harness/database/factory.ts';
import { applyGuide, stepsOf } from '../harness/process/guide.ts';
import { runBlocks, shellBlocks } from '../harness/process/shell.ts';
import { root, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

describe('docs/guides/add-a-job.md', () => {
  it('leads to a job that the API accepts, lists and executes', async () => {
    const read = (file: string): string => fs.readFileSync(join(root, file), 'utf8');
    const guide = read('docs/guides/add-a-job.md');
    const steps = stepsOf(guide);
    const files = ['count-users', 'count-primes'].map((name) => ({ path: `src/features/users/${name}.job.ts` }));
    expect(steps).toMatchObject({ files, changes: [{}, {}, {}, {}] });
    const folder = temporaryFolder();
    applyGuide(folder, steps);
    const database = await createDatabase();
    const factory = new Factory(database);
    const admin = await factory.admin();
    const service = ServiceProcess.run(process.execPath, ['dist/main.js'], {
      folder,
      variables: { PORT: '0', DATABASE_URL: database.url },
    });
    const url = await service.url();
    const api = new Api(url).as(admin);

    const types = await api.get('/v1/job-types');
    const created = await api.post('/v1/jobs', { type: 'users.count', payload: { role: 'admin' } });
    const computed = await api.post('/v1/jobs', { type: 'primes.count', payload: { below: 100_000 } });
    const rejected = await api.post('/v1/jobs', { type: 'users.count', payload: {} });

    expect(types.text).toContain('"users.count"');
    expect(created.status).toBe(202);
    expect(rejected).toBeProblem('validation-failed', 422);
    const end = async ({ headers }: typeof created): Promise<unknown> =>
      await waitUntil('the job has succeeded', async () => {
        const { body } = await api.get(headers['location'] ?? '');
        return (body as { state: string }).state === 'succeeded' && (body as object);
      });
    expect(await end(created)).toMatchObject({ result: { users: 1 } });
    expect(await end(computed)).toMatchObject({ result: { primes: 9592 } });

    const [tools = ''] = shellBlocks(read('README.md'), 'A two-minute tour');
    const { accessToken } = await api.logIn(admin);
    const variables = `BASE='${url}'\nADMIN='${accessToken}'\n`;
    const [, printed = ''] = await runBlocks([tools + variables, ...shellBlocks(guide, 'Try it')]);
    expect(printed).toMatch(/event: done\ndata: .*"state":"succeeded"/);
    expect(JSON.parse(printed.trim().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'users.count',
      result: { users: 1 },
    });
    await service.stop();
    await database.drop();
  }, 600_000);
});
