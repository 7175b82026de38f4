import { readDatabaseUrl } from './database-url.ts';

type Parsed = Readonly<Record<string, unknown>>;

/** What is wrong with variables that are right one by one; `told` is what was said about them already. */
export function jointProblems(parsed: Parsed, told: readonly string[]): string[] {
  return [
    ...productionProblems(parsed, told),
    ...senderProblems(parsed),
    ...poolProblems(parsed),
    ...directUrlProblems(parsed, told),
    ...hashingProblems(parsed),
  ];
}

/** What production can't do without and nobody has said, or said wrongly, yet. */
function productionProblems(parsed: Parsed, told: readonly string[]): string[] {
  if (parsed['NODE_ENV'] !== 'production') return [];
  return ['APP_SECRET', 'DATABASE_URL', 'PUBLIC_URL']
    .filter((name) => parsed[name] === undefined && !told.some((problem) => problem.startsWith(name)))
    .map((name) => `${name}: is required in production`);
}

/** Mails from this machine's own name are taken by nobody, and are what a forgotten MAIL_FROM sends. */
function senderProblems(parsed: Parsed): string[] {
  const { NODE_ENV: environment, SMTP_URL: server, MAIL_FROM: sender } = parsed;
  if (environment !== 'production' || server === undefined || typeof sender !== 'string') return [];
  return /@localhost>?$/.test(sender) ? ['MAIL_FROM: is required in production beside SMTP_URL'] : [];
}

/** How many queues a worker works; queue/job.ts names them. */
const queues = 2;

/** Every job of a worker may be in its transaction at once: what is left of the pool is for everybody else. */
function poolProblems(parsed: Parsed): string[] {
  const { WORKER: worker, WORKER_CONCURRENCY: concurrency, DATABASE_POOL_MAX: poolMax } = parsed;
  if (worker !== 'inline' || typeof concurrency !== 'number' || typeof poolMax !== 'number') return [];
  if (queues * concurrency < poolMax) return [];
  return ['WORKER_CONCURRENCY: twice as many jobs must be fewer than the connections of DATABASE_POOL_MAX'];
}

/** The queue and the migrations go by the one URL, requests by the other: both must lead to the same tables. */
function directUrlProblems(parsed: Parsed, told: readonly string[]): string[] {
  const { DATABASE_URL: url, DATABASE_DIRECT_URL: directUrl } = parsed;
  if (typeof directUrl !== 'string' || told.some((problem) => problem.startsWith('DATABASE_URL'))) return [];
  if (typeof url !== 'string') return ['DATABASE_DIRECT_URL: is set without DATABASE_URL'];
  if (readDatabaseUrl(url).schema === readDatabaseUrl(directUrl).schema) return [];
  return ['DATABASE_DIRECT_URL: must have the same ?schema= as DATABASE_URL'];
}

/** OWASP's equivalent argon2id settings at parallelism 1: less memory needs more passes. */
const argon2Floor: readonly (readonly [memoryKib: number, passes: number])[] = [
  [47104, 1],
  [19456, 2],
  [12288, 3],
  [9216, 4],
  [7168, 5],
];

function hashingProblems(parsed: Parsed): string[] {
  const { AUTH_ARGON2_MEMORY_KIB: memory, AUTH_ARGON2_PASSES: passes } = parsed;
  // One that could not be read has been told.
  if (typeof memory !== 'number' || typeof passes !== 'number') return [];
  if (argon2Floor.some(([memoryKib, least]) => memory >= memoryKib && passes >= least)) return [];
  return ['AUTH_ARGON2_MEMORY_KIB: is below the OWASP floor for this many passes (19456 KiB with 2 passes)'];
}
