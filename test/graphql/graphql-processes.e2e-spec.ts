import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { productionEnvironment } from '../harness/app/environment.ts';
import { createDatabase } from '../harness/database/database.ts';
import { Factory } from '../harness/database/factory.ts';
import { Api } from '../harness/http/api.ts';
import { graphql } from '../harness/http/graphql.ts';
import { onTeardown, root, ServiceProcess, temporaryFolder } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

const database = await createDatabase();
onTeardown(database.drop);
const production = { ...productionEnvironment, DATABASE_URL: database.url };

describe('A service in production', () => {
  it('has no introspection and no suggestions, and logs the operation without its variables', async () => {
    const service = ServiceProcess.start(temporaryFolder(), { ...production, GRAPHQL: 'on' });
    const api = new Api(await service.url());
    const admin = await new Factory(database).admin();
    const asAdmin = api.as(admin);

    expect(await api.get('/graphiql/')).toBeProblem('not-found', 404);
    const introspection = await graphql(asAdmin, '{ __schema { types { name } } }');
    const probe = await graphql(asAdmin, 'query ($s: UserSort) { usrs(sort: $s) { total { count } } }', { s: 'emial' });
    const value = await graphql(asAdmin, 'query ($s: UserSort) { users(sort: $s) { total { count } } }', {
      s: 'emial',
    });
    const named = await graphql(asAdmin, 'query Find($p: String) { users(email: $p) { total { count } } }', {
      p: 'private@example.com',
    });

    for (const { data, errors } of [introspection, probe, value]) {
      expect(data).toBeUndefined();
      expect(errors[0]).toMatchObject({ extensions: { code: 'invalid_graphql_document' } });
      expect(JSON.stringify(errors)).not.toContain('Did you mean');
    }
    expect(introspection.errors[0]?.message).toContain('introspection');
    expect(named.errors).toEqual([]);
    await graphql(asAdmin, `query Long${'g'.repeat(10_000)} { me { id } }`);
    await waitUntil('the lines of the operations', () => service.output.includes('"graphqlOperation":"Long'));
    expect(service.output).toContain('"graphqlOperation":"Find"');
    expect(service.output).not.toContain('g'.repeat(128));
    expect(service.output).not.toContain('private@example.com');
  });

  it('has no route /graphql by default, and loads no package of GraphQL', async () => {
    const folder = temporaryFolder();
    const variables = { ...production, GRAPHQL: '' };
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

describe('A worker', () => {
  it('starts with GRAPHQL=on, and loads no package of GraphQL either', async () => {
    const folder = temporaryFolder();
    const variables = { ...production, GRAPHQL: 'on', NODE_V8_COVERAGE: join(folder, 'coverage') };
    const worker = ServiceProcess.run(process.execPath, [join(root, 'dist/worker.js')], { folder, variables });

    await worker.waitForOutput(/The worker is ready/);

    expect(await worker.stop()).toMatchObject({ code: 0 });
    const loaded = loadedFiles(join(folder, 'coverage'));
    expect(loaded.filter((path) => /node_modules\/(.*(graphql|mercurius|dataloader)|ws\/)/.test(path))).toEqual([]);
  });
});

/** The files that a process has loaded, by their paths in the project, sorted: its coverage lists them all. */
function loadedFiles(folder: string): string[] {
  const reports = fs.readdirSync(folder).map((name) => fs.readFileSync(join(folder, name), 'utf8'));
  const urls = reports.flatMap((text) =>
    (JSON.parse(text) as { result: { url: string }[] }).result.map(({ url }) => url),
  );
  return [...new Set(urls)].map((url) => url.replace(pathToFileURL(root).href, '')).sort();
}
