import type { Proof } from '../test/harness/process/proof.ts';
import { median, ratio } from './figures.ts';
import type { HttpFigures, Name, RouteFigures } from './http.ts';
import { keyRows } from './keyed-posts.ts';
import type { LoadResult } from './load.ts';
import { nameOf } from './machine.ts';

/** The record of bench:http in docs/proofs. */
export function proof({ edge, me, list, idle }: HttpFigures): Omit<Proof, 'command'> {
  return {
    name: 'bench:http',
    promise: 'Requests cost little processor time, compared with a lean server that does the same and nothing else.',
    figures: {
      'GET /problems/not-found': `${timesLean(edge.cpuMs)} × lean`,
      'GET /v1/users/me': `${timesLean(me.cpuMs)} × lean`,
      'GET /v1/users?limit=20': `${timesLean(list.cpuMs)} × lean`,
      'boot to ready': `${idle.service.bootMs} ms`,
    },
  };
}

/** The tables of bench:http. */
export function markdown(all: HttpFigures): string {
  const { settings, idle, afterMib } = all;
  const others: Name[] = all.me.cpuMs.brocoders === undefined ? ['baseline'] : ['baseline', 'brocoders'];
  const names: Name[] = ['service', 'lean', ...others];
  const row = (what: string, cells: readonly string[], comparison: string, goal = ''): string =>
    `| ${[what, ...cells, comparison, goal].join(' | ')} |`;
  const routeRows = (what: string, figures: RouteFigures, goal: string): string[] => {
    const { cpuMs, cpuMsAtRate, perSecond, latency, fixedRate } = figures;
    const cells = (of: (name: Name) => string): string[] => names.map(of);
    return [
      row(
        `**${what}, CPU per request**`,
        cells((name) => `${median(cpuMs[name] ?? []).toFixed(3)} ms`),
        `**${timesLean(cpuMs)}**`,
        goal,
      ),
      row(
        `${what}, CPU per request at ${fixedRate} per second`,
        cells((name) => `${(cpuMsAtRate[name] ?? Number.NaN).toFixed(3)} ms`),
        String(ratio(cpuMsAtRate.service ?? Number.NaN, cpuMsAtRate.lean ?? Number.NaN)),
      ),
      row(
        `${what}, per second`,
        cells((name) => String(median(perSecond[name] ?? []))),
        timesLean(perSecond),
      ),
      row(
        `${what}, p50 / p99 at ${fixedRate} per second`,
        cells((name) => percentiles(latency[name])),
        String(ratio(latency.service?.p99Ms ?? Number.NaN, latency.lean?.p99Ms ?? Number.NaN)),
        'p99 ≤ 2',
      ),
    ];
  };
  return [
    `${nameOf(all.machine)}; ${settings.rounds} rounds of ${settings.seconds} s, ${settings.connections} connections, ` +
      `load from ${settings.load}`,
    '',
    `| | ${names.map((name) => (name === 'service' ? 'Plinth' : name)).join(' | ')} | Plinth ÷ lean | goal |`,
    `| --- |${' --- |'.repeat(names.length + 2)}`,
    ...routeRows('GET /problems/not-found', all.edge, '≤ 2.2'),
    ...routeRows('GET /v1/users/me', all.me, '≤ 2.2'),
    ...routeRows('GET /v1/users?limit=20', all.list, '≤ 2.5'),
    '',
    ...lateRows(all),
    '',
    '| | per second | ratio | goal |',
    '| --- | --- | --- | --- |',
    ...keyRows(all.keys),
    '',
    '| | Plinth | baseline | goal |',
    '| --- | --- | --- | --- |',
    `| boot to ready | ${idle.service.bootMs} ms | ${idle.baseline.bootMs} ms | ≤ 1500 ms |`,
    `| resident memory, idle | ${idle.service.mib ?? '?'} MiB | ${idle.baseline.mib ?? '?'} MiB | ≤ 143 MiB |`,
    `| resident memory, after the load | ${afterMib['service'] ?? '?'} MiB | ${afterMib['baseline'] ?? '?'} MiB | ≤ 238 MiB |`,
    '',
  ].join('\n');
}

/** The median of the ratios of adjacent rounds. */
function timesLean({ service = [], lean = [] }: RouteFigures['cpuMs']): string {
  return String(ratio(median(service.map((figure, round) => figure / (lean[round] ?? Number.NaN))), 1));
}

function percentiles(result: LoadResult | undefined): string {
  return result === undefined ? '' : `${result.p50Ms.toFixed(1)} / ${result.p99Ms.toFixed(1)} ms`;
}

/** Names the latencies that contain a delay of the generator itself. */
function lateRows({ edge, me, list }: HttpFigures): string[] {
  return Object.entries({ edge, me, list }).flatMap(([route, { latency }]) =>
    Object.entries(latency).flatMap(([name, { lateShare }]) =>
      lateShare <= 0.01
        ? []
        : [`The generator sent ${Math.round(lateShare * 100)} % of the ${route} requests to ${name} over 5 ms late.`],
    ),
  );
}
