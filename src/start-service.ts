import type { INestApplicationContext } from '@nestjs/common';
import { collectGarbageWhenIdle } from './idle-collection.ts';
import { Lifecycle, StartupAborted } from './lifecycle.ts';
import type { Config } from './platform/config/config.ts';
import { developmentSecret } from './platform/config/development-secret.ts';
import { StartupError } from './platform/config/startup-error.ts';
import type { OpenDatabase } from './platform/database/open-database.ts';
import { openDatabase } from './platform/database/open-database.ts';
import { toUserError } from './platform/database/user-error.ts';

/** The application of a process. */
export interface ServiceApplication<App extends INestApplicationContext> {
  readonly create: (config: Config) => Promise<App>;
  readonly close: (app: App) => Promise<void>;
  /** Starts serving and reports that the process is ready. */
  readonly run: (app: App, started: { config: Config; database: OpenDatabase }) => Promise<void>;
}

/** What differs between the HTTP service and the worker. */
export interface ServiceSteps<App extends INestApplicationContext> {
  /** Runs before anything is opened. */
  readonly readConfig: () => Promise<Config>;
  /** Completes the configuration once the database is open. */
  readonly completeConfig?: (config: Config) => Promise<Config>;
  /** Imports the application, which takes longer than all steps before it: their errors do not wait for it. */
  readonly loadApplication: () => Promise<ServiceApplication<App>>;
}

/**
 * Starts a process: configuration, database, migrations of development, application. On SIGTERM, SIGINT or SIGHUP it
 * closes what was opened, the last first, and exits with code 0. A failed start exits with code 1, and with one line
 * when an operator can fix the reason.
 */
export async function startService<App extends INestApplicationContext>(steps: ServiceSteps<App>): Promise<void> {
  const lifecycle = new Lifecycle();
  try {
    await start(steps, lifecycle);
    lifecycle.started();
    // For process managers that wait for it, such as pm2 with wait_ready.
    process.send?.('ready');
    collectGarbageWhenIdle();
  } catch (error) {
    await lifecycle.shutDown(error instanceof StartupAborted ? 0 : reportStartupFailure(error));
  }
}

/** Adds what is known only after the start of the database: its URL, and the generated secret of development. */
export function resolveConfig({ service, database, ...rest }: Config, opened: OpenDatabase): Config {
  return {
    ...rest,
    service: { ...service, secret: service.secret ?? developmentSecret(service.dataDir) },
    database: { ...database, url: opened.url, directUrl: database.directUrl ?? opened.url },
  };
}

async function start<App extends INestApplicationContext>(
  { readConfig, completeConfig, loadApplication }: ServiceSteps<App>,
  lifecycle: Lifecycle,
): Promise<void> {
  const parsed = await readConfig();
  const { tracing, sentry } = parsed.telemetry;
  // Closed last: they send what happens during the shutdown. Errors before do not wait until these modules are loaded.
  if (tracing !== undefined)
    lifecycle.onClose(await (await import('./platform/telemetry/trace-exporter.ts')).startTracing(tracing));
  if (sentry !== undefined)
    lifecycle.onClose(await (await import('./platform/telemetry/error-reports.ts')).startErrorReports(sentry));
  const database = await openDatabase(parsed, { as: 'service' });
  lifecycle.onClose(database.close);
  const config = resolveConfig((await completeConfig?.(parsed)) ?? parsed, database);
  const { checkDatabase } = await import('./start-check.ts');
  // Runs while the application is created. The role of the embedded server owns everything.
  const checked = database.embedded ? undefined : checkDatabase(config);
  const application = await loadApplication();
  const app = await application.create(config);
  lifecycle.onClose(async () => {
    await application.close(app);
  });
  const check = await checked;
  // Creating the application blocks the event loop, on a busy machine for longer than the check waits for a connection.
  const repeated = check?.failed === true ? await checkDatabase(config) : check;
  repeated?.log();
  await application.run(app, { config, database });
}

/** Prints one line when an operator can fix the reason, otherwise the whole error. Returns the exit code. */
function reportStartupFailure(thrown: unknown): number {
  const error = toUserError(thrown);
  console.error(error instanceof StartupError ? `plinth: ${error.message}` : error);
  return 1;
}
