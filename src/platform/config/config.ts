import type { Branding } from './branding.ts';
import { brandingOf } from './branding.ts';
import { isPooled } from './database-url.ts';
import type { RawEnvironment } from './environment.ts';
import { parseEnvironment } from './environment.ts';
import type { PasskeyConfig } from './passkeys.ts';
import { passkeyConfig, publicUrlOf } from './passkeys.ts';
import type { Environment } from './variables.ts';
import type { CredentialConfig } from './variables/credentials.ts';
import { credentialConfig } from './variables/credentials.ts';
import type { LogConfig } from './variables/logging.ts';
import { logConfig } from './variables/logging.ts';
import type { OAuthConfig } from './variables/oauth.ts';
import type { PasswordConfig } from './variables/passwords.ts';
import { passwordConfig } from './variables/passwords.ts';
import type { LoginThrottleLimits } from './variables/rate-limits.ts';
import { loginThrottleLimits } from './variables/rate-limits.ts';
import type { RedisConfig } from './variables/redis.ts';
import { redisConfig } from './variables/redis.ts';
import type { TelemetryConfig } from './variables/telemetry.ts';
import { telemetryConfig } from './variables/telemetry.ts';

/** The validated configuration; names carry the units. */
export interface Config {
  readonly service: ServiceConfig;
  readonly http: HttpConfig;
  readonly database: DatabaseConfig;
  readonly redis: RedisConfig;
  readonly queue: QueueConfig;
  readonly mail: MailConfig;
  readonly log: LogConfig;
  readonly telemetry: TelemetryConfig;
  readonly auth: AuthConfig;
  readonly oauth: OAuthConfig;
}

export interface ServiceConfig extends Branding {
  readonly environment: Environment['NODE_ENV'];
  readonly dataDir: string;
  /** Undefined only until development has generated one (start-service.ts). */
  readonly secret: string | undefined;
  /** Accepted beside `secret` for what was encrypted or signed before, never used for new values. */
  readonly previousSecrets: readonly string[];
  /** Origin (and path) of this API without a trailing slash. */
  readonly publicUrl: string;
  /** The front end that emailed links open, without a trailing slash. */
  readonly frontEndUrl: string | undefined;
  readonly shutdownDrainMs: number;
}

export interface HttpConfig {
  readonly host: string;
  readonly port: number;
  readonly corsOrigins: readonly string[];
  /** Whether pages of `corsOrigins` on the same site may use the refresh token cookie. */
  readonly sameSiteCookies: boolean;
  readonly trustedProxyHops: number;
  readonly rateLimit: { readonly requests: number; readonly windowSeconds: number };
  /** Beyond these requests are refused; 0 is no limit. */
  readonly overload: { readonly eventLoopLagMs: number; readonly poolWaitMs: number };
  /** Whether `/graphql` is served. */
  readonly graphql: boolean;
}

export interface DatabaseConfig {
  /** Undefined: the embedded PostgreSQL. */
  readonly url: string | undefined;
  /** Without a transaction pooler in between; by default the same as `url`. */
  readonly directUrl: string | undefined;
  /** Whether `url` leads through a pooler in transaction mode, which does not preserve session settings. */
  readonly pooled: boolean;
  readonly poolMax: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly preparedStatements: boolean;
}

export interface QueueConfig {
  /** What starts jobs. A worker thread leaves it to the main thread of its process. */
  readonly dispatcher: 'postgresql' | 'bullmq' | 'main-thread';
  /** Whether this process runs jobs itself. */
  readonly inline: boolean;
  readonly concurrency: number;
  /** Milliseconds that running jobs may continue after SIGTERM. */
  readonly shutdownTimeoutMs: number;
}

export interface MailConfig {
  readonly smtpUrl: string | undefined;
  readonly from: string;
}

export interface AuthConfig extends CredentialConfig, PasswordConfig {
  readonly issuer: string;
  readonly audience: string;
  /** Permissions by role; roles that are absent keep the permissions that features declare. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  readonly accessTokenTtlSeconds: number;
  readonly keyRotationDays: number;
  readonly sessionIdleTimeoutSeconds: number;
  readonly sessionAbsoluteTimeoutSeconds: number;
  readonly refreshTokenReuseIntervalSeconds: number;
  readonly stepUpMaxAgeSeconds: number;
  /** Concurrent sessions per user. */
  readonly sessionsMax: number;
  readonly invitationTtlSeconds: number;
  readonly verifyTokenTtlSeconds: number;
  readonly resetTokenTtlSeconds: number;
  readonly emailChangeTtlSeconds: number;
  readonly emailRevertTtlSeconds: number;
  /** Whether users can log in by emailed links. */
  readonly magicLinkEnabled: boolean;
  readonly magicLinkTtlSeconds: number;
  /** Undefined: browsers have no passkeys for the IP address of the service. */
  readonly passkeys: PasskeyConfig | undefined;
  /** Failures are sent at a multiple of it, counted from the request. */
  readonly responseTimePeriodMs: number;
  readonly throttleLimits: LoginThrottleLimits;
  /** Undefined: audit events are retained without a limit. */
  readonly auditRetentionDays: number | undefined;
}

