import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { operationAt, operations } from '../test/support/api-document.ts';
import { generousLimits } from '../test/support/limits.ts';
import { complaintsAbout } from '../test/support/reply-judge.ts';
import { Cast } from './fuzz/cast.ts';
import type { Draft } from './fuzz/requests.ts';
import { nextPages, requestsFor, strayRequests } from './fuzz/requests.ts';
import { smaller } from './fuzz/smaller.ts';
import type { Answer, WireRequest } from './fuzz/wire.ts';
import { asCurl, Wire } from './fuzz/wire.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

const lanes = 8;
/** Requests between two looks at what there is to ask for. */
const batch = 200;
/** Generous: hashing waits its turn, and the machine may be busy. */
const slowMs = 10_000;
/** So many failures are made smaller and printed; the others are counted. */
const printed = 12;

export const fuzz: Scenario = {
  about: 'requests made from docs/openapi.json, valid and spoilt, as nobody, user and admin',
  defaults: { jobs: 1, rounds: 1, requests: 20_000 },
  run: async (stage, plan) => await run(stage, plan),
};

async function run(stage: Stage, { requests, random }: Plan): Promise<Finding> {
  const { program: api, url } = await stage.service({
    LOG_LEVEL: 'error',
    RATE_LIMIT_REQUESTS: '1000000000',
    AUTH_MAGIC_LINK: 'true',
    ...generousLimits,
    AUTH_ARGON2_MEMORY_KIB: '19456',
    AUTH_ARGON2_PASSES: '2',
    AUTH_ACCESS_TOKEN_TTL_SECONDS: '900',
    CORS_ORIGINS: 'https://app.example.com',
  });
  const cast = new Cast(url, stage.pool);
  await cast.begin();
  const fuzzer = new Fuzzer(url, cast);
  const drafts = fc.oneof(
    ...operations.map((operation) => ({ weight: 3, arbitrary: requestsFor(operation) })),
    { weight: 8, arbitrary: strayRequests },
    { weight: 4, arbitrary: nextPages },
  );
  while (fuzzer.sent < requests && api.running) {
    await cast.refill();
    const numRuns = Math.min(batch, requests - fuzzer.sent);
    await fuzzer.send(fc.sample(drafts, { seed: random.between(0, 2 ** 31 - 1), numRuns }));
  }
  await cast.everybody();
  const alive = api.running && (await fetch(new URL('/readyz', url))).ok;
  fuzzer.close();
  const errors = api
    .log()
    .split('\n')
    .filter((line) => /"level":(50|60|"error"|"fatal")/.test(line));
  for (const line of errors.slice(0, printed)) console.error(line.slice(0, 1000));
  return {
    figures: { ...fuzzer.figures(), 'errors in the log': errors.length },
    broken: [...fuzzer.broken(), ...(alive ? [] : ['the process is not alive and ready'])],
  };
}

/** A busy machine is not ready for a moment, and says so: that is what the probe is for. */
const readiness = /^\/(readyz|health\/ready)\b/;
const probeAgainMs = 500;
const probesMost = 10;

/** Sends what it is given, judges every reply and counts. */
class Fuzzer {
  sent = 0;
  private slowestMs = 0;
  private notReady = 0;
  private readonly classes = new Map<string, number>();
  private readonly seen = new Map<string, Map<string, number>>();
  /** What was wrong, how often. */
  private readonly failures = new Map<string, number>();
  private readonly wire: Wire;

  constructor(
    private readonly url: URL,
    private readonly cast: Cast,
  ) {
    this.wire = new Wire(url);
  }

