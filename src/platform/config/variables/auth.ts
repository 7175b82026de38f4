import { z } from 'zod';
import type { Variable } from './values.ts';
import { boolean, integer, rolePermissions } from './values.ts';

const section = 'Auth';

/** Lifetimes of tokens and sessions. */
export const authVariables = {
  AUTH_AUDIENCE: {
    section,
    description: 'The audience (aud) of access tokens, which verification requires.',
    schema: z.string().max(255),
    default: 'plinth',
  },
  AUTH_ROLES: {
    section,
    description:
      'JSON object that sets the permissions of roles, and adds roles: `{"support":["users:read"]}`. Roles that it does ' +
      'not name keep their built-in permissions.',
    schema: rolePermissions,
    default: '{}',
  },
  AUTH_ACCESS_TOKEN_TTL_SECONDS: {
    section,
    description: 'Lifetime of an access token.',
    schema: integer(60, 900),
    default: '600',
  },
  AUTH_KEY_ROTATION_DAYS: {
    section,
    description: 'How long a signing key is used before the next one replaces it; does not invalidate sessions.',
    schema: integer(1, 3650),
    default: '90',
  },
  AUTH_SESSION_IDLE_TIMEOUT_SECONDS: {
    section,
    description: 'A session that is not refreshed for this long expires.',
    schema: integer(60, 31_536_000),
    default: '604800',
  },
  AUTH_SESSION_ABSOLUTE_TIMEOUT_SECONDS: {
    section,
    description: 'A session expires this long after its login, refreshed or not.',
    schema: integer(60, 31_536_000),
    default: '2592000',
  },
  AUTH_REFRESH_TOKEN_REUSE_INTERVAL_SECONDS: {
    section,
    description:
      'How long a used refresh token returns the same successor for a repeated call; 0 follows RFC 9700 strictly.',
    schema: integer(0, 30),
    default: '10',
  },
  AUTH_COOKIE_SAME_SITE_ENABLED: {
    section,
    description:
      'true accepts the refresh token cookie also from the pages of CORS_ORIGINS on the same site, such as ' +
      'https://app.example.com for an API on https://api.example.com, and sends CORS headers for credentials. ' +
      'Without it only pages of the same origin can use the cookie.',
    schema: boolean,
    default: 'false',
  },
  AUTH_STEP_UP_MAX_AGE_SECONDS: {
    section,
    description: 'Sensitive operations require an authentication that is at most this old (RFC 9470).',
    schema: integer(60, 86_400),
    default: '600',
  },
  AUTH_MAX_SESSIONS: {
    section,
    description: 'Concurrent sessions per user; a login beyond that revokes the least recently used one.',
    schema: integer(1, 10_000),
    default: '100',
  },
  AUTH_INVITATION_TTL_SECONDS: {
    section,
    description: 'Lifetime of an emailed invitation.',
    schema: integer(60, 2_592_000),
    default: '604800',
  },
  AUTH_VERIFY_TOKEN_TTL_SECONDS: {
    section,
    description: 'Lifetime of an emailed verification link.',
    schema: integer(60, 604_800),
    default: '86400',
  },
  AUTH_RESET_TOKEN_TTL_SECONDS: {
    section,
    description: 'Lifetime of an emailed link to reset a password.',
    schema: integer(60, 86_400),
    default: '1800',
  },
  AUTH_EMAIL_CHANGE_TTL_SECONDS: {
    section,
    description: 'Lifetime of the emailed link that confirms a new email address.',
    schema: integer(60, 86_400),
    default: '3600',
  },
  AUTH_EMAIL_REVERT_TTL_SECONDS: {
    section,
    description: 'How long the link sent to the former email address can revert an email change.',
    schema: integer(3600, 2_592_000),
    default: '604800',
  },
  AUTH_MAGIC_LINK_ENABLED: {
    section,
    description: 'true enables passwordless login by email link.',
    schema: boolean,
    default: 'false',
  },
  AUTH_MAGIC_LINK_TTL_SECONDS: {
    section,
    description: 'Lifetime of an emailed login link.',
    schema: integer(60, 3600),
    default: '600',
  },
  AUTH_RESPONSE_TIME_PERIOD_MS: {
    section,
    description:
      'Responses whose time would reveal whether an account exists, or why a credential is rejected, are sent at a ' +
      'multiple of this, counted from the request. Set it to three times the usual duration of a failed login or more.',
    schema: integer(1, 1000),
    default: '200',
  },
  AUTH_AUDIT_RETENTION_DAYS: {
    section,
    description:
      'How long audit events are retained; without a limit when absent. The events of a month are deleted together, a ' +
      'day after the last one has expired.',
    schema: integer(30, 36_500),
  },
} satisfies Record<string, Variable>;
