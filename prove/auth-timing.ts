import { auc } from './auth/auc.ts';
import { people } from './auth/people.ts';
import type { Finding, Plan, Scenario } from './scenario.ts';
import type { Stage } from './stage.ts';

export const authTiming: Scenario = {
  about: 'how well the time of an answer tells a known address from an unknown one; --rounds is the sample of each',
  defaults: { jobs: 0, rounds: 500 },
  run: async (stage, plan) => await run(stage, plan),
};

/** An area under the curve of 0.5 is a coin; what is within this of it tells nothing. */
const tolerance = 0.05;

/** Nobody is slowed down by a limit here: what is asked is what the work itself tells. */
const unlimited = {
  AUTH_LIMIT_ADDRESS: '1000000/60',
  AUTH_LIMIT_ACCOUNT_ADDRESS: '1000000/60/900',
  AUTH_LIMIT_ACCOUNT: '1000000/3600/60',
  AUTH_LIMIT_LOCK: '1000000',
  AUTH_LIMIT_REGISTER: '1000000/3600',
  AUTH_LIMIT_MAIL_ACCOUNT: '1000000/60',
  AUTH_LIMIT_MAIL_ADDRESS: '1000000/3600',
  AUTH_ARGON2_MEMORY_KIB: '19456',
  AUTH_ARGON2_PASSES: '2',
};

const password = 'not the password of anybody';

const login = { path: '/v1/auth/login', body: (email: string): object => ({ email, password }) };

/** What is asked about an address that is known or not. */
const questions: Readonly<Record<string, { path: string; body: (email: string) => object }>> = {
  login,
  register: { path: '/v1/auth/register', body: (email) => ({ email, password }) },
  forgot: { path: '/v1/auth/password/forgot', body: (email) => ({ email }) },
};

/** The same service told to hash at the default cost; all accounts were made before. */
const raised = { ...unlimited, AUTH_ARGON2_MEMORY_KIB: '65536', AUTH_ARGON2_PASSES: '3' };

async function run(stage: Stage, plan: Plan): Promise<Finding> {
  const figures: Record<string, string> = {};
  const broken: string[] = [];
  const ask = async (name: string, question: Question): Promise<void> => {
    const { area, text } = await compare(stage, plan, question);
    figures[`${name}, known against unknown`] = text;
    if (Math.abs(area - 0.5) > tolerance) broken.push(`${name}: AUC ${area.toFixed(3)}`);
  };
  const api = stage.api(unlimited);
  const url = await api.ready();
  for (const [name, { path, body }] of Object.entries(questions)) await ask(name, { url: url + path, body });
  await api.kill();
  const { path, body } = login;
  await ask('login behind dearer hashes', { url: (await stage.api(raised).ready()) + path, body });
  return { figures, broken };
}

interface Question {
  readonly url: string;
  readonly body: (email: string) => object;
}

async function compare(
  stage: Stage,
  { rounds, random }: Plan,
  { url, body }: Question,
): Promise<{ area: number; text: string }> {
  const known = await people(stage.pool, rounds);
  const times = { known: [] as number[], unknown: [] as number[] };
  // The first ones pay for what is made once.
  for (let warm = 0; warm < 20; warm += 1) await timed(url, body(`warm${warm}@nobody.example`));
  for (const [at, { email }] of known.entries()) {
    // As alike as can be: the same length, interleaved, either first by chance.
    const pair = [
      { to: times.known, email },
      { to: times.unknown, email: email.replace('person', 'nobody') },
    ];
    for (const { to, email: asked } of random.between(0, 1) === at % 2 ? pair : pair.reverse()) {
      to.push(await timed(url, body(asked)));
    }
  }
  const area = auc(times.known, times.unknown);
  const medians = `medians ${median(times.known)} and ${median(times.unknown)} ms`;
  return { area, text: `AUC ${area.toFixed(3)} of ${rounds} + ${rounds}; ${medians}` };
}

async function timed(url: string, body: object): Promise<number> {
  const begin = performance.now();
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await reply.arrayBuffer();
  if (reply.status >= 429) throw new Error(`${url} answered ${reply.status}`);
  return performance.now() - begin;
}

function median(values: readonly number[]): string {
  return ([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0).toFixed(1);
}
