import { traceIdOf } from '../../logging/request-context.ts';
import { negotiatesHtml } from '../html/negotiation.ts';
import { contextOf } from './request-hooks.ts';
import { dataHeaders } from './security-headers.ts';
import type { Problem } from '../problem/problem.ts';
import { problemBody } from '../problem/problem.ts';
import type { ProblemExchange } from './problem-page.ts';
import { problemPage } from './problem-page.ts';

/**
 * Sets the status and the headers of the problem on the response and returns the body: an HTML page for clients that
 * prefer HTML, problem details (RFC 9457) for all others.
 */
export function problemResponse(problem: Problem, exchange: ProblemExchange): Buffer {
  const { request, reply, links } = exchange;
  for (const name of problem.options.withoutHeaders ?? []) void reply.removeHeader(name);
  void reply.status(problem.kind.status).headers({ ...dataHeaders, ...problem.options.headers });
  if (negotiatesHtml(request, reply)) return Buffer.from(problemPage(problem, exchange));
  // As bytes: Fastify would add a charset to a string, which this media type does not define.
  void reply.header('content-type', 'application/problem+json');
  return Buffer.from(
    JSON.stringify(problemBody(problem, { requestId: request.id, traceId: traceIdOf(contextOf(request)) }, links)),
  );
}
