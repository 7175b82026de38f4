import { z } from 'zod';
import { limitVariables } from './limit-variables.ts';
import { passwordVariables } from './password-variables.ts';

/** What is said about one environment variable; `.env.example` and the reference page are made from it. */
export interface Variable {
  section: string;
  about: string;
  schema: z.ZodType;
  /** As it would be written in an `.env` file; without one the variable is optional. */
  default?: string;
  /** Secrets may come from a file named by `<NAME>_FILE`, and are never printed. */
  secret?: true;
}

const placeholder = /change[-_ ]?me|placeholder|your[-_ ]|^secret$|^x+$/i;

const whole = (min: number, max: number): z.ZodType<number> =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be a whole number from ${min} to ${max}`);

const oneOf = <const T extends string>(...values: T[]): z.ZodType<T> =>
  z.enum(values, `must be one of ${values.join(', ')}`);

const yesOrNo = oneOf('true', 'false').transform((value) => value === 'true');

const httpUrl = z
  .string()
  .refine((value) => /^https?:$/.test(protocol(value)), 'must be an http:// or https:// URL')
  // Also an empty query or fragment: paths are appended to the text.
  .refine((value) => !/[?#]/.test(value), 'must have neither a query nor a fragment')
  .refine((value) => !hasCredentials(value), 'must have no user name and password')
  .transform((value) => value.replace(/\/+$/, ''));

const origins = z
  .string()
  .transform((value) => list(value))
  .refine(
    (values) => values.every((value) => URL.canParse(value) && new URL(value).origin === value),
    'must be origins such as https://app.example.com, separated by commas',
  );

const postgresUrl = z
  .string()
  .refine((value) => /^postgres(ql)?:$/.test(protocol(value)), 'must be a postgresql:// URL');

const smtpUrl = z.string().refine((value) => /^smtps?:$/.test(protocol(value)), 'must be an smtp:// or smtps:// URL');

const appSecret = z
  .string()
  .min(32, 'must have at least 32 characters: openssl rand -base64 32')
  .refine((value) => !placeholder.test(value), 'is a placeholder: openssl rand -base64 32');

/** Every variable the service reads, in the order of `.env.example`. */
export const variables = {
  NODE_ENV: {
    section: 'Service',
    about: 'How the surroundings are treated: production refuses missing secrets and never migrates at boot.',
    schema: oneOf('development', 'test', 'production'),
    default: 'development',
  },
  DATA_DIR: {
    section: 'Service',
    about: 'Where development keeps the embedded database and generated secrets.',
    schema: z.string(),
    default: '.data',
  },
  APP_SECRET: {
    section: 'Service',
    about: 'At least 32 random characters; seals keys and tokens at rest. Development generates one into DATA_DIR.',
    schema: appSecret,
    secret: true,
  },
  PUBLIC_URL: {
    section: 'Service',
    about: 'Where clients reach this API; issuer of its tokens, base of its links. Default: http://HOST:PORT.',
    schema: httpUrl,
  },
  APP_URL: {
    section: 'Service',
    about: 'The front end whose pages mailed links open. Without it they open the built-in pages under /account.',
    schema: httpUrl,
  },
  HOST: { section: 'HTTP', about: 'Address to listen on.', schema: z.string(), default: '127.0.0.1' },
  PORT: { section: 'HTTP', about: 'Port to listen on; 0 takes a free one.', schema: whole(0, 65535), default: '3000' },
  CORS_ORIGINS: {
    section: 'HTTP',
    about: 'Browser origins that may call the API, separated by commas; exact matches only.',
    schema: origins,
    default: '',
  },
  TRUSTED_PROXY_HOPS: {
    section: 'HTTP',
    about: 'How many proxies stand before the service; the client address is taken that many hops from the right.',
    schema: whole(0, 16),
    default: '0',
  },
  RATE_LIMIT_REQUESTS: {
    section: 'HTTP',
    about: 'Requests that a user, or an address while nobody is logged in, may send in RATE_LIMIT_WINDOW_SECONDS.',
    schema: whole(1, 1_000_000_000),
    default: '600',
  },
  RATE_LIMIT_WINDOW_SECONDS: {
    section: 'HTTP',
    about: 'How long a window of the rate limit lasts.',
    schema: whole(1, 86_400),
    default: '60',
  },
  SHUTDOWN_DRAIN_MS: {
    section: 'HTTP',
    about: 'How long to keep serving after SIGTERM while /readyz says 503. Default: 5000 in production, else 0.',
    schema: whole(0, 20_000),
  },
  DATABASE_URL: {
    section: 'Database',
    about: 'A PostgreSQL 14 or newer. Without it (not in production) the embedded PostgreSQL is used.',
    schema: postgresUrl,
    secret: true,
  },
  DATABASE_POOL_MAX: {
    section: 'Database',
    about: 'Connections each process may hold.',
    schema: whole(1, 500),
    default: '10',
  },
  DATABASE_CONNECT_TIMEOUT_MS: {
    section: 'Database',
    about: 'How long a request waits for a connection before it gets a 503.',
    schema: whole(50, 60_000),
    default: '3000',
  },
  DATABASE_STATEMENT_TIMEOUT_MS: {
    section: 'Database',
    about: 'The longest one statement may run. Waiting for a lock, it is given up after a quarter of that.',
    schema: whole(50, 600_000),
    default: '10000',
  },
  DATABASE_NAMED_STATEMENTS: {
    section: 'Database',
    about: 'Prepared statements by name: faster; false behind a transaction pooler that does not track them.',
    schema: yesOrNo,
    default: 'true',
  },
  DATABASE_DIRECT_URL: {
    section: 'Database',
    about:
      'The same database without a transaction pooler in between, for the queue and migrations. Default: DATABASE_URL.',
    schema: postgresUrl,
    secret: true,
  },
  WORKER: {
    section: 'Jobs',
    about:
      'inline runs jobs inside this process; off leaves them to processes started by npm run start:worker, which need the same configuration: mails carry links to PUBLIC_URL.',
    schema: oneOf('inline', 'off'),
    default: 'inline',
  },
  WORKER_CONCURRENCY: {
    section: 'Jobs',
    about: 'Jobs of one queue that a worker runs at the same time; keep it below DATABASE_POOL_MAX.',
    schema: whole(1, 100),
    default: '5',
  },
  SHUTDOWN_JOBS_MS: {
    section: 'Jobs',
    about: 'How long running jobs may go on after SIGTERM before they go back to the queue without losing an attempt.',
    schema: whole(0, 20_000),
    default: '15000',
  },
  SMTP_URL: {
    section: 'Mail',
    about:
      'The server that mails go out by: smtp://user:password@host:port or smtps://; ?requireTLS=true insists on STARTTLS. Without it development shows mails at /dev/mailbox; in production they wait for hours, then their jobs die.',
    schema: smtpUrl,
    secret: true,
  },
  MAIL_FROM: {
    section: 'Mail',
    about: 'The sender of mails.',
    schema: z.string().max(320),
    default: 'Plinth <no-reply@localhost>',
  },
  LOG_LEVEL: {
    section: 'Logging',
    about: 'The least severe level that is written.',
    schema: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    default: 'info',
  },
  LOG_FORMAT: {
    section: 'Logging',
    about: 'auto is pretty in a development terminal and JSON everywhere else.',
    schema: oneOf('auto', 'json', 'pretty'),
    default: 'auto',
  },
  AUTH_AUDIENCE: {
    section: 'Auth',
    about: 'The audience that access tokens are made for and must name.',
    schema: z.string().max(255),
    default: 'plinth',
  },
  AUTH_ACCESS_TOKEN_TTL_SECONDS: {
    section: 'Auth',
    about: 'How long an access token lives.',
    schema: whole(60, 900),
    default: '600',
  },
  AUTH_REFRESH_IDLE_SECONDS: {
    section: 'Auth',
    about: 'A session that is not refreshed for this long ends.',
    schema: whole(60, 31_536_000),
    default: '604800',
  },
  AUTH_SESSION_TTL_SECONDS: {
    section: 'Auth',
    about: 'A session ends this long after its login, refreshed or not.',
    schema: whole(60, 31_536_000),
    default: '2592000',
  },
  AUTH_REFRESH_GRACE_SECONDS: {
    section: 'Auth',
    about:
      'How long a used refresh token answers a repeated call with the same successor; 0 is RFC 9700 to the letter.',
    schema: whole(0, 30),
    default: '10',
  },
  AUTH_INVITATION_TTL_SECONDS: {
    section: 'Auth',
    about: 'How long a mailed invitation works.',
    schema: whole(60, 2_592_000),
    default: '604800',
  },
  AUTH_VERIFY_TOKEN_TTL_SECONDS: {
    section: 'Auth',
    about: 'How long a mailed verification link works.',
    schema: whole(60, 604_800),
    default: '86400',
  },
  AUTH_PASSWORD_MIN_LENGTH: {
    section: 'Auth',
    about: 'The shortest password accepted, in code points.',
    schema: whole(8, 64),
    default: '15',
  },
  AUTH_ARGON2_MEMORY_KIB: {
    section: 'Auth',
    about: 'Memory of one password hash (argon2id).',
    schema: whole(7168, 4_194_304),
    default: '65536',
  },
  AUTH_ARGON2_PASSES: {
    section: 'Auth',
    about: 'Passes of one password hash (argon2id).',
    schema: whole(1, 20),
    default: '3',
  },
  ...passwordVariables,
  ...limitVariables,
} satisfies Record<string, Variable>;

type VariableName = keyof typeof variables;

/** The variables after parsing: defaults filled in, absent optional ones undefined. */
export type Environment = {
  [Name in VariableName]: (typeof variables)[Name] extends { default: string }
    ? z.output<(typeof variables)[Name]['schema']>
    : z.output<(typeof variables)[Name]['schema']> | undefined;
};

function protocol(value: string): string {
  return URL.canParse(value) ? new URL(value).protocol : '';
}

function hasCredentials(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username !== '' || password !== '';
}

function list(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
