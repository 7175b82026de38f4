import { oneOf } from './values.ts';
import type { Variable } from './variable.ts';

/** What is written, and how. */
export const loggingVariables = {
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
} satisfies Record<string, Variable>;
