import { z } from 'zod';
import { whole, yesOrNo } from './values.ts';
import type { Variable } from './variable.ts';

/** How long tokens live, and what a password costs. */
export const authVariables = {
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
  AUTH_KEY_ROTATION_DAYS: {
    section: 'Auth',
    about: 'How long a key signs access tokens before the next one takes over; nobody is logged out by it.',
    schema: whole(1, 3650),
    default: '90',
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
  AUTH_MAX_SESSIONS: {
    section: 'Auth',
    about: 'Sessions that a user may have at once; a login beyond that ends the least recently used one.',
    schema: whole(1, 10_000),
    default: '100',
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
  AUTH_RESET_TOKEN_TTL_SECONDS: {
    section: 'Auth',
    about: 'How long a mailed link to reset a password works.',
    schema: whole(60, 86_400),
    default: '1800',
  },
  AUTH_EMAIL_CHANGE_TTL_SECONDS: {
    section: 'Auth',
    about: 'How long the mailed link that confirms a new e-mail address works.',
    schema: whole(60, 86_400),
    default: '3600',
  },
  AUTH_EMAIL_REVERT_TTL_SECONDS: {
    section: 'Auth',
    about: 'How long the former address of an account can undo a change of address.',
    schema: whole(3600, 2_592_000),
    default: '604800',
  },
  AUTH_MAGIC_LINK: {
    section: 'Auth',
    about: 'true offers login by a mailed link; whoever reads the mail is logged in.',
    schema: yesOrNo,
    default: 'false',
  },
  AUTH_MAGIC_LINK_TTL_SECONDS: {
    section: 'Auth',
    about: 'How long a mailed login link works.',
    schema: whole(60, 3600),
    default: '600',
  },
  AUTH_PASSWORD_MIN_LENGTH: {
    section: 'Auth',
    about: 'The shortest password accepted, in code points.',
    schema: whole(8, 64),
    default: '15',
  },
  AUTH_ARGON2_MEMORY_KIB: {
    section: 'Auth',
    about:
      'Memory of one password hash (argon2id). As many run at once as there are cores but one, within a quarter of the memory.',
    schema: whole(7168, 4_194_304),
    default: '65536',
  },
  AUTH_ARGON2_PASSES: {
    section: 'Auth',
    about: 'Passes of one password hash (argon2id).',
    schema: whole(1, 20),
    default: '3',
  },
  AUTH_AUDIT_RETENTION_DAYS: {
    section: 'Auth',
    about: 'How long audit events are kept; for ever when absent.',
    schema: whole(30, 36_500),
  },
} satisfies Record<string, Variable>;
