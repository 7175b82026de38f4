import { z } from 'zod';
import { appSecret, httpUrl, oneOf } from './values.ts';
import type { Variable } from './variable.ts';

/** What the process is and where. */
export const serviceVariables = {
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
    about:
      'Where clients reach this API; issuer of its tokens, base of its links. It may have a path, which a proxy takes off (docs/guides/behind-a-proxy.md). Default: http://HOST:PORT.',
    // The document says how long a Location and the type of a problem can get.
    schema: httpUrl.refine(
      (value) => new URL(value).pathname.length <= 64,
      'must have a path of at most 64 characters',
    ),
  },
  APP_URL: {
    section: 'Service',
    about: 'The front end whose pages mailed links open. Without it they open the built-in pages under /account.',
    schema: httpUrl,
  },
} satisfies Record<string, Variable>;
