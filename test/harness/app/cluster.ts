import { globalAgent } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { Balancer } from '../http/balancer.ts';
import { TestProcess } from '../process/test-process.ts';
import { waitUntil } from '../process/wait-until.ts';
import { root } from '../process/service-process.ts';
import { timingsOf } from './queue-timings.ts';

/** Whether the applications of a run are clusters, by TEST_CLUSTER: `npm run test:cluster`. */
export const clusterMode = process.env['TEST_CLUSTER'] === 'on' ? 'on' : 'off';

const apiCount = 3;
const workerCount = 2;

/** As that of an application in the process of a test, which does not know its port either. */
const defaultUrl = 'http://localhost:3000';

/** What the processes of a cluster have in common. */
interface ClusterOptions {
  readonly variables: Readonly<Record<string, string>>;
  /** Modules that test/cluster/features.ts knows. */
  readonly features: readonly Type[];
}

/** Three API processes behind a balancer, and two that execute their jobs. */
export class Cluster {
  private constructor(
    private readonly balancer: Balancer,
    private readonly apis: readonly TestProcess[],
    private readonly workers: readonly TestProcess[],
    private readonly folder: string,
  ) {}

  static async start({ variables, features }: ClusterOptions): Promise<Cluster> {
    // Each request has a connection of its own, so that the next one reaches another process.
    Object.assign(globalAgent, { keepAlive: false });
    const balancer = await Balancer.start();
    const folder = mkdtempSync(join(tmpdir(), 'plinth-cluster-'));
    const common = { PUBLIC_URL: defaultUrl, ...variables, ...featureVariables(features) };
    const start = (entry: string, count: number, own: ClusterOptions['variables']): TestProcess[] =>
      Array.from({ length: count }, (_, n) =>
        TestProcess.start({
          name: `${entry}-${n + 1}`,
          entry: join(root, `dist/faults/test/cluster/${entry}.js`),
          folder,
          variables: { ...common, ...own },
          logs: true,
        }),
      );
    const apis = start('api', apiCount, { WORKER: 'off', PORT: '0' });
    const workers = start('worker', workerCount, { WORKER: variables['WORKER'] ?? 'inline' });
    const cluster = new Cluster(balancer, apis, workers, folder);
    try {
      const urls = await Promise.all([...apis, ...workers].map(async (each) => await each.ready()));
      balancer.targets = urls.filter((url) => url !== '').map((url) => new URL(url));
      await Promise.all(balancer.targets.map(isReady));
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  /** Where clients reach the API processes. */
  get url(): string {
    return this.balancer.url;
  }

  /** Resolves when every API process has received an invalidation of this user. */
  async invalidationReceived(userId: string): Promise<void> {
    await Promise.all(
      this.apis.map(async (api) => {
        while ((await api.nextMessage<{ userId?: string }>()).userId !== userId);
      }),
    );
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.apis, ...this.workers].map(async (each) => {
        await each.kill();
      }),
    );
    await this.balancer.close();
    rmSync(this.folder, { recursive: true });
  }
}

/** A balancer sends no requests to a process before. */
async function isReady(url: URL): Promise<void> {
  await waitUntil(`${url.href} is ready`, async () => (await fetch(new URL('/readyz', url))).ok);
}

function featureVariables(features: readonly Type[]): Record<string, string> {
  const timings = features.map(timingsOf).find((each) => each !== undefined);
  const named = features.filter((feature) => timingsOf(feature) === undefined);
  return {
    CLUSTER_FEATURES: JSON.stringify(named.map(({ name }) => name)),
    ...(timings !== undefined && { CLUSTER_TIMINGS: JSON.stringify(timings) }),
  };
}
