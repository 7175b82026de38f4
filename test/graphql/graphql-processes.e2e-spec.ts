import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { productionEnvironment } from '../harness/app/environment.ts';
import { createDatabase } from '../harness/database/database.ts';
import { Api } from '../harness/http/api.ts';
import { loadedFiles } from '../harness/process/loaded-files.ts';
import { onTeardown, ServiceProcess, temporaryFolder } from '../harness/process/service-process.ts';

/* graphql-processes.long-spec.ts has a worker, and a subscription of an instance that shuts down. */

const database = await createDatabase();
onTeardown(database.drop);

describe('A service in production', () => {
  it('has no route /graphql by default, and loads no package of GraphQL', async () => {
    const folder = temporaryFolder();
    const variables = { ...productionEnvironment, DATABASE_URL: database.url, GRAPHQL: '' };
    const service = ServiceProcess.start(folder, { ...variables, NODE_V8_COVERAGE: join(folder, 'coverage') });
    const api = new Api(await service.url());

    expect(await api.post('/graphql', { query: '{ me { id } }' })).toBeProblem('not-found', 404);

    expect(await service.stop()).toMatchObject({ code: 0 });
    const loaded = loadedFiles(join(folder, 'coverage'));
    expect(loaded).toContain('/dist/features/users/users.controller.js');
    expect(
      loaded.filter((url) => /graphql|mercurius|dataloader|node_modules\/ws\/|^\/dist\/.*resolver/i.test(url)),
    ).toEqual([
      '/dist/platform/feature/graphql-resolver.js',
      '/dist/platform/http/problem/graphql.errors.js',
      '/dist/platform/http/server/graphql-exchange.js',
    ]);
  });
});
