/** Tests send more requests than users and fail more often; tests of limits set their own. */
export const generousLimits = {
  RATE_LIMIT_REQUESTS: '1000000',
  // On a busy machine every process is late.
  OVERLOAD_EVENT_LOOP_LAG_MS: '0',
  OVERLOAD_POOL_WAIT_MS: '0',
  AUTH_RATE_LIMIT_IP: '1000000/60',
  AUTH_RATE_LIMIT_ACCOUNT_IP: '1000000/1/1',
  AUTH_RATE_LIMIT_ACCOUNT: '1000000/60/1',
  AUTH_RATE_LIMIT_MFA: '1000000/60',
  AUTH_LOCKOUT_THRESHOLD: '1000000',
  AUTH_RATE_LIMIT_REGISTRATION: '1000000/60',
  AUTH_RATE_LIMIT_ONE_TIME_TOKEN: '1000000/60',
  AUTH_RATE_LIMIT_API_KEY: '1000000/60',
  AUTH_API_KEYS_MAX: '10000',
  AUTH_RATE_LIMIT_EMAIL_PER_RECIPIENT: '1000000/60',
  AUTH_RATE_LIMIT_EMAIL_PER_RECIPIENT_TOTAL: '1000000/60',
  AUTH_RATE_LIMIT_EMAIL_PER_IP: '1000000/60',
};

/**
 * The cost of password hashes of applications in the process of a test whose variables do not set it. Tests log in thousands
 * of times; this takes a fortieth of the processor time of what the configuration allows.
 */
export const quickHashes = { argon2MemoryKib: 1024, argon2Iterations: 1 };

/** The cheapest that are allowed: of processes, and of tests whose requests meet while passwords are hashed. */
export const cheapestHashes = { AUTH_ARGON2_MEMORY_KIB: '19456', AUTH_ARGON2_ITERATIONS: '2' };

/** A connection takes its time on a busy machine. */
export const slowConnections = { DATABASE_CONNECT_TIMEOUT_MS: '15000' };

/** What a process in production requires besides a database; it stops without a delay. */
export const productionEnvironment = {
  NODE_ENV: 'production',
  APP_SECRET: 'thirty-two-characters-for-the-tests-alone',
  PUBLIC_URL: 'https://api.example.com',
  SHUTDOWN_DRAIN_MS: '0',
};

/** The default configuration of tests; a test overrides it by variables. */
export const testEnvironment = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'silent',
  ...generousLimits,
  ...cheapestHashes,
  AUTH_RESPONSE_TIME_PERIOD_MS: '5',
  APP_SECRET: 'the-secret-of-tests-is-public-knowledge',
  ...slowConnections,
};