  /** All of them, some at the same time. */
  async send(drafts: Draft[]): Promise<void> {
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        for (let draft = drafts.pop(); draft !== undefined; draft = drafts.pop()) await this.sendOne(draft);
      }),
    );
  }

  figures(): Finding['figures'] {
    const perOperation = operations.map(
      ({ operationId }) => [operationId, listed(this.seen.get(operationId))] as const,
    );
    const pairs = operations.flatMap(({ operationId, responses }) =>
      Object.keys(responses).map((status) => [operationId, status] as const),
    );
    const met = pairs.filter(([id, status]) => this.seen.get(id)?.has(status) === true).length;
    return {
      requests: this.sent,
      ...Object.fromEntries(['2', '3', '4', '5'].map((digit) => [`answered ${digit}xx`, this.classes.get(digit) ?? 0])),
      'probes answered 503 for a moment': this.notReady,
      'slowest reply': `${Math.round(this.slowestMs)} ms`,
      'documented pairs of operation and status met': `${met} of ${pairs.length}`,
      'replies that the document does not say': [...this.failures.values()].reduce((sum, count) => sum + count, 0),
      ...Object.fromEntries(perOperation),
      'anything else': listed(this.seen.get('')),
    };
  }

  broken(): string[] {
    const bugs = this.classes.get('5') ?? 0;
    return [
      ...(bugs === 0 ? [] : [`${bugs} replies were 5xx`]),
      ...[...this.failures].map(([failure, count]) => `${count} × ${failure}`),
    ];
  }

  close(): void {
    this.wire.close();
  }

  private async sendOne(draft: Draft): Promise<void> {
    const request = await this.cast.fill(draft);
    await Promise.all(
      Array.from({ length: draft.times }, async () => {
        this.sent += 1;
        const answer = await this.answer(request);
        if (answer !== undefined) {
          this.count(answer);
          this.cast.learn(request, answer);
        }
        await this.complain(request, answer);
      }),
    );
  }

  /** Where a probe says that the database did not answer within its 400 ms, it must be another answer a moment later. */
  private async answer(request: WireRequest): Promise<Answer | undefined> {
    for (let again = 0; ; again += 1) {
      const answer = await this.wire.send(request).catch(() => undefined);
      const isBusy = answer?.exchange.status === 503 && readiness.test(answer.exchange.target);
      if (!isBusy || again === probesMost) return answer;
      this.notReady += 1;
      await delay(probeAgainMs);
    }
  }

  private count({ exchange: { method, target, status }, tookMs }: Answer): void {
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

  /** Counts what is wrong; what is new is made smaller and printed so that it can be repeated. */
  private async complain(request: WireRequest, answer: Answer | undefined): Promise<void> {
    const failure = wrongWith(request, answer);
    if (failure === undefined) return;
    const times = this.failures.get(failure) ?? 0;
    this.failures.set(failure, times + 1);
    if (times > 0 || this.failures.size > printed) return;
    const least = await smaller(request, async (candidate) => {
      await delay(1);
      return wrongWith(candidate, await this.answer(candidate)) === failure;
    });
    console.error(`\n${failure}\n  ${asCurl(this.url, least)}\n  ${answer?.exchange.text?.slice(0, 600) ?? ''}`);
  }
}

/** What is wrong in one line, the same for replies that are wrong in the same way; undefined when nothing is. */
function wrongWith({ method, target }: WireRequest, answer: Answer | undefined): string | undefined {
  const operation =
    operationAt(method === 'HEAD' ? 'GET' : method, target)?.operationId ?? target.split('?', 1)[0] ?? '';
  const who = `${method} ${operation}`;
  if (answer === undefined) return `${who} was not answered`;
  const { exchange, tookMs } = answer;
  if (tookMs > slowMs) return `${who} took more than ${slowMs / 1000} s`;
  if (exchange.status >= 500) return `${who} → ${exchange.status}`;
  const [complaint] = complaintsAbout(exchange);
  return complaint === undefined ? undefined : `${who} → ${exchange.status}: ${complaint.slice(0, 200)}`;
}

/** Statuses and how often each was met. */
function listed(statuses: ReadonlyMap<string, number> = new Map()): string {
  const sorted = [...statuses].sort(([a], [b]) => Number(a) - Number(b));
  return sorted.map(([status, count]) => `${status}×${count}`).join(' ') || 'nothing';
}
