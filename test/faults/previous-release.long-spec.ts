import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { serverUrl } from '../harness/database/database.ts';
import { join } from 'node:path';
import { root, ServiceProcess, temporaryFolder } from '../harness/process/service-process.ts';

const git = (...args: readonly string[]): string =>
  spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim();
const isReleased = /^v\d+\.\d+\.\d+$/m.test(git('tag', '--list', 'v*', '--merged', 'HEAD'));
const timeoutMs = 900_000;

/** Runs `npm run test:previous-release` with these arguments on a database of the tests' server. */
async function run(...args: readonly string[]): ServiceProcess['ended'] {
  return await ServiceProcess.run(
    process.execPath,
    [join(root, 'dist/faults/test/faults/previous-release.js'), ...args],
    {
      folder: temporaryFolder(),
      variables: { TEST_DATABASE_URL: serverUrl() },
    },
  ).ended;
}

describe('npm run test:previous-release', () => {
  it(
    isReleased
      ? 'passes with the last release on this schema'
      : 'needs a commit before the first release, and passes with it',
    async () => {
      if (!isReleased) {
        const refused = await run();
        expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^plinth: There is no release tag/) });
      }
      const { code, stdout, stderr } = await run(...(isReleased ? [] : ['--ref', 'HEAD']));

      console.log(stdout);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/\nPASS: 14 checks\n$/);
    },
    timeoutMs,
  );
});
