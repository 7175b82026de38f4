import { isIPv6 } from 'node:net';
import type { AttemptLimits } from './attempt-limits.ts';
import { attemptLimits } from './attempt-limits.ts';
import { readDatabaseUrl } from './database-url.ts';
import type { RawEnvironment } from './environment.ts';
import { parseEnvironment } from './environment.ts';
import type { Pepper } from './variables/passwords.ts';
import type { Environment } from './variables.ts';

/** Everything the service was told by its surroundings, checked, in units its names carry. */
export interface Config {
  readonly service: ServiceConfig;
  readonly http: HttpConfig;
  readonly database: DatabaseConfig;
  readonly queue: QueueConfig;
  readonly mail: MailConfig;
  readonly log: LogConfig;
  readonly auth: AuthConfig;
}

export interface ServiceConfig {
  readonly environment: Environment['NODE_ENV'];
  readonly dataDir: string;
  /** Undefined only until development has generated one (see start/). */
  readonly secret: string | undefined;
  /** Origin (and path) of this API without a trailing slash. */
  readonly publicUrl: string;
  /** The front end that mailed links open, without a trailing slash. */
  readonly frontEndUrl: string | undefined;
  readonly shutdownDrainMs: number;
}

export interface HttpConfig {
  readonly host: string;
  readonly port: number;
  readonly corsOrigins: readonly string[];
  readonly trustedProxyHops: number;
  readonly rateLimit: { readonly requests: number; readonly windowSeconds: number };
}

export interface DatabaseConfig {
  /** Undefined: the embedded PostgreSQL. */
  readonly url: string | undefined;
  /** Past any transaction pooler; the same as `url` unless told. */
  readonly directUrl: string | undefined;
  /** Whether `url` leads through a pooler in transaction mode, where settings of a session do not last. */
  readonly pooled: boolean;
  readonly poolMax: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly namedStatements: boolean;
}

export interface QueueConfig {
  /** Whether this process runs jobs itself. */
  readonly inline: boolean;
  readonly concurrency: number;
  /** Milliseconds that running jobs may go on after the process was told to end. */
  readonly finishGraceMs: number;
}

export interface MailConfig {
  readonly smtpUrl: string | undefined;
  readonly from: string;
}

export interface LogConfig {
  readonly level: Environment['LOG_LEVEL'];
  readonly pretty: boolean;
}

export interface AuthConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly accessTokenTtlSeconds: number;
  readonly keyRotationDays: number;
  readonly refreshIdleSeconds: number;
  readonly sessionTtlSeconds: number;
  readonly refreshGraceSeconds: number;
  /** Sessions that a user may have at once. */
  readonly sessionsMax: number;
  readonly invitationTtlSeconds: number;
  readonly verifyTokenTtlSeconds: number;
  readonly resetTokenTtlSeconds: number;
  readonly emailChangeTtlSeconds: number;
  readonly emailRevertTtlSeconds: number;
  /** Whether there is login by mailed links. */
  readonly magicLink: boolean;
  readonly magicLinkTtlSeconds: number;
  readonly passwordMinLength: number;
  readonly argon2MemoryKib: number;
  readonly argon2Passes: number;
  /** The first is for new hashes. */
  readonly peppers: readonly Pepper[];
  readonly breachListUrl: string | undefined;
  readonly limits: AttemptLimits;
  /** Undefined: audit events are kept for ever. */
  readonly auditRetentionDays: number | undefined;
}

/**
 * Turns variables into configuration.
 * @throws ConfigInvalid naming all problems at once
 */
