import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { Lockfile } from '../../src/cli/lockfile.ts';
import type { ExitResult } from '../harness/process/command.ts';
import { onTeardown, root, temporaryFolder } from '../harness/process/service-process.ts';

const timeoutMs = 180_000;
const advisory = { id: 1, url: 'https://example.com/advisory', title: 't', severity: 'high', vulnerable_versions: '*' };

/** A registry that answers a request for advisories like this, and has no packages. */
async function registry(status: number, advisories: object): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(request.method === 'POST' ? status : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(advisories));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTeardown(async () => {
    server.close();
    await once(server, 'close');
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function run(script: string, url = 'http://127.0.0.1:1/'): Promise<ExitResult> {
  // npm finds its programs and proxies by the environment.
  const env = { ...process.env, npm_config_registry: url, npm_config_cache: temporaryFolder() };
  const options = { cwd: root, env, maxBuffer: 64 * 1024 * 1024 };
  try {
    return { code: 0, ...(await promisify(execFile)('npm', ['run', '-s', script], options)) };
  } catch (error) {
    return error as ExitResult;
  }
}

describe('npm run audit', () => {
  it(
    'succeeds when the registry has no advisory',
    async () => {
      expect(await run('audit', await registry(200, {}))).toMatchObject({
        code: 0,
        stdout: 'No advisory applies to a production package.\n',
      });
    },
    timeoutMs,
  );

  it(
    'fails with the advisory of a production package',
    async () => {
      const { code, stderr } = await run('audit', await registry(200, { pg: [advisory] }));

      expect(code).toBe(1);
      expect(stderr).toMatch(/^high: pg .*: https:\/\/example\.com\/advisory/m);
    },
    timeoutMs,
  );

  it(
    'says that it was not run when the registry has no advisories at all, and does not succeed',
    async () => {
      const { code, stdout, stderr } = await run('audit', await registry(405, {}));

      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^plinth: the audit was NOT RUN, so nothing is known: 405 Method Not Allowed/);
    },
    timeoutMs,
  );
});

describe('npm run sbom', () => {
  it(
    'lists every production package that is installed, with its hash, and no other',
    async () => {
      const { stdout } = await run('sbom');
      const { bomFormat, components } = JSON.parse(stdout) as {
        bomFormat: string;
        components: { 'bom-ref': string; hashes?: { alg: string }[] }[];
      };
      const ofAllPlatforms = new Lockfile().production();
      const installed = ofAllPlatforms.filter(({ optional }) => optional !== true);

      expect(bomFormat).toBe('CycloneDX');
      const listed = new Set(components.map((component) => component['bom-ref']));
      expect(
        installed.map(({ name, version = '' }) => `${name}@${version}`).filter((each) => !listed.has(each)),
      ).toEqual([]);
      const production = new Set(ofAllPlatforms.map(({ name, version = '' }) => `${name}@${version}`));
      expect([...listed].filter((each) => !production.has(each))).toEqual([]);
      expect(components.filter(({ hashes }) => hashes?.[0]?.alg !== 'SHA-512')).toEqual([]);
    },
    timeoutMs,
  );
});
