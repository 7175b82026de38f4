import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { operationAt, operations } from '../harness/openapi/api-document.ts';
import { cheapestHashes, generousLimits } from '../harness/app/environment.ts';
import { openApiViolations } from '../harness/openapi/openapi-assertions.ts';
import { FuzzFixtures } from './fuzz/fuzz-fixtures.ts';
import type { Draft } from './fuzz/requests.ts';
import { nextPages, requestsFor, strayRequests } from './fuzz/requests.ts';
import { smaller } from './fuzz/shrink.ts';
import type { WireResponse, WireRequest } from './fuzz/http-client.ts';
import { asCurl, HttpClient } from './fuzz/http-client.ts';
import type { ScenarioResult, ScenarioOptions, Scenario } from './scenario.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';

const concurrency = 8;
/** Requests between two refills of the test data. */
const batch = 200;
/** High, because hashing is queued and the machine may be busy. */
const slowMs = 10_000;
/** This many failures are shrunk and printed; the others are counted. */
const printed = 12;

export const fuzz: Scenario = {
  description:
    'requests generated from docs/openapi.json, valid and invalid, as unauthenticated caller, user and administrator',
  promise: 'No request makes the service return 5xx or an undocumented response.',
  defaults: { jobs: 1, rounds: 1, requests: 20_000 },
  short: { requests: 600 },
  run,
};

async function run(cluster: TestCluster, { requests, random }: ScenarioOptions): Promise<ScenarioResult> {
  const { program: api, url } = await cluster.service({
    LOG_LEVEL: 'error',
    AUTH_MAGIC_LINK_ENABLED: 'true',
    ...generousLimits,
    ...cheapestHashes,
    AUTH_ACCESS_TOKEN_TTL_SECONDS: '900',
    CORS_ORIGINS: 'https://app.example.com',
  });
  const fixtures = new FuzzFixtures(url, cluster.pool);
  await fixtures.create();
  const fuzzer = new Fuzzer(url, fixtures);
  const drafts = fc.oneof(
    ...operations.map((operation) => ({ weight: 3, arbitrary: requestsFor(operation) })),
    { weight: 8, arbitrary: strayRequests },
    { weight: 4, arbitrary: nextPages },
  );
  while (fuzzer.sent < requests && api.running) {
    await fixtures.refill();
    const numRuns = Math.min(batch, requests - fuzzer.sent);
    await fuzzer.send(fc.sample(drafts, { seed: random.between(0, 2 ** 31 - 1), numRuns }));
  }
  await fixtures.ready();
  const isReady = api.running && (await fetch(new URL('/readyz', url))).ok;
  fuzzer.close();
  const errors = api
    .log()
    .split('\n')
    .filter((line) => /"level":(50|60|"error"|"fatal")/.test(line));
  for (const line of errors.slice(0, printed)) console.error(line.slice(0, 1000));
  return {
    figures: { ...fuzzer.figures(), 'errors in the log': errors.length },
    failures: [...fuzzer.violations(), ...(isReady ? [] : ['the process does not run or is not ready'])],
  };
}

/** A busy machine may temporarily be not ready, which these paths report with 503. */
const readiness = /^\/(readyz|health\/ready)\b/;
const probeRetryMs = 500;
const maxProbes = 10;

/** Sends requests, compares each response with the document and counts. */
class Fuzzer {
  sent = 0;
  private slowestMs = 0;
  private notReady = 0;
  private readonly classes = new Map<string, number>();
  private readonly seen = new Map<string, Map<string, number>>();
  /** Failures with their counts. */
  private readonly failures = new Map<string, number>();
  private readonly client: HttpClient;

  constructor(
    private readonly url: URL,
    private readonly fixtures: FuzzFixtures,
  ) {
    this.client = new HttpClient(url);
  }

  /** Sends all drafts on several connections. */
  async send(drafts: Draft[]): Promise<void> {
    await Promise.all(
      Array.from({ length: concurrency }, async () => {
        for (let draft = drafts.pop(); draft !== undefined; draft = drafts.pop()) await this.sendOne(draft);
      }),
    );
  }

