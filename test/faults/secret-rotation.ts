import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { codeOf } from '../harness/http/mfa-flows.ts';
import type { TestCluster } from '../harness/process/test-cluster.ts';
import type { MfaUser } from './auth/mfa-users.ts';
import { allowReplay, createMfaUser, newRecoveryCodes } from './auth/mfa-users.ts';
import type { JsonResponse, TestUser } from './auth/users.ts';
import { bearer, createUser, createUsers, insertOneTimeToken, logIn, post } from './auth/users.ts';
import { accessToken as administratorToken } from './caller.ts';
import { formatDuration, settled } from './jobs.ts';
import { countKeys } from './keyed-jobs.ts';
import { RollingCluster } from './rolling-cluster.ts';
import type { Scenario, ScenarioOptions, ScenarioResult } from './scenario.ts';
import { SessionLoad } from './session-load.ts';

export const secretRotation: Scenario = {
  description:
    'APP_SECRET is rotated under load as docs/operations/secrets.md says; --rounds rotations, --jobs clients',
  promise: 'APP_SECRET can be replaced without a failed request or an ended session.',
  defaults: { jobs: 6, rounds: 3 },
  short: { rounds: 1, jobs: 2 },
  run,
};

/** Uses of each kind of credential in one rotation: before it, after each step, and without the former secret. */
const uses = ['accepted beside', 'in use', 'encrypted again', 'former removed'] as const;

const variables = {
  AUTH_ARGON2_MEMORY_KIB: '19456',
  AUTH_ARGON2_ITERATIONS: '2',
  AUTH_RATE_LIMIT_IP: '1000000/60',
};

async function run(cluster: TestCluster, { rounds, jobs: clients }: ScenarioOptions): Promise<ScenarioResult> {
  const { pool } = cluster;
  const processes = new RollingCluster(cluster, 2);
  let secret = newSecret();
  await processes.restartWith({ ...variables, APP_SECRET: secret });
  const administrator = await processes.send(async (url) => await administratorToken(url, pool, { role: 'admin' }));
  const load = new SessionLoad(processes, administrator);
  const running = load.run(await createUsers(pool, clients));
  const checks = new Checks(processes, pool, administrator);
  const commands: number[] = [];
  const failures: string[] = [];
  const startedAt = performance.now();
  for (let round = 0; round < rounds; round += 1) {
    await checks.prepare();
    const next = newSecret();
    await processes.restartWith({ ...variables, APP_SECRET: secret, APP_SECRET_PREVIOUS: next });
    await checks.use(uses[0]);
    await processes.restartWith({ ...variables, APP_SECRET: next, APP_SECRET_PREVIOUS: secret });
    await checks.use(uses[1]);
    const command = cluster.start(
      'cli/secrets',
      { APP_SECRET: next, APP_SECRET_PREVIOUS: secret },
      { args: ['reencrypt'] },
    );
    commands.push((await command.ended) ?? -1);
    if (commands.at(-1) !== 0) failures.push(`reencrypt failed: ${command.log()}`);
    await checks.use(uses[2]);
    await processes.restartWith({ ...variables, APP_SECRET: next });
    await checks.use(uses[3]);
    secret = next;
  }
  load.stop();
  await running;
  const finished = await settled(pool, 60_000);
  const keys = await countKeys(pool);
  return {
    figures: {
      rotations: rounds,
      'processes restarted': processes.restarts,
      'exit codes': [...processes.exitCodes].join(', '),
      'requests under load': load.requests,
      ...load.figures,
      'failed requests': load.failures.length,
      ...checks.figures,
      'keys doubled': keys.doubled,
      'exit codes of reencrypt': [...new Set(commands)].join(', '),
      'time of a rotation': formatDuration((performance.now() - startedAt) / rounds),
    },
    failures: [
      ...failures,
      ...new Set(load.failures),
      ...checks.failures,
      ...(keys.doubled === 0 ? [] : [`${keys.doubled} keys have more than one effect`]),
      ...(finished ? [] : ['some jobs did not finish']),
      ...([...processes.exitCodes].every((code) => code === 0) ? [] : ['a process did not exit with 0']),
    ],
  };
}

