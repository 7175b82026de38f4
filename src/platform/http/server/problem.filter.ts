import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Links } from '../../config/links.ts';
import { reportError } from '../../telemetry/error-reports.ts';
import type { Language } from '../../i18n/language.ts';
import { HtmlPages } from '../html/html-pages.ts';
import { AllowedMethods } from './allowed-methods.ts';
import { InternalError, MethodNotAllowed, ValidationFailed } from '../problem/http.errors.ts';
import { isGraphql } from './graphql-exchange.ts';
import type { Problem } from '../problem/problem.ts';
import { problemResponse } from './problem-response.ts';
import { toProblem } from '../problem/to-problem.ts';

/** Turns every exception of a request into problem details (RFC 9457) or an HTML page. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly log = new Logger(ProblemFilter.name);

  constructor(
    private readonly methods: AllowedMethods,
    private readonly links: Links,
    private readonly pages: HtmlPages,
  ) {}

  /**
   * Sends the problem; the one of a GraphQL field is returned instead, and becomes an error of the result.
   * @param language of an HTML page, if the user has chosen one
   */
  catch(thrown: unknown, host: ArgumentsHost, language?: Language): unknown {
    if (isGraphql(host)) {
      const problem = toProblem(thrown);
      this.logFailure(problem);
      return problem;
    }
    this.send(thrown, host, language);
    return undefined;
  }

  private send(thrown: unknown, host: ArgumentsHost, language?: Language): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const mapped = toProblem(thrown);
    // A rate-limited client gets 429 also for a wrong method.
    const problem = mapped.kind.status === 429 ? mapped : (this.methodNotAllowed(request) ?? mapped);
    // A client that closes the connection within its request body is no failure of the service; the request log has it.
    if (thrown !== request.raw.errored) this.logFailure(problem);
    if (reply.sent) return;
    const { links, pages } = this;
    void reply.send(problemResponse(problem, { request, reply, links, pages, language }));
  }

  /** Fastify reports a wrong method as a missing route; the method table distinguishes the two. */
  private methodNotAllowed(request: FastifyRequest): MethodNotAllowed | undefined {
    if (!request.is404) return undefined;
    const allowed = this.methods.at(request.url);
    // The table matches an empty path segment with an id and the router does not: then the method is not the reason.
    if (allowed.length === 0 || allowed.includes(request.method)) return undefined;
    return new MethodNotAllowed({ headers: { Allow: allowed.join(', ') } });
  }

  protected logFailure(problem: Problem): void {
    const cause = problem.options.cause;
    if (problem instanceof InternalError) {
      this.log.error({ err: cause }, 'Unhandled error');
      reportError(cause);
    } else if (problem.kind.status >= 500) this.log.warn({ err: cause }, problem.kind.title);
    // Only a violated database constraint has a cause.
    else if (problem instanceof ValidationFailed && cause !== undefined)
      this.log.warn({ err: cause }, 'The database rejected a value that validation had accepted');
  }
}