  figures(): ScenarioResult['figures'] {
    const perOperation = operations.map(
      ({ operationId }) => [operationId, listed(this.seen.get(operationId))] as const,
    );
    const pairs = operations.flatMap(({ operationId, responses }) =>
      Object.keys(responses).map((status) => [operationId, status] as const),
    );
    const received = pairs.filter(([id, status]) => this.seen.get(id)?.has(status) === true).length;
    return {
      requests: this.sent,
      ...Object.fromEntries(
        ['2', '3', '4', '5'].map((digit) => [`responses with ${digit}xx`, this.classes.get(digit) ?? 0]),
      ),
      'probes with a temporary 503': this.notReady,
      'slowest response': `${Math.round(this.slowestMs)} ms`,
      'documented pairs of operation and status received': `${received} of ${pairs.length}`,
      'undocumented responses': [...this.failures.values()].reduce((sum, count) => sum + count, 0),
      ...Object.fromEntries(perOperation),
      'other paths': listed(this.seen.get('')),
    };
  }

  violations(): string[] {
    const errors = this.classes.get('5') ?? 0;
    return [
      ...(errors === 0 ? [] : [`${errors} responses were 5xx`]),
      ...[...this.failures].map(([failure, count]) => `${count} × ${failure}`),
    ];
  }

  close(): void {
    this.client.close();
  }

  private async sendOne(draft: Draft): Promise<void> {
    const request = await this.fixtures.fill(draft);
    await Promise.all(
      Array.from({ length: draft.times }, async () => {
        this.sent += 1;
        const response = await this.exchange(request);
        if (response !== undefined) {
          this.count(response);
          this.fixtures.learn(request, response);
        }
        await this.reportFailure(request, response);
      }),
    );
  }

  /** A probe reports 503 when the database did not respond within 400 ms; it is repeated until it succeeds. */
  private async exchange(request: WireRequest): Promise<WireResponse | undefined> {
    for (let retries = 0; ; retries += 1) {
      const response = await this.client.send(request).catch(() => undefined);
      const isBusy = response?.exchange.status === 503 && readiness.test(response.exchange.target);
      if (!isBusy || retries === maxProbes) return response;
      this.notReady += 1;
      await delay(probeRetryMs);
    }
  }

  private count({ exchange: { method, target, status }, tookMs }: WireResponse): void {
    const operation = operationAt(method === 'HEAD' ? 'GET' : method, target)?.operationId ?? '';
    const statuses = this.seen.get(operation) ?? new Map<string, number>();
    this.seen.set(operation, statuses);
    for (const [counts, name] of [
      [statuses, `${status}`],
      [this.classes, `${status}`.slice(0, 1)],
    ] as const) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    this.slowestMs = Math.max(this.slowestMs, tookMs);
  }

  /** Counts a failure; a new one is shrunk and printed as a command that repeats it. */
  private async reportFailure(request: WireRequest, response: WireResponse | undefined): Promise<void> {
    const failure = failureOf(request, response);
    if (failure === undefined) return;
    const times = this.failures.get(failure) ?? 0;
    this.failures.set(failure, times + 1);
    if (times > 0 || this.failures.size > printed) return;
    const smallest = await smaller(request, async (candidate) => {
      await delay(1);
      return failureOf(candidate, await this.exchange(candidate)) === failure;
    });
    console.error(`\n${failure}\n  ${asCurl(this.url, smallest)}\n  ${response?.exchange.text?.slice(0, 600) ?? ''}`);
  }
}

/** The failure in one line, equal for equal failures; undefined when there is none. */
function failureOf({ method, target }: WireRequest, response: WireResponse | undefined): string | undefined {
  const operation =
    operationAt(method === 'HEAD' ? 'GET' : method, target)?.operationId ?? target.split('?', 1)[0] ?? '';
  const name = `${method} ${operation}`;
  if (response === undefined) return `${name} got no response`;
  const { exchange, tookMs } = response;
  if (tookMs > slowMs) return `${name} took more than ${slowMs / 1000} s`;
  if (exchange.status >= 500) return `${name} → ${exchange.status}`;
  const [violation] = openApiViolations(exchange);
  return violation === undefined ? undefined : `${name} → ${exchange.status}: ${violation.slice(0, 200)}`;
}

/** Statuses with their counts. */
function listed(statuses: ReadonlyMap<string, number> = new Map()): string {
  const sorted = [...statuses].sort(([a], [b]) => Number(a) - Number(b));
  return sorted.map(([status, count]) => `${status}×${count}`).join(' ') || 'none';
}
