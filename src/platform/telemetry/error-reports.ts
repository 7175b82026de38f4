import { packageVersion } from '../config/package-version.ts';
import type { TelemetryConfig } from '../config/variables/telemetry.ts';
import { currentRequest, traceIdOf } from '../logging/request-context.ts';
import { loadOptional } from '../config/optional-package.ts';

/** The part of @sentry/node that is used. It is not installed: it brings a package with a license that is not open source. */
export interface Sentry {
  init(options: SentryOptions): unknown;
  captureException(error: unknown, hint: { readonly tags: Readonly<Record<string, string>> }): unknown;
  /** Sends what is waiting, within this time in milliseconds. */
  close(timeout: number): PromiseLike<boolean>;
}

interface SentryOptions {
  readonly dsn: string;
  readonly environment: string;
  readonly release: string;
  readonly sendDefaultPii: false;
  readonly integrations: <T extends { readonly name: string }>(defaults: readonly T[]) => T[];
  readonly beforeSend: <T extends object>(event: T) => T;
}

/**
 * Those that describe an error. Others send console output, request data and releases' health; OnUnhandledRejection
 * keeps a process running that Node ends, and OnUncaughtException reports those errors too.
 */
const integrations = new Set([
  'EventFilters',
  'FunctionToString',
  'LinkedErrors',
  'ContextLines',
  'OnUncaughtException',
]);

/** A server that does not respond delays the end of the process by this time at most. */
const closeTimeoutMs = 2000;

const packageName = '@sentry/node';

let sentry: Sentry | undefined;

/**
 * Sends unexpected errors to Sentry from now on. Returns the function that sends the last ones.
 * @param load imports the package
 * @throws StartupError when the package is not installed
 */
export async function startErrorReports(
  { dsn, environment }: NonNullable<TelemetryConfig['sentry']>,
  load: () => Promise<Sentry> = importSentry,
): Promise<() => Promise<void>> {
  const loaded = await loadOptional(load, 'SENTRY_DSN', packageName);
  loaded.init({
    dsn,
    environment,
    release: packageVersion(),
    sendDefaultPii: false,
    integrations: (defaults) => defaults.filter(({ name }) => integrations.has(name)),
    beforeSend: (event) => ({ ...event, server_name: undefined }),
  });
  sentry = loaded;
  return async () => {
    sentry = undefined;
    await loaded.close(closeTimeoutMs);
  };
}

/** Sends an unexpected error with the ids of the request, if error reports are on. */
export function reportError(error: unknown, tags: Readonly<Record<string, string>> = {}): void {
  if (sentry === undefined) return;
  const request = currentRequest();
  const traceId = request && traceIdOf(request);
  sentry.captureException(error, {
    tags: {
      ...tags,
      ...(request && { request_id: request.requestId }),
      ...(traceId !== undefined && { trace_id: traceId }),
    },
  });
}

async function importSentry(): Promise<Sentry> {
  // A variable: the compiler does not find the package.
  const name: string = packageName;
  return (await import(name)) as Sentry;
}
