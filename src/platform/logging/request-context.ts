import { ClsServiceManager } from 'nestjs-cls';

/** The current request; AsyncLocalStorage carries it to logs and audit rows. */
export interface RequestContext {
  readonly requestId: string;
  /** The client's IP address by the configured number of proxy hops. */
  readonly ip: string | undefined;
  readonly userAgent: string | undefined;
  /** The languages that the client prefers (RFC 9110 §12.5.4). */
  readonly acceptLanguage?: string | undefined;
  /** W3C trace context of the caller, propagated to the jobs that the request creates. */
  readonly traceparent?: string | undefined;
  /** Set once the caller is authenticated. */
  principalId?: string;
  sessionId?: string;
  apiKeyId?: string;
}

/** The trace id of the request (W3C Trace Context §3.2.2.3), undefined when the caller sent none. */
export function traceIdOf({ traceparent }: RequestContext): string | undefined {
  return traceparent?.split('-')[1];
}

const key = Symbol('request');

/** Runs `work`, and everything it starts, in the context of a request. */
export function runInRequest<T>(context: RequestContext, work: () => T): T {
  return ClsServiceManager.getClsService().runWith({ [key]: context }, work);
}

/** Starts work outside of any request, also when it continues after the current one. */
export function runOutsideRequest<T>(work: () => T): T {
  return ClsServiceManager.getClsService().exit(work);
}

/** The current request, or undefined outside of one (boot, commands). */
export function currentRequest(): RequestContext | undefined {
  const cls = ClsServiceManager.getClsService();
  return cls.isActive() ? cls.get<RequestContext | undefined>(key) : undefined;
}