function newSecret(): string {
  return randomBytes(32).toString('base64');
}

/** What was issued before a rotation, used once after each of its steps. */
class Checks {
  readonly failures: string[] = [];
  private readonly counts = new Map<string, number>();
  private sessions: string[] = [];
  private links: string[] = [];
  private recoveryCodes: string[] = [];
  private mfaUser: MfaUser | undefined;
  private keyedResponse = '';
  private cursor = '';
  private round = 0;

  constructor(
    private readonly processes: RollingCluster,
    private readonly pool: Pool,
    private readonly administrator: string,
  ) {}

  get figures(): Record<string, number> {
    return Object.fromEntries(this.counts);
  }

  async prepare(): Promise<void> {
    this.round += 1;
    const { pool, processes } = this;
    const users = await createUsers(pool, uses.length);
    this.sessions = await each(
      users,
      async (user) => (await processes.send(async (url) => await logIn(url, user))).refreshToken,
    );
    this.links = await each(users, async (user) => await insertOneTimeToken(pool, 'reset-password', user, user.email));
    const mfaUser = await processes.send(async (url) => await createMfaUser(url, pool));
    this.mfaUser = mfaUser;
    this.recoveryCodes = [...(await processes.send(async (url) => await newRecoveryCodes(url, mfaUser)))];
    // An email whose token the worker decrypts; without a mail server it is tried again.
    const { email } = await createUser(pool);
    await this.send('/v1/auth/password/forgot', { email });
    this.keyedResponse = await this.repeatKeyed();
    this.cursor = String((await this.page('')).body['next']);
  }

  async use(step: (typeof uses)[number]): Promise<void> {
    this.expect('refreshes', step, 200, await this.send('/v1/auth/refresh', { refreshToken: this.sessions.shift() }));
    const newPassword = 'another password that is not guessed';
    this.expect(
      'links',
      step,
      204,
      await this.send('/v1/auth/password/reset', { token: this.links.shift(), newPassword }),
    );
    const user = this.mfaUser;
    if (user === undefined) throw new Error('prepare() was not called');
    await allowReplay(this.pool, user);
    this.expect('TOTP logins', step, 200, await this.secondFactor(user, 'totp', codeOf(user)));
    const code = this.recoveryCodes.shift() ?? '';
    this.expect('recovery codes', step, 200, await this.secondFactor(user, 'recovery-code', code));
    if (step === 'former removed') return;
    this.expect('cursors', step, 200, await this.page(`&cursor=${this.cursor}`));
    const repeated = await this.repeatKeyed();
    this.expect('repeated keys', step, 1, { status: Number(repeated === this.keyedResponse), body: {} });
  }

  private async secondFactor(user: TestUser, method: string, code: string): Promise<JsonResponse> {
    const { body } = await this.send('/v1/auth/login', { email: user.email, password: user.password });
    return await this.send('/v1/auth/mfa/verify', { mfaToken: body['mfaToken'], method, code });
  }

  private async send(path: string, body: object): Promise<JsonResponse> {
    return await this.processes.send(async (url) => await post(`${url}${path}`, body));
  }

  private async repeatKeyed(): Promise<string> {
    const key = `rotation ${this.round}`;
    const response = await this.processes.send(
      async (url) =>
        await fetch(`${url}/v1/jobs`, {
          method: 'POST',
          headers: { ...bearer(this.administrator), 'content-type': 'application/json', 'idempotency-key': `"${key}"` },
          body: JSON.stringify({ type: 'scenario.bare', payload: { key } }),
        }),
    );
    return `${response.status} ${await response.text()}`;
  }

  private async page(more: string): Promise<JsonResponse> {
    return await this.processes.send(async (url) => {
      const response = await fetch(`${url}/v1/users?limit=1${more}`, { headers: bearer(this.administrator) });
      const { page } = (await response.json()) as { page?: { next?: string } };
      return { status: response.status, body: { next: page?.next } };
    });
  }

  private expect(kind: string, step: string, status: number, response: JsonResponse): void {
    const name = `${kind} of before that worked`;
    if (response.status === status) this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    else this.failures.push(`${kind}, ${step}: ${response.status} ${JSON.stringify(response.body)}`);
  }
}

async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
