import type { z } from 'zod';
import type { Variable } from './values.ts';
import { oneOf } from './values.ts';

export const loggingVariables = {
  LOG_LEVEL: {
    section: 'Logging',
    description: 'The least severe level that is logged.',
    schema: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    default: 'info',
  },
  LOG_FORMAT: {
    section: 'Logging',
    description: 'auto is pretty in a development terminal and JSON everywhere else.',
    schema: oneOf('auto', 'json', 'pretty'),
    default: 'auto',
  },
} satisfies Record<string, Variable>;

type Parsed = { readonly NODE_ENV: string } & {
  readonly [Name in keyof typeof loggingVariables]: z.output<(typeof loggingVariables)[Name]['schema']>;
};

export interface LogConfig {
  readonly level: Parsed['LOG_LEVEL'];
  readonly pretty: boolean;
}

export function logConfig({ LOG_LEVEL, LOG_FORMAT, NODE_ENV }: Parsed): LogConfig {
  const isTerminal = NODE_ENV === 'development' && process.stdout.isTTY;
  return { level: LOG_LEVEL, pretty: LOG_FORMAT === 'pretty' || (LOG_FORMAT === 'auto' && isTerminal) };
}
