import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { directSession } from '../../src/platform/database/session.ts';
import { migrate } from '../../src/platform/database/migrations/migrate.ts';
import type { EmbeddedPostgres } from '../../src/platform/dev-postgres/dev-postgres.ts';
import { startEmbedded } from '../../src/platform/dev-postgres/dev-postgres.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { scenarioTables } from './effect.job.ts';
import { enqueueAll, formatDuration, outcomeOf, settled } from './jobs.ts';
import type { Scenario, ScenarioOptions, ScenarioResult } from './scenario.ts';

export const restoreDrill: Scenario = {
  description: 'a server is copied under load as docs/operations/backup.md says, and restored into another folder',
  promise: 'A copy of the running database can be restored, and its unfinished jobs are executed once.',
  defaults: { jobs: 40, rounds: 1 },
  short: { jobs: 20 },
  run,
};

const migrations = join(import.meta.dirname, '../../../../prisma/migrations');

/** @param jobs of each batch under load */
async function run(cluster: TestCluster, { jobs, random }: ScenarioOptions): Promise<ScenarioResult> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-drill-'));
  // When root runs the scenario, the embedded server runs as another user and must have access.
  chmodSync(folder, 0o755);
  const dataDir = { origin: join(folder, 'origin'), restored: join(folder, 'restored') };
  const backup = join(folder, 'backup');
  let server: EmbeddedPostgres | undefined;
  try {
    server = await startEmbedded({ dataDir: dataDir.origin, shared: true });
    await migrate({ url: server.url, folder: migrations });
    const origin = await Service.start(cluster, server.url);
    await origin.pool.query(scenarioTables);
    const stopped = new AbortController();
    const acknowledged: string[] = [];
    const enqueue = async (): Promise<void> => {
      const payloads = Array.from({ length: jobs }, () => ({
        ...{ key: 'drill', prepareMs: random.between(0, 300), runMs: random.between(0, 50) },
      }));
      acknowledged.push(...(await enqueueAll(origin.url, payloads)));
    };
    await enqueue();
    const load = (async () => {
      while (!stopped.signal.aborted) await enqueue();
    })();
    const before = acknowledged.length;
    const startedAt = performance.now();
    const copied = await runCommand(cluster, 'cli/backup', [backup], dataDir.origin);
    const copiedMs = performance.now() - startedAt;
    stopped.abort();
    await load;
    await origin.kill();
    await server.stop();
    const restored = await runCommand(cluster, 'cli/restore', [backup], dataDir.restored);
    server = await startEmbedded({ dataDir: dataDir.restored });
    const readyAt = performance.now();
    const service = await Service.start(cluster, server.url);
    let status = 0;
    await waitUntil('the restored service is ready', async () => {
      const response = await fetch(`${service.url}/readyz`);
      status = response.status;
      return response.ok;
    });
    const readyMs = performance.now() - readyAt;
    const unfinished = await service.unfinished();
    const finished = await settled(service.pool, 120_000);
    const mustExist = acknowledged.slice(0, before);
    const outcome = await outcomeOf(service.pool, mustExist, finished);
    await enqueueAll(service.url, [{ key: 'after', prepareMs: 0, runMs: 0 }]);
    await service.kill();
    return {
      figures: {
        'time of the copy': formatDuration(copiedMs),
        'jobs acknowledged before it': before,
        'jobs acknowledged during it': acknowledged.length - before,
        'jobs in the copy': outcome.history.jobs,
        'of these unfinished at the start': unfinished,
        ...outcome.figures,
        'readiness of the restored service': status,
        'from its start to readiness': formatDuration(readyMs),
        'from its start to the last job': formatDuration(performance.now() - readyAt),
      },
      failures: [
        ...outcome.violations,
        ...(copied === '' ? [] : [copied]),
        ...(restored === '' ? [] : [restored]),
        ...(outcome.history.effects === outcome.history.jobs ? [] : ['a job has no effect, or several']),
      ],
    };
  } finally {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a command on a data folder; returns what it printed if it failed. */
async function runCommand(cluster: TestCluster, name: string, args: string[], dataDir: string): Promise<string> {
  // Without a URL the command uses the server of the data folder, as in development.
  const program = cluster.start(name, { NODE_ENV: 'development', DATABASE_URL: '', DATA_DIR: dataDir }, { args });
  return (await program.ended) === 0 ? '' : `${name} failed: ${program.log()}`;
}

/** An API process and a worker on one database. */
class Service {
  private constructor(
    readonly url: string,
    readonly pool: Pool,
    private readonly programs: readonly { kill: () => Promise<void> }[],
  ) {}

  static async start(cluster: TestCluster, databaseUrl: string): Promise<Service> {
    const variables = { DATABASE_URL: databaseUrl };
    const [api, worker] = [cluster.api(variables), cluster.worker(variables)];
    const [url] = await Promise.all([api.ready(), worker.ready()]);
    const pool = new Pool({ ...directSession(databaseUrl), max: 2 });
    pool.on('error', () => undefined);
    return new Service(url, pool, [api, worker]);
  }

  async unfinished(): Promise<number> {
    const { rows } = await this.pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM jobs WHERE finished_at IS NULL',
    );
    return rows[0]?.count ?? 0;
  }

  async kill(): Promise<void> {
    await Promise.all(
      this.programs.map(async (program) => {
        await program.kill();
      }),
    );
    await this.pool.end();
  }
}
