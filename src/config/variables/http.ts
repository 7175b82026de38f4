import { z } from 'zod';
import { origins } from './origins.ts';
import { whole } from './values.ts';
import type { Variable } from './variable.ts';

/** How it listens, and to whom. */
export const httpVariables = {
  HOST: { section: 'HTTP', about: 'Address to listen on.', schema: z.string(), default: '127.0.0.1' },
  PORT: { section: 'HTTP', about: 'Port to listen on; 0 takes a free one.', schema: whole(0, 65535), default: '3000' },
  CORS_ORIGINS: {
    section: 'HTTP',
    about:
      'Origins of pages that may call the API, separated by commas, each as browsers send it: https://app.example.com, capacitor://localhost. No wildcards.',
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
} satisfies Record<string, Variable>;
