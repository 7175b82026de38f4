import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createDatabase } from '../harness/database/database.ts';
import { Factory } from '../harness/database/factory.ts';
import { Api } from '../harness/http/api.ts';
import { codeOf, MfaFlows } from '../harness/http/mfa-flows.ts';
import { onTeardown, temporaryFolder, ServiceProcess } from '../harness/process/service-process.ts';

/*
 * What popular generators make of docs/openapi.json, and gql.tada of docs/schema.graphql: it has to compile as strictly as
 * it can, and to work against the real service. `npm run test:clients` installs the generators into this folder first.
 */

const folder = import.meta.dirname;
const timeoutMs = 300_000;

const database = await createDatabase();
onTeardown(database.drop);
const service = ServiceProcess.start(temporaryFolder(), { DATABASE_URL: database.url, GRAPHQL: 'on' });
const url = await service.url();
const given = new Factory(database);
const mfa = new MfaFlows({ api: new Api(url), factory: given, database });
const admin = await mfa.user({ roles: ['user', 'admin'] });
const user = await given.user();

interface Generator {
  readonly name: string;
  readonly command: readonly string[];
  /** What the generated code itself can't be compiled with. */
  readonly without?: Partial<typeof compilerOptions>;
  /** Whether the client can read a stream of events. */
  readonly streams: boolean;
}

const generators: readonly Generator[] = [
  {
    name: 'openapi-typescript',
    command: [
      'openapi-typescript',
      '../../docs/openapi.json',
      '--default-non-nullable=false',
      '--output=generated/openapi-typescript/api.d.ts',
    ],
    streams: true,
  },
  { name: 'orval', command: ['orval', '--config=orval.config.js'], streams: true },
  {
    name: 'hey-api',
    command: ['openapi-ts', '--file=hey-api.config.js'],
    without: { exactOptionalPropertyTypes: false },
    streams: true,
  },
  {
    name: 'kubb',
    command: ['kubb', 'generate', '--config=kubb.config.js'],
    without: { exactOptionalPropertyTypes: false },
    streams: false,
  },
  {
    // Of docs/schema.graphql.
    name: 'gql-tada',
    command: ['gql.tada', 'generate', 'output', '--tsconfig=gql-tada.tsconfig.json'],
    streams: false,
  },
];

/** As strict as it goes; the declarations of packages are compiled as well. */
const compilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noFallthroughCasesInSwitch: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noUncheckedIndexedAccess: true,
  isolatedModules: true,
  skipLibCheck: false,
  noEmit: true,
  target: 'es2022',
  lib: ['es2022', 'dom', 'dom.iterable'],
  types: [],
  module: 'esnext',
  moduleResolution: 'bundler',
  allowImportingTsExtensions: true,
};

async function run(program: string, args: readonly string[]): Promise<string> {
  // Programs find others by the environment; no telemetry.
  const quiet = { DO_NOT_TRACK: '1', KUBB_DISABLE_TELEMETRY: '1', CI: '1' };
  const child = spawn(program, args, { cwd: folder, env: { ...process.env, ...quiet, PLINTH_URL: url } });
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (child.exitCode !== 0) throw new Error(`${program} ${args.join(' ')}\n${out}${errors}`);
  return out;
}

const tool = (name: string): string => join(folder, 'node_modules/.bin', name);

describe.each(generators)('A client that $name makes of its document', ({ name, command, without = {}, streams }) => {
  it(
    'is generated, and compiles under strict without skipLibCheck',
    async () => {
      const place = join(folder, 'generated', name);
      rmSync(place, { recursive: true, force: true });
      mkdirSync(place, { recursive: true });
      const [generator = '', ...args] = command;
      await run(tool(generator), args);
      const project = join(place, 'tsconfig.json');
      // Folders that begin with a dot have to be named.
      const include = ['**/*.ts', '.kubb/*.ts', `../../programs/${name}.ts`];
      writeFileSync(project, JSON.stringify({ compilerOptions: { ...compilerOptions, ...without }, include }));

      expect(globSync('**/*.ts', { cwd: place }).length).toBeGreaterThan(0);
      expect(await run(tool('tsc'), ['-p', project])).toBe('');
    },
    timeoutMs,
  );

  it(
    'logs in with a TOTP code, lists, reads with an API key too, is refused, and creates and follows a job',
    async () => {
      const program = `generated/${name}.mjs`;
      const bundle = ['--bundle', '--platform=node', '--format=esm', '--log-level=warning', `--outfile=${program}`];
      await run(tool('esbuild'), [`programs/${name}.ts`, ...bundle]);

      await mfa.allowReplay(admin);
      const credentials = [admin.email, admin.password, codeOf(admin)];
      const outcome: unknown = JSON.parse(await run(process.execPath, [program, url, ...credentials]));

      expect(outcome).toEqual({
        emails: [user.email, admin.email],
        read: user.email,
        readByKey: user.email,
        missing: { code: 'not_found', status: 404 },
        refused: { code: 'validation_failed', pointers: ['#/payload/role'] },
        job: { type: 'users.export', rows: 2 },
        ...(streams ? { ending: 'succeeded' } : {}),
      });
    },
    timeoutMs,
  );
});
