import { parseArgs } from 'node:util';
import { TestCluster } from '../test/harness/process/test-cluster.ts';
import { median, ratio } from './figures.ts';
import type { GrownService } from './growth-operations.ts';
import { cleanUp, growthOperations, openGrownService } from './growth-operations.ts';
import { insertGrowthRows } from './growth-rows.ts';
import type { Machine } from './machine.ts';
import { machineWith, nameOf } from './machine.ts';
import { report } from './report.ts';

const { values } = parseArgs({
  options: { sizes: { type: 'string', default: '1e3,1e4,1e5,1e6' }, rounds: { type: 'string', default: '15' } },
});
const sizes = values.sizes.split(',').map(Number);
const rounds = Number(values.rounds);
/** The size that larger ones are compared with: smaller tables fit into few pages. */
const reference = sizes.find((size) => size >= 10_000) ?? sizes[0];

interface Figures {
  readonly machine: Machine;
  readonly settings: { sizes: number[]; rounds: number };
  /** The median of each operation at each size, in milliseconds. */
  readonly ms: Readonly<Record<string, number[]>>;
}

await report(measure, markdown);

/** The rounds interleave the sizes, so that other load affects all of them; each size has a server of its own. */
async function measure(first: TestCluster): Promise<Figures> {
  const clusters = [first];
  try {
    while (clusters.length < sizes.length) clusters.push(await TestCluster.open());
    const services: GrownService[] = [];
    for (const [at, cluster] of clusters.entries()) services.push(await grow(cluster, sizes[at] ?? 0));
    const ms: Record<string, number[]> = {};
    for (const [name, operation] of Object.entries(growthOperations)) {
      const times = services.map((): number[] => []);
      for (let round = -1; round < rounds; round += 1) {
        for (const [at, service] of services.entries()) {
          const took = await operation(service);
          // The first round loads code, plans and pages.
          if (round >= 0) times[at]?.push(took);
        }
      }
      ms[name] = times.map((all) => Number(median(all).toFixed(2)));
      console.error(`${name}: ${ms[name].join(', ')} ms`);
    }
    return { machine: await machineWith(first.pool), settings: { sizes, rounds }, ms };
  } finally {
    await Promise.all(
      clusters.slice(1).map(async (cluster) => {
        await cluster.close();
      }),
    );
  }
}

async function grow(cluster: TestCluster, size: number): Promise<GrownService> {
  const begin = performance.now();
  await insertGrowthRows(cluster.pool, size);
  console.error(`${size} rows of each kind inserted in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  const { url } = await cluster.service({ WORKER: 'inline', AUTH_AUDIT_RETENTION_DAYS: '365' });
  // Archives old jobs, as every night.
  await cleanUp(cluster.pool);
  await cluster.pool.query('VACUUM ANALYZE');
  return await openGrownService(url.origin, cluster.pool);
}

function markdown({ machine, settings, ms }: Figures): string {
  const at = settings.sizes.indexOf(reference ?? 0);
  return [
    `${nameOf(machine)}; medians of ${settings.rounds} rounds in milliseconds, by rows of each kind`,
    '',
    `| | ${settings.sizes.map((size) => size.toLocaleString('en')).join(' | ')} | largest ÷ ${(reference ?? 0).toLocaleString('en')} |`,
    `| --- |${' --- |'.repeat(settings.sizes.length + 1)}`,
    ...Object.entries(ms).map(
      ([name, each]) =>
        `| ${name} | ${each.join(' | ')} | ${ratio(each.at(-1) ?? Number.NaN, each[at] ?? Number.NaN)} |`,
    ),
    '',
  ].join('\n');
}
