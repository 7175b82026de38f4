import { readDatabaseUrl } from './database-url.ts';
import type { OAuthProviderConfig } from './variables/oauth.ts';
import { isLoopback } from './variables/oauth-redirects.ts';

type Parsed = Readonly<Record<string, unknown>>;

/** The errors of variables that are valid one by one; `reported` are the errors found before. */
export function crossFieldErrors(parsed: Parsed, reported: readonly string[]): string[] {
  return [
    ...productionErrors(parsed, reported),
    ...senderErrors(parsed, reported),
    ...poolErrors(parsed),
    ...directUrlErrors(parsed, reported),
    ...hashingErrors(parsed),
    ...oauthErrors(parsed),
  ];
}

/** The variables that production requires and that are missing without a reported error. */
function productionErrors(parsed: Parsed, reported: readonly string[]): string[] {
  if (parsed['NODE_ENV'] !== 'production') return [];
  return ['APP_SECRET', 'DATABASE_URL', 'PUBLIC_URL']
    .filter((name) => parsed[name] === undefined && !reported.some((problem) => problem.startsWith(name)))
    .map((name) => `${name}: is required in production`);
}

/** Mail servers reject a sender @localhost, the default of MAIL_FROM. */
function senderErrors(parsed: Parsed, reported: readonly string[]): string[] {
  const { NODE_ENV: environment, SMTP_URL: server, MAIL_FROM: sender } = parsed;
  if (environment !== 'production' || server === undefined) return [];
  if (reported.some((problem) => problem.startsWith('MAIL_FROM'))) return [];
  if (typeof sender === 'string' && !/@localhost>?$/.test(sender)) return [];
  return ['MAIL_FROM: is required in production when SMTP_URL is set'];
}

/** The number of queues that a worker processes (platform/queue/job.ts). */
const queues = 2;

/** Every job of a worker may hold a transaction at once: the rest of the pool remains for everything else. */
function poolErrors(parsed: Parsed): string[] {
  const { WORKER: worker, WORKER_CONCURRENCY: concurrency, DATABASE_POOL_MAX: poolMax } = parsed;
  if (worker !== 'inline' || typeof concurrency !== 'number' || typeof poolMax !== 'number') return [];
  if (queues * concurrency < poolMax) return [];
  return ['WORKER_CONCURRENCY: twice as many jobs must be fewer than the connections of DATABASE_POOL_MAX'];
}

/** The queue and the migrations use one URL, requests the other: both must lead to the same tables. */
function directUrlErrors(parsed: Parsed, reported: readonly string[]): string[] {
  const { DATABASE_URL: url, DATABASE_DIRECT_URL: directUrl } = parsed;
  if (typeof directUrl !== 'string' || reported.some((problem) => problem.startsWith('DATABASE_URL'))) return [];
  if (typeof url !== 'string') return ['DATABASE_DIRECT_URL: is set without DATABASE_URL'];
  if (readDatabaseUrl(url).schema === readDatabaseUrl(directUrl).schema) return [];
  return ['DATABASE_DIRECT_URL: must have the same ?schema= as DATABASE_URL'];
}

/** OWASP's equivalent argon2id settings at parallelism 1: less memory needs more iterations. */
const argon2Minimum: readonly (readonly [memoryKib: number, iterations: number])[] = [
  [47104, 1],
  [19456, 2],
  [12288, 3],
  [9216, 4],
  [7168, 5],
];

function hashingErrors(parsed: Parsed): string[] {
  const { AUTH_ARGON2_MEMORY_KIB: memory, AUTH_ARGON2_ITERATIONS: iterations } = parsed;
  // A value that could not be parsed has been reported.
  if (typeof memory !== 'number' || typeof iterations !== 'number') return [];
  if (argon2Minimum.some(([memoryKib, least]) => memory >= memoryKib && iterations >= least)) return [];
  return [
    'AUTH_ARGON2_MEMORY_KIB: is below the OWASP minimum for this number of iterations (19456 KiB with 2 iterations)',
  ];
}

/** Requests to a provider are encrypted, except in development to a provider on this machine. */
function oauthErrors(parsed: Parsed): string[] {
  const { NODE_ENV: environment, AUTH_OAUTH_REDIRECTS: redirects } = parsed;
  const providers = (parsed['AUTH_OAUTH_PROVIDERS'] ?? []) as readonly OAuthProviderConfig[];
  const insecure = providers.filter(({ issuer }) => {
    const { protocol, hostname } = new URL(issuer);
    return protocol !== 'https:' && (environment === 'production' || !isLoopback(hostname));
  });
  const errors = insecure.map(
    ({ name }) => `AUTH_OAUTH_PROVIDERS: ${name}.issuer must be an https:// URL; outside of production a loopback host`,
  );
  const isUnreachable = providers.length > 0 && Array.isArray(redirects) && redirects.length === 0;
  return isUnreachable ? [...errors, 'AUTH_OAUTH_REDIRECTS: is required with AUTH_OAUTH_PROVIDERS'] : errors;
}
