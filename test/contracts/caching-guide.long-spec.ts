import { describe, expect, it } from '@jest/globals';
import fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Api } from '../harness/http/api.ts';
import { createDatabase } from '../harness/database/database.ts';
import { Factory } from '../harness/database/factory.ts';
import { applyGuide, stepsOf } from '../harness/process/guide.ts';
import { runBlocks, shellBlocks } from '../harness/process/shell.ts';
import { root, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';
import { waitUntil } from '../harness/process/wait-until.ts';

/** The released document does not have the operation of the guide. */
async function memberCount(url: string): Promise<unknown> {
  return await (await fetch(`${url}/v1/member-count`)).json();
}

/** The first invalidations that a process receives empty its cache once. */
async function stableCount(url: string): Promise<unknown> {
  return await waitUntil('the count is cached', async () => {
    const counted = await memberCount(url);
    await delay(1000);
    return isDeepStrictEqual(await memberCount(url), counted) && counted;
  });
}

describe('docs/guides/caching.md', () => {
  it('leads to a cached value that a change on one instance updates on the other', async () => {
    const read = (file: string): string => fs.readFileSync(join(root, file), 'utf8');
    const guide = read('docs/guides/caching.md');
    const folder = temporaryFolder();
    applyGuide(folder, stepsOf(guide));
    const database = await createDatabase();
    const admin = await new Factory(database).admin();
    const start = (): ServiceProcess =>
      ServiceProcess.run(process.execPath, ['dist/main.js'], {
        folder,
        variables: { PORT: '0', DATABASE_URL: database.url },
      });
    const services = [start(), start()];
    const [url = '', otherUrl = ''] = await Promise.all(services.map(async (service) => await service.url()));
    const [before, other] = [await stableCount(url), await stableCount(otherUrl)];

    const [tools = ''] = shellBlocks(read('README.md'), 'A two-minute tour');
    const { accessToken } = await new Api(url).logIn(admin);
    const variables = `BASE='${url}'\nADMIN='${accessToken}'\n`;
    const [, printed = ''] = await runBlocks([tools + variables, ...shellBlocks(guide, 'Try it')]);

    const [cached, again, renewed] = printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(before).toEqual({ members: 1, countedAt: expect.any(String) });
    expect([cached, again]).toEqual([before, before]);
    expect(renewed).not.toEqual(before);
    await waitUntil(
      'the other instance counts again',
      async () => !isDeepStrictEqual(await memberCount(otherUrl), other),
    );
    for (const service of services) await service.stop();
    await database.drop();
  }, 600_000);
});
