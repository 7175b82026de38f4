import { ClsServiceManager } from 'nestjs-cls';

/** What is known of the call that is being served; it travels by AsyncLocalStorage to logs and audit rows. */
export interface RequestContext {
  readonly requestId: string;
  /** The client's address by the configured number of proxy hops. */
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
  /** W3C trace context of the caller, carried on to the jobs that the request makes. */
  readonly traceparent?: string | undefined;
  /** Set once the caller is authenticated. */
  principalId?: string;
  sessionId?: string;
}

/** The trace that the request belongs to (W3C Trace Context §3.2.2.3), if its caller has named one. */
export function traceIdOf({ traceparent }: RequestContext): string | undefined {
  return traceparent?.split('-')[1];
}

const key = 'request';

/** Runs `work`, and everything it starts, as part of the request that `context` describes. */
export function runInRequest<T>(context: RequestContext, work: () => T): T {
  const cls = ClsServiceManager.getClsService();
  return cls.run(() => {
    cls.set(key, context);
    return work();
  });
}

/** Starts work that outlives the request it was started in, and belongs to none. */
export function runOutsideRequest<T>(work: () => T): T {
  return ClsServiceManager.getClsService().exit(work);
}

/** The request being served, or undefined outside of one (boot, commands). */
export function currentRequest(): RequestContext | undefined {
  const cls = ClsServiceManager.getClsService();
  return cls.isActive() ? cls.get<RequestContext | undefined>(key) : undefined;
}