export function parseConfig(raw: RawEnvironment): Config {
  const env = parseEnvironment(raw);
  const publicUrl = env.PUBLIC_URL ?? ownUrl(env.HOST, env.PORT);
  const pooled = isPooled(env);
  return {
    service: {
      environment: env.NODE_ENV,
      dataDir: env.DATA_DIR,
      secret: env.APP_SECRET,
      publicUrl,
      frontEndUrl: env.APP_URL,
      shutdownDrainMs: env.SHUTDOWN_DRAIN_MS ?? (env.NODE_ENV === 'production' ? 5000 : 0),
    },
    http: {
      host: env.HOST,
      port: env.PORT,
      corsOrigins: env.CORS_ORIGINS,
      trustedProxyHops: env.TRUSTED_PROXY_HOPS,
      rateLimit: { requests: env.RATE_LIMIT_REQUESTS, windowSeconds: env.RATE_LIMIT_WINDOW_SECONDS },
    },
    database: {
      url: env.DATABASE_URL,
      directUrl: env.DATABASE_DIRECT_URL ?? env.DATABASE_URL,
      pooled,
      poolMax: env.DATABASE_POOL_MAX,
      connectTimeoutMs: env.DATABASE_CONNECT_TIMEOUT_MS,
      statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
      namedStatements: env.DATABASE_NAMED_STATEMENTS ?? !pooled,
    },
    queue: {
      inline: env.WORKER === 'inline',
      concurrency: env.WORKER_CONCURRENCY,
      finishGraceMs: env.SHUTDOWN_JOBS_MS,
    },
    mail: { smtpUrl: env.SMTP_URL, from: env.MAIL_FROM },
    log: {
      level: env.LOG_LEVEL,
      pretty: env.LOG_FORMAT === 'pretty' || (env.LOG_FORMAT === 'auto' && developmentTerminal(env)),
    },
    auth: {
      issuer: publicUrl,
      audience: env.AUTH_AUDIENCE,
      accessTokenTtlSeconds: env.AUTH_ACCESS_TOKEN_TTL_SECONDS,
      keyRotationDays: env.AUTH_KEY_ROTATION_DAYS,
      refreshIdleSeconds: env.AUTH_REFRESH_IDLE_SECONDS,
      sessionTtlSeconds: env.AUTH_SESSION_TTL_SECONDS,
      refreshGraceSeconds: env.AUTH_REFRESH_GRACE_SECONDS,
      sessionsMax: env.AUTH_MAX_SESSIONS,
      invitationTtlSeconds: env.AUTH_INVITATION_TTL_SECONDS,
      verifyTokenTtlSeconds: env.AUTH_VERIFY_TOKEN_TTL_SECONDS,
      resetTokenTtlSeconds: env.AUTH_RESET_TOKEN_TTL_SECONDS,
      emailChangeTtlSeconds: env.AUTH_EMAIL_CHANGE_TTL_SECONDS,
      emailRevertTtlSeconds: env.AUTH_EMAIL_REVERT_TTL_SECONDS,
      magicLink: env.AUTH_MAGIC_LINK,
      magicLinkTtlSeconds: env.AUTH_MAGIC_LINK_TTL_SECONDS,
      passwordMinLength: env.AUTH_PASSWORD_MIN_LENGTH,
      argon2MemoryKib: env.AUTH_ARGON2_MEMORY_KIB,
      argon2Passes: env.AUTH_ARGON2_PASSES,
      peppers: env.AUTH_PASSWORD_PEPPER ?? [],
      breachListUrl: env.AUTH_HIBP_URL,
      limits: attemptLimits(env),
      auditRetentionDays: env.AUTH_AUDIT_RETENTION_DAYS,
    },
  };
}

/** Where a client on this machine reaches the service; a wildcard listens on every address, and is none. */
function ownUrl(host: string, port: number): string {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}

/** A pooler and the server behind it are two places. */
function isPooled({ DATABASE_URL: url, DATABASE_DIRECT_URL: directUrl }: Environment): boolean {
  if (url === undefined || directUrl === undefined) return false;
  return readDatabaseUrl(url).place !== readDatabaseUrl(directUrl).place;
}

function developmentTerminal(env: Environment): boolean {
  return env.NODE_ENV === 'development' && process.stdout.isTTY;
}
