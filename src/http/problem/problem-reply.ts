import { choosesHtml } from '../html/negotiation.ts';
import { dataHeaders } from '../server/security-headers.ts';
import type { Problem } from './problem.ts';
import { problemBody } from './problem.ts';
import type { ProblemExchange } from './problem-page.ts';
import { problemPage } from './problem-page.ts';

/**
 * Gives the reply the status and the headers of the problem, whatever it was before, and returns its body: a page for
 * clients that prefer HTML, problem details (RFC 9457) for all others.
 */
export function problemReply(problem: Problem, exchange: ProblemExchange): Buffer {
  const { request, reply, links } = exchange;
  for (const name of problem.options.withoutHeaders ?? []) void reply.removeHeader(name);
  void reply.status(problem.kind.status).headers({ ...dataHeaders, ...problem.options.headers });
  if (choosesHtml(request, reply)) return Buffer.from(problemPage(problem, exchange));
  // Bytes: to a text Fastify would add a charset, which this media type does not have.
  void reply.header('content-type', 'application/problem+json');
  return Buffer.from(JSON.stringify(problemBody(problem, request.id, links)));
}
