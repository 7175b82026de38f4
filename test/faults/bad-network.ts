import { mailSink } from '../../bench/mail-sink.ts';
import type { NetworkFault } from '../harness/process/faulty-proxy.ts';
import { FaultyProxy } from '../harness/process/faulty-proxy.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import { waitUntil } from '../harness/process/wait-until.ts';
import { providerVariables, startProviderServer } from './auth/provider-logins.ts';
import { accessToken } from './caller.ts';
import { formatDuration, outcomeOf, settled } from './jobs.ts';
import { keyResults } from './keyed-jobs.ts';
import { OtherClients } from './other-clients.ts';
import { PersistentLoad } from './persistent-load.ts';
import type { Scenario, ScenarioOptions, ScenarioResult } from './scenario.ts';

/** A statement ends after 11 s, after the wait for a connection. */
const slowestRequestMs = 18_000;
/** Requests to a provider end after 5 s. */
const slowestLoginMs = 8000;
const recoveryMaxMs = 20_000;
/** So that one worker executes all jobs. */
const pauseMs = 1000;

const faults: Readonly<Record<string, NetworkFault>> = {
  latency: { latencyMs: 200 },
  blackhole: { isBlackhole: true },
  reset: { resetAfterBytes: 200 },
  refusal: { isRefusing: true },
};

export const badNetwork: Scenario = {
  description: 'latency, blackhole, reset and refusal between every pair of processes, each for --rounds seconds',
  promise:
    'A slow, silent or broken network gets requests their documented response in time, and loses and doubles nothing.',
  defaults: { jobs: 0, rounds: 14 },
  short: { rounds: 1 },
  needsRedis: true,
  run,
};

async function run(cluster: TestCluster, { rounds: seconds, random }: ScenarioOptions): Promise<ScenarioResult> {
  const mails: string[] = [];
  const sink = await mailSink((mail) => {
    mails.push(mail);
  });
  await using provider = await startProviderServer();
  const proxies = {
    'API and PostgreSQL': await FaultyProxy.start(cluster.url),
    'worker and PostgreSQL': await FaultyProxy.start(cluster.url),
    'API and Redis': await FaultyProxy.start(cluster.redis?.url ?? ''),
    'worker and Redis': await FaultyProxy.start(cluster.redis?.url ?? ''),
    'worker and mail server': await FaultyProxy.start(sink.url),
    'API and login provider': await FaultyProxy.start(provider.url),
  };
  const common = {
    SMTP_URL: proxies['worker and mail server'].url,
    MAIL_FROM: 'plinth@example.com',
    AUTH_RATE_LIMIT_IP: '1000000/60',
  };
  const api = cluster.api({
    ...common,
    ...providerVariables(new URL(proxies['API and login provider'].url).origin),
    DATABASE_URL: proxies['API and PostgreSQL'].url,
    REDIS_URL: proxies['API and Redis'].url,
  });
  const worker = cluster.worker({
    ...common,
    DATABASE_URL: proxies['worker and PostgreSQL'].url,
    REDIS_URL: proxies['worker and Redis'].url,
  });
  const [url] = await Promise.all([api.ready(), worker.ready()]);
  const token = await accessToken(url, cluster.pool, { role: 'admin' });
  const load = new PersistentLoad(url, token, random, pauseMs);
  const running = load.run();
  const clients = new OtherClients(url, token);
  const slowestRecovery: Record<string, number> = {};
  let slowestLogin = 0;
  for (const [pair, proxy] of Object.entries(proxies)) {
    for (const fault of Object.values(faults)) {
      proxy.set(fault);
      if (fault.isRefusing === true) proxy.cut();
      const loginMs = await clients.duringFault(seconds * 1000);
      if (proxy === proxies['API and login provider']) slowestLogin = Math.max(slowestLogin, loginMs);
      proxy.set({});
      const healedAt = performance.now();
      await clients.untilRecovered();
      const last = load.jobIds.at(-1);
      await waitUntil('a job succeeds', async () => await hasSucceeded(cluster, last), 120_000);
      slowestRecovery[pair] = Math.max(slowestRecovery[pair] ?? 0, performance.now() - healedAt);
    }
  }
  load.stop();
  await running;
  const outcome = await outcomeOf(cluster.pool, load.jobIds, await settled(cluster.pool, 180_000));
  const keyed = await keyResults(cluster.pool, load.keys);
  const sent = await clients.deliveries(mails);
  const ended = [api, worker].filter((program) => !program.running).length;
  for (const program of [api, worker]) program.signal('SIGTERM');
  const codes = await Promise.all([api.ended, worker.ended]);
  for (const proxy of Object.values(proxies)) await proxy.close();
  await sink.close();
  const recoveries = Object.entries(slowestRecovery).map(([pair, ms]) => [`recovery, ${pair}`, formatDuration(ms)]);
  return {
    figures: {
      faults: Object.keys(proxies).length * Object.keys(faults).length,
      requests: load.requests,
      ...load.figures,
      'slowest request': formatDuration(load.slowestMs),
      ...clients.figures,
      'slowest login during faults of the provider': formatDuration(slowestLogin),
      ...keyed.figures,
      'jobs lost': outcome.figures.lost,
      'jobs doubled': outcome.figures.doubled,
      ...sent,
      ...(Object.fromEntries(recoveries) as Record<string, string>),
      'processes that ended': ended,
      'exit codes': codes.join(', '),
    },
    failures: [
      ...outcome.violations,
      ...load.violations,
      ...clients.violations,
      ...keyed.violations,
      ...(sent['emails lost'] === 0 && sent['emails doubled'] === 0 ? [] : ['an email was lost or doubled']),
      ...(ended === 0 && codes.every((code) => code === 0) ? [] : ['a process ended, or did not exit with 0']),
    ],
    timingFailures: [
      ...(load.slowestMs <= slowestRequestMs ? [] : [`a request took ${formatDuration(load.slowestMs)}`]),
      ...(slowestLogin <= slowestLoginMs ? [] : [`a login took ${formatDuration(slowestLogin)}`]),
      ...Object.entries(slowestRecovery)
        .filter(([, ms]) => ms > recoveryMaxMs)
        .map(([pair, ms]) => `${pair} recovered after ${formatDuration(ms)}`),
    ],
  };
}

async function hasSucceeded(cluster: TestCluster, id: string | undefined): Promise<boolean> {
  const { rows } = await cluster.pool.query(`SELECT 1 FROM jobs WHERE id = $1 AND state = 'succeeded'`, [id]);
  return rows.length > 0;
}