/**
 * Validates variables and converts them into the configuration.
 * @throws InvalidConfigError naming all problems at once
 */
export function parseConfig(raw: RawEnvironment): Config {
  const env = parseEnvironment(raw);
  const publicUrl = publicUrlOf(env);
  const pooled = isPooled(env.DATABASE_URL, env.DATABASE_DIRECT_URL);
  return {
    service: {
      environment: env.NODE_ENV,
      dataDir: env.DATA_DIR,
      secret: env.APP_SECRET,
      previousSecrets: env.APP_SECRET_PREVIOUS ?? [],
      publicUrl,
      frontEndUrl: env.APP_URL,
      ...brandingOf(env, publicUrl),
      shutdownDrainMs: env.SHUTDOWN_DRAIN_MS ?? (env.NODE_ENV === 'production' ? 5000 : 0),
    },
    http: {
      host: env.HOST,
      port: env.PORT,
      corsOrigins: env.CORS_ORIGINS,
      sameSiteCookies: env.AUTH_COOKIE_SAME_SITE_ENABLED,
      trustedProxyHops: env.TRUSTED_PROXY_HOPS,
      rateLimit: { requests: env.RATE_LIMIT_REQUESTS, windowSeconds: env.RATE_LIMIT_WINDOW_SECONDS },
      overload: { eventLoopLagMs: env.OVERLOAD_EVENT_LOOP_LAG_MS, poolWaitMs: env.OVERLOAD_POOL_WAIT_MS },
      graphql: (env.GRAPHQL ?? (env.NODE_ENV === 'development' ? 'on' : 'off')) === 'on',
    },
    database: {
      url: env.DATABASE_URL,
      directUrl: env.DATABASE_DIRECT_URL ?? env.DATABASE_URL,
      pooled,
      poolMax: env.DATABASE_POOL_MAX,
      connectTimeoutMs: env.DATABASE_CONNECT_TIMEOUT_MS,
      statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
      preparedStatements: env.DATABASE_PREPARED_STATEMENTS ?? !pooled,
    },
    redis: redisConfig(env),
    queue: {
      dispatcher: env.REDIS_URL === undefined ? 'postgresql' : 'bullmq',
      inline: env.WORKER === 'inline',
      concurrency: env.WORKER_CONCURRENCY,
      shutdownTimeoutMs: env.WORKER_SHUTDOWN_TIMEOUT_MS,
    },
    mail: { smtpUrl: env.SMTP_URL, from: env.MAIL_FROM ?? `"${env.APP_NAME}" <no-reply@localhost>` },
    log: logConfig(env),
    telemetry: telemetryConfig(env),
    auth: {
      issuer: publicUrl,
      audience: env.AUTH_AUDIENCE,
      accessTokenTtlSeconds: env.AUTH_ACCESS_TOKEN_TTL_SECONDS,
      keyRotationDays: env.AUTH_KEY_ROTATION_DAYS,
      sessionIdleTimeoutSeconds: env.AUTH_SESSION_IDLE_TIMEOUT_SECONDS,
      sessionAbsoluteTimeoutSeconds: env.AUTH_SESSION_ABSOLUTE_TIMEOUT_SECONDS,
      refreshTokenReuseIntervalSeconds: env.AUTH_REFRESH_TOKEN_REUSE_INTERVAL_SECONDS,
      roles: env.AUTH_ROLES,
      stepUpMaxAgeSeconds: env.AUTH_STEP_UP_MAX_AGE_SECONDS,
      sessionsMax: env.AUTH_MAX_SESSIONS,
      invitationTtlSeconds: env.AUTH_INVITATION_TTL_SECONDS,
      verifyTokenTtlSeconds: env.AUTH_VERIFY_TOKEN_TTL_SECONDS,
      resetTokenTtlSeconds: env.AUTH_RESET_TOKEN_TTL_SECONDS,
      emailChangeTtlSeconds: env.AUTH_EMAIL_CHANGE_TTL_SECONDS,
      emailRevertTtlSeconds: env.AUTH_EMAIL_REVERT_TTL_SECONDS,
      magicLinkEnabled: env.AUTH_MAGIC_LINK_ENABLED,
      magicLinkTtlSeconds: env.AUTH_MAGIC_LINK_TTL_SECONDS,
      ...credentialConfig(env),
      passkeys: passkeyConfig(env),
      ...passwordConfig(env),
      responseTimePeriodMs: env.AUTH_RESPONSE_TIME_PERIOD_MS,
      throttleLimits: loginThrottleLimits(env),
      auditRetentionDays: env.AUTH_AUDIT_RETENTION_DAYS,
    },
    oauth: { providers: env.AUTH_OAUTH_PROVIDERS, redirects: env.AUTH_OAUTH_REDIRECTS },
  };
}
