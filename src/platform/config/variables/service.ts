import { z } from 'zod';
import { brandingVariables } from './branding.ts';
import type { Variable } from './values.ts';
import { appSecret, httpUrl, integer, mailbox, oneOf, previousAppSecrets, smtpUrl } from './values.ts';

export const serviceVariables = {
  NODE_ENV: {
    section: 'Service',
    description: 'Runtime mode: production refuses missing secrets and never migrates at boot.',
    schema: oneOf('development', 'test', 'production'),
    default: 'development',
  },
  DATA_DIR: {
    section: 'Service',
    description: 'Folder in which development stores the embedded database and generated secrets.',
    schema: z.string(),
    default: '.data',
  },
  APP_SECRET: {
    section: 'Service',
    description:
      'At least 32 random characters; encrypts keys and tokens at rest. Development generates one in DATA_DIR.',
    schema: appSecret,
    secret: true,
  },
  APP_SECRET_PREVIOUS: {
    section: 'Service',
    description:
      'Secrets that are accepted beside APP_SECRET while it is rotated, separated by commas: the next one, then the ' +
      'former one (docs/operations/secrets.md). They decrypt and verify; nothing new is encrypted with them.',
    schema: previousAppSecrets,
    secret: true,
  },
  PUBLIC_URL: {
    section: 'Service',
    description:
      'URL of this API for clients: issuer of its tokens, base of its links. It may have a path, which a proxy ' +
      'removes (docs/guides/behind-a-proxy.md). Default: http://HOST:PORT, with localhost for a loopback IP address.',
    // The OpenAPI document states the maximum length of a Location and of the type of a problem.
    schema: httpUrl.refine(
      (value) => new URL(value).pathname.length <= 64,
      'must have a path of at most 64 characters',
    ),
  },
  APP_URL: {
    section: 'Service',
    description:
      'URL of the front end whose pages emailed links open. Without it they open the built-in pages under /account.',
    schema: httpUrl,
  },
  ...brandingVariables,
} satisfies Record<string, Variable>;

export const jobsVariables = {
  WORKER: {
    section: 'Jobs',
    description:
      'inline runs jobs inside this process; off leaves them to processes started by npm run start:worker:prod (in ' +
      'development start:worker), which need the same configuration: emails contain links to PUBLIC_URL.',
    schema: oneOf('inline', 'off'),
    default: 'inline',
  },
  WORKER_CONCURRENCY: {
    section: 'Jobs',
    description:
      'Jobs of one queue that a worker runs at the same time. There are two queues: twice this must be below ' +
      'DATABASE_POOL_MAX.',
    schema: integer(1, 100),
    default: '5',
  },
  WORKER_SHUTDOWN_TIMEOUT_MS: {
    section: 'Jobs',
    description:
      'How long running jobs may continue after SIGTERM before they return to the queue without losing an attempt.',
    schema: integer(0, 20_000),
    default: '15000',
  },
} satisfies Record<string, Variable>;

export const mailVariables = {
  SMTP_URL: {
    section: 'Mail',
    description:
      'The outgoing mail server: smtp://user:password@host:port or smtps://; ?requireTLS=true requires STARTTLS. ' +
      'Without it development shows emails at /dev/mailbox; in production email jobs are retried for hours, then fail.',
    schema: smtpUrl,
    secret: true,
  },
  MAIL_FROM: {
    section: 'Mail',
    description:
      'The sender of emails. Default: APP_NAME <no-reply@localhost>. Production refuses a sender @localhost when ' +
      'SMTP_URL is set.',
    schema: mailbox,
  },
} satisfies Record<string, Variable>;
