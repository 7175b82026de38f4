import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** From the signal on: running requests may finish until then. */
const drainMs = 20_000;
/** From the signal on: then the process goes, finished or not. */
const hardStopMs = 25_000;

/**
 * Makes SIGTERM, SIGINT and SIGHUP end the process in order: /readyz turns, requests finish, `closeLast` runs, exit 0.
 * A second signal ends it at once.
 */
export function endInOrder(app: NestFastifyApplication, closeLast: () => Promise<void>): void {
  const server = app.getHttpServer();
  let ending = false;
  const end = (): void => {
    if (ending) process.exit(1);
    ending = true;
    setTimeout(() => { server.closeAllConnections(); }, drainMs).unref();
    setTimeout(() => process.exit(1), hardStopMs).unref();
    app.close().then(closeLast).then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
}
