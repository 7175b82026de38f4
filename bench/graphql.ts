import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { TestCluster } from '../test/harness/process/test-cluster.ts';
import { median, ratio } from './figures.ts';
import type { LoadOrder, LoadResult } from './load.ts';
import { machineWith, nameOf } from './machine.ts';
import { measureRefusals } from './refused-documents.ts';
import { report } from './report.ts';
import { administrators, seedUsers } from './seeded-users.ts';
import { ServerUnderTest } from './server-under-test.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2.5' },
    connections: { type: 'string', default: '32' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const connections = Number(values.connections);

const user = 'id email emailVerified displayName locale timezone roles status createdAt updatedAt';
const pageInfo = 'pageInfo { hasNextPage endCursor }';

/** Each query, and the route of the API that returns the same without the users of events. */
const operations = {
  users: { query: `{ users(first: 20) { edges { node { ${user} } } ${pageInfo} } }`, route: '/v1/users?limit=20' },
  auditEvents: {
    query: `{ auditEvents(first: 20) {
      edges { node { id at event outcome actorId subjectId actor { ${user} } subject { ${user} } } } ${pageInfo}
    } }`,
    route: '/v1/audit-events?limit=20',
  },
} as const;
type Operation = keyof typeof operations;
/** Processor time of a request in milliseconds, one figure for each round. */
type CpuMs = Record<'graphql' | 'bare' | 'rest', number[]>;

await report(measure, markdown, { logs: true });

async function measure(cluster: TestCluster) {
  await seedUsers(cluster.pool, 2000);
  const service = await ServerUnderTest.start(cluster, 'main', { variables: { GRAPHQL: 'on' } });
  const tokens = await administrators(service.url, cluster.pool, connections);
  const schema = join(import.meta.dirname, '../../../docs/schema.graphql');
  const bare = await ServerUnderTest.start(cluster, 'faults/bench/bare-graphql', { args: [schema] });
  await cluster.pool.query('VACUUM ANALYZE');
  const load = cluster.start('faults/bench/load', {});
  await load.ready();
  const cpuMsOf = async (server: ServerUnderTest, request: Pick<LoadOrder, 'path' | 'body'>): Promise<number> => {
    const before = server.processorMs() ?? Number.NaN;
    const result = load.nextMessage<LoadResult>();
    load.send({ url: server.url, tokens, connections, seconds, ...request } satisfies LoadOrder);
    const { requests } = await result;
    return ((server.processorMs() ?? Number.NaN) - before) / requests;
  };
  const cpuMs: Record<Operation, CpuMs> = {
    users: { graphql: [], bare: [], rest: [] },
    auditEvents: { graphql: [], bare: [], rest: [] },
  };
  for (const [operation, { query, route }] of Object.entries(operations)) {
    const document = { path: '/graphql', body: JSON.stringify({ query }) };
    await assertSameData([service.url, bare.url], document.body, tokens[0] ?? '');
    const order = [
      ['graphql', service, document],
      ['bare', bare, document],
      ['rest', service, { path: route }],
    ] as const;
    // The first round warms up the JIT compiler. Adjacent figures are compared, in alternating order.
    for (let round = -1; round < rounds; round += 1) {
      for (const [name, server, request] of round % 2 === 0 ? order : order.toReversed()) {
        const figure = await cpuMsOf(server, request);
        if (round >= 0) cpuMs[operation as Operation][name].push(Number(figure.toFixed(4)));
      }
    }
  }
  return {
    machine: await machineWith(cluster.pool),
    settings: { rounds, seconds, connections },
    loadAverage: loadavg()[0] ?? Number.NaN,
    cpuMs,
    ...(await measureRefusals(service.url, tokens[0] ?? '')),
  };
}

/** @throws when the servers return different data; their cursors differ */
async function assertSameData(urls: readonly string[], body: string, token: string): Promise<void> {
  const [first, ...others] = await Promise.all(
    urls.map(async (url) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const reply = await fetch(`${url}/graphql`, { method: 'POST', headers, body });
      return (await reply.text()).replace(/"endCursor":"[^"]*"/, '"endCursor":""');
    }),
  );
  if (first?.startsWith('{"data":{') !== true || others.some((other) => other !== first))
    throw new Error(`The responses differ:\n${String(first)}\n${others.join('\n')}`);
}

function markdown(figures: Awaited<ReturnType<typeof measure>>): string {
  const { machine, settings, loadAverage, cpuMs, refusals, livezMaxMs } = figures;
  const rows = Object.entries(cpuMs).map(([operation, { graphql, bare, rest }]) => {
    const cells = [graphql, bare, rest].map((all) => `${median(all).toFixed(3)} ms`);
    return `| ${[operation, ...cells, timesAs(graphql, bare), timesAs(graphql, rest)].join(' | ')} |`;
  });
  return [
    `${nameOf(machine)}; ${settings.rounds} rounds of ${settings.seconds} s, ${settings.connections} connections; load ` +
      `average ${loadAverage.toFixed(1)}`,
    '',
    '| CPU per request | Plinth | bare mercurius | REST | Plinth ÷ bare (goal ≤ 1.5) | Plinth ÷ REST |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    '| Refused document | Problem | first | median | largest of 50 (goal < 50 ms) |',
    '| --- | --- | --- | --- | --- |',
    ...refusals.map(({ document, code, firstMs, medianMs, maxMs }) => {
      const cells = [firstMs, medianMs, maxMs].map((ms) => `${ms.toFixed(1)} ms`);
      return `| ${[document, `\`${code}\``, ...cells].join(' | ')} |`;
    }),
    '',
    `Longest response of /livez meanwhile: ${livezMaxMs.toFixed(1)} ms`,
    '',
  ].join('\n');
}

/** The median of the ratios of adjacent rounds. */
function timesAs(ours: readonly number[], theirs: readonly number[]): string {
  return String(ratio(median(ours.map((figure, round) => figure / (theirs[round] ?? Number.NaN))), 1));
}
