import { describe, expect, it } from '@jest/globals';
import { StartupError } from '../config/startup-error.ts';
import { runInRequest } from '../logging/request-context.ts';
import type { Sentry } from './error-reports.ts';
import { reportError, startErrorReports } from './error-reports.ts';

const config = { dsn: 'https://key@sentry.example.com/1', environment: 'production' };

/** The interface of @sentry/node, which records its calls. */
class RecordedSentry implements Sentry {
  readonly initialized: Parameters<Sentry['init']>[0][] = [];
  readonly reports: Parameters<Sentry['captureException']>[] = [];
  isClosed = false;

  init(options: Parameters<Sentry['init']>[0]): void {
    this.initialized.push(options);
  }

  captureException(...report: Parameters<Sentry['captureException']>): void {
    this.reports.push(report);
  }

  async close(): Promise<boolean> {
    this.isClosed = true;
    return await Promise.resolve(true);
  }
}

describe('startErrorReports', () => {
  it('reports in one line that the package is not installed', async () => {
    const start = startErrorReports(config);

    await expect(start).rejects.toThrow(StartupError);
    await expect(start).rejects.toThrow('SENTRY_DSN is set, but a package is missing: npm install @sentry/node');
  });

  it('sends errors only, without the name of the machine', async () => {
    const sentry = new RecordedSentry();
    const close = await startErrorReports(config, async () => await Promise.resolve(sentry));
    await close();

    const [options] = sentry.initialized;
    expect(options).toMatchObject({ ...config, sendDefaultPii: false });
    const names = ['Console', 'ContextLines', 'Http', 'LinkedErrors', 'OnUnhandledRejection', 'ProcessSession'];
    const kept = options?.integrations(names.map((name) => ({ name })));
    expect(kept).toEqual([{ name: 'ContextLines' }, { name: 'LinkedErrors' }]);
    expect(options?.beforeSend({ message: 'a', server_name: 'host' })).toEqual({ message: 'a' });
  });
});

describe('reportError', () => {
  it('sends the ids of the request, until error reports are closed', async () => {
    const sentry = new RecordedSentry();
    const close = await startErrorReports(config, async () => await Promise.resolve(sentry));
    const error = new Error('a bug');
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const request = { requestId: 'r-1', ip: undefined, userAgent: undefined };

    reportError(error);
    runInRequest({ ...request, traceparent: `00-${traceId}-00f067aa0ba902b7-01` }, () => {
      reportError(error, { job_type: 'users.export' });
    });
    await close();
    reportError(error);

    const tags = { job_type: 'users.export', request_id: 'r-1', trace_id: traceId };
    expect(sentry.reports).toEqual([
      [error, { tags: {} }],
      [error, { tags }],
    ]);
    expect(sentry.isClosed).toBe(true);
  });
});
