import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { Api } from './support/api.ts';
import { createDatabase } from './support/database.ts';
import { Given } from './support/given.ts';
import { buildAsTold, stepsOf } from './support/guide.ts';
import { paste, shellBlocks } from './support/shell.ts';
import { root, scratchFolder, ServiceProcess } from './support/process.ts';
import { until } from './support/running.ts';

describe('docs/guides/add-a-job.md', () => {
  it('leads to a job that the API takes, the catalogue shows and a worker runs', async () => {
    const read = (file: string): string => fs.readFileSync(join(root, file), 'utf8');
    const guide = read('docs/guides/add-a-job.md');
    const steps = stepsOf(guide);
    expect(steps).toMatchObject({ files: [{ path: 'src/features/users/count-users.job.ts' }], changes: [{}, {}] });
    const folder = scratchFolder();
    buildAsTold(folder, steps);
    const database = await createDatabase();
    const given = new Given(database);
    const admin = await given.admin();
    const service = ServiceProcess.run(process.execPath, ['dist/main.js'], {
      folder,
      variables: { PORT: '0', DATABASE_URL: database.url },
    });
    const url = await service.url();
    const api = new Api(url).as(admin);

    const types = await api.get('/v1/job-types');
    const made = await api.post('/v1/jobs', { type: 'users.count', payload: { role: 'admin' } });
    const refused = await api.post('/v1/jobs', { type: 'users.count', payload: {} });

    expect(types.text).toContain('"users.count"');
    expect(made.status).toBe(202);
    expect(refused).toBeProblem('validation-failed', 422);
    let job: unknown;
    await until('the job has succeeded', async () => {
      job = (await api.get(made.headers['location'] ?? '')).body;
      return (job as { state: string }).state === 'succeeded';
    });
    expect(job).toMatchObject({ result: { users: 1 } });

    const [tools = ''] = shellBlocks(read('README.md'), 'A two-minute tour');
    const { accessToken } = await api.logIn(admin);
    const surroundings = `BASE='${url}'\nADMIN='${accessToken}'\n`;
    const [, printed = ''] = await paste([tools + surroundings, ...shellBlocks(guide, 'Try it')]);
    expect(printed).toMatch(/event: done\ndata: .*"state":"succeeded"/);
    expect(JSON.parse(printed.trim().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'users.count',
      result: { users: 1 },
    });
    await service.stop();
    await database.drop();
  }, 120_000);
});
