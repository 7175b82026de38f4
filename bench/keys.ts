import { parseArgs } from 'node:util';
import type { TestCluster } from '../test/harness/process/test-cluster.ts';
import type { KeyFigures } from './keyed-posts.ts';
import { keyedRatios, measureKeys } from './keyed-posts.ts';
import type { Machine } from './machine.ts';
import { machineWith, nameOf } from './machine.ts';
import { report } from './report.ts';
import { connections as defaultConnections } from './round.ts';

const { values } = parseArgs({
  options: { requests: { type: 'string' }, rounds: { type: 'string' }, connections: { type: 'string' } },
});
const requests = Number(values.requests ?? 320);
const rounds = Number(values.rounds ?? 25);
const connections = Number(values.connections ?? defaultConnections);

interface Figures {
  readonly machine: Machine;
  readonly settings: { requests: number; rounds: number; connections: number };
  readonly perSecond: KeyFigures;
}

await report(measure, markdown);

async function measure(cluster: TestCluster): Promise<Figures> {
  const settings = { requests, rounds, connections };
  return { machine: await machineWith(cluster.pool), settings, perSecond: await measureKeys(cluster, settings) };
}

function markdown({ machine, perSecond }: Figures): string {
  const row = (name: string, figures: readonly number[], digits: number, goal = ''): string =>
    `| ${name} | ${quantile(figures, 0.25).toFixed(digits)} – ${quantile(figures, 0.75).toFixed(digits)} | ${quantile(figures, 0.5).toFixed(digits)} | ${goal} |`;
  const ratios = keyedRatios(perSecond);
  return [
    `${nameOf(machine)}; ${rounds} rounds of ${requests} requests, ${connections} connections`,
    '',
    '| | middle half of the rounds | median | goal |',
    '| --- | --- | --- | --- |',
    row('POST /v1/jobs without a key, per second', perSecond.unkeyed, 0),
    row('POST /v1/jobs with a new key, per second', perSecond.keyed, 0),
    row('keyed ÷ unkeyed', ratios.keyed, 2, '≥ 0.75'),
    row('POST /v1/users without a key, per second', perSecond.unkeyedInvitation, 0),
    row('POST /v1/users with a new key, per second', perSecond.keyedInvitation, 0),
    row('keyed ÷ unkeyed', ratios.keyedInvitation, 2, '≥ 0.75'),
    row('GET /v1/users/me, per second', perSecond.get, 0),
    row('replay, per second', perSecond.replay, 0),
    row('replay ÷ GET', ratios.replay, 2, '≥ 0.9'),
  ].join('\n');
}

function quantile(figures: readonly number[], part: number): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length * part)] ?? 0;
}
