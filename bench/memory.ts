import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort } from '../src/platform/dev-postgres/server.ts';
import type { TestProcess } from '../test/harness/process/test-process.ts';
import type { TestCluster } from '../test/harness/process/test-cluster.ts';
import { seedUsers } from './seeded-users.ts';
import type { Machine } from './machine.ts';
import { machineWith, nameOf } from './machine.ts';
import { mailSink } from './mail-sink.ts';
import { MemoryGroup } from './memory-group.ts';
import type { MixedOrder, MixedResult } from './mixed-load.ts';
import { report } from './report.ts';
import { seededSessions } from './seeded-sessions.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    connections: { type: 'string' },
    sessions: { type: 'string' },
    users: { type: 'string' },
    mib: { type: 'string' },
    flags: { type: 'string' },
  },
});
const minutes = Number(values.minutes ?? 30);
const connections = Number(values.connections ?? 32);
const sessionCount = Number(values.sessions ?? 3000);
const userCount = Number(values.users ?? 20_000);
/** The memory limit of a small container. */
const limitMib = Number(values.mib ?? 512);
const flags = values.flags?.split(' ') ?? imageFlags();
const password = 'a long password of this benchmark';

interface Figures {
  readonly machine: Machine;
  readonly limit: string;
  readonly flags: readonly string[];
  readonly minutes: number;
  /** Resident set in MiB: idle, each minute under load, maximum, and a minute after the load. */
  readonly residentMib: { idle: number; minutes: number[]; most: number; after: number };
  /** Of the control group, the page cache included; absent without one. */
  readonly groupPeakMib?: number;
  readonly requests: number;
  readonly responses: Readonly<Record<string, number>>;
  readonly exitCode: number | null;
}

await report(measure, markdown);

async function measure(cluster: TestCluster): Promise<Figures> {
  const machine = await machineWith(cluster.pool);
  await seedUsers(cluster.pool, userCount);
  const sessions = await seededSessions(cluster.pool, sessionCount, password);
  const mails = await mailSink();
  const group = MemoryGroup.make(limitMib * 1024 * 1024);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const start = (): TestProcess => cluster.start('main', serviceVariables(port, mails.url), { flags });
  const service = group === undefined ? start() : group.start(start);
  await ready(url, service);
  await delay(3000);
  const idle = residentMib(service);
  const load = cluster.start('faults/bench/mixed-load', {});
  await load.nextMessage();
  load.send({ url, seconds: minutes * 60, connections, sessions, password } satisfies MixedOrder);
  const watched = watch(service);
  const result = await Promise.race([load.nextMessage<MixedResult>(), service.ended.then(() => undefined)]);
  await Promise.race([delay(Math.min(60_000, minutes * 60_000)), service.ended]);
  const { each, most } = watched.stop();
  const after = service.running ? residentMib(service) : 0;
  service.signal('SIGTERM');
  const exitCode = await service.ended;
  const groupPeakMib = group?.peakMib();
  group?.remove();
  await mails.close();
  return {
    machine,
    limit: `${limitMib} MiB, ${group?.name ?? 'not enforced: the resident set was sampled'}`,
    flags,
    minutes,
    residentMib: { idle, minutes: each, most, after },
    ...(groupPeakMib === undefined ? {} : { groupPeakMib: Math.round(groupPeakMib) }),
    requests: result?.requests ?? 0,
    responses: result?.responses ?? {},
    exitCode,
  };
}

/** The flags of the image, for a container of 512 MiB; this file is compiled into dist/faults/bench. */
function imageFlags(): string[] {
  const dockerfile = readFileSync(join(import.meta.dirname, '../../../docker/Dockerfile'), 'utf8');
  const [, command = ''] = /^CMD (.*)$/m.exec(dockerfile) ?? [];
  return (JSON.parse(command) as string[]).slice(1, -1);
}

function serviceVariables(port: number, smtpUrl: string): Record<string, string> {
  return {
    HOST: '127.0.0.1',
    PORT: String(port),
    PUBLIC_URL: 'http://127.0.0.1',
    TRUSTED_PROXY_HOPS: '1',
    SMTP_URL: smtpUrl,
    MAIL_FROM: 'plinth@example.com',
    RATE_LIMIT_REQUESTS: '600',
  };
}

async function ready(url: string, service: TestProcess): Promise<void> {
  for (;;) {
    if (!service.running) throw new Error(`The service did not start:\n${service.log()}`);
    const status = await fetch(`${url}/readyz`).then(
      (reply) => reply.status,
      () => 0,
    );
    if (status === 200) return;
    await delay(100);
  }
}

function residentMib({ pid }: TestProcess): number {
  const [, kib = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}

/** Samples the resident set ten times a second and returns the maximum of each minute. */
function watch(program: TestProcess): { stop: () => { each: number[]; most: number } } {
  const each: number[] = [];
  const begin = Date.now();
  const timer = setInterval(() => {
    if (!program.running) return;
    const minute = Math.floor((Date.now() - begin) / 60_000);
    each[minute] = Math.max(each[minute] ?? 0, residentMib(program));
  }, 100);
  return {
    stop: () => {
      clearInterval(timer);
      return { each, most: Math.max(...each) };
    },
  };
}

function markdown({ machine, limit, residentMib: { idle, minutes: each, most, after }, ...rest }: Figures): string {
  const { requests, groupPeakMib, exitCode } = rest;
  return [
    `${nameOf(machine)}; ${rest.minutes} minutes, ${connections} connections, ${sessionCount} sessions; ${rest.flags.join(' ')}`,
    '',
    '| | |',
    '| --- | --- |',
    `| limit | ${limit} |`,
    `| requests | ${requests} |`,
    `| resident at rest | ${idle} MiB |`,
    `| most of each minute | ${each.join(', ')} |`,
    `| resident at most | ${most} MiB |`,
    `| a minute behind the load | ${after} MiB |`,
    ...(groupPeakMib === undefined ? [] : [`| control group at most, with its page cache | ${groupPeakMib} MiB |`]),
    `| exit code on SIGTERM | ${exitCode ?? 'killed'} |`,
    '',
  ].join('\n');
}
