import type { ArgumentsHost } from '@nestjs/common';
import { Catch } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Links } from '../../platform/config/links.ts';
import type { FormPage } from '../../platform/http/html/form-page.ts';
import { renderForm, renderExpired } from '../../platform/http/html/form-page.ts';
import { negotiatesHtml } from '../../platform/http/html/negotiation.ts';
import type { InputError, Problem } from '../../platform/http/problem/problem.ts';
import { ProblemFilter } from '../../platform/http/server/problem.filter.ts';
import { toProblem } from '../../platform/http/problem/to-problem.ts';
import { AllowedMethods } from '../../platform/http/server/allowed-methods.ts';
import { InvalidToken } from '../auth/login/index.ts';
import { HostedPages } from './hosted-pages.ts';

/** The form cannot be submitted again after these. */
const finalStatuses: readonly number[] = [403, 404];

/** What the form calls the members of its body. */
const labels: Readonly<Record<string, string>> = {
  '#/email': 'The email address',
  '#/newPassword': 'The password',
};

/**
 * Renders the form with the errors for browsers when it can be submitted again; otherwise responds with the problem.
 */
@Catch()
export class HostedPagesFilter extends ProblemFilter {
  constructor(
    methods: AllowedMethods,
    links: Links,
    private readonly pages: HostedPages,
  ) {
    super(methods, links);
  }

  override catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const page = this.pages.at(request.routeOptions.url);
    const problem = toProblem(thrown);
    const text =
      page !== undefined && negotiatesHtml(request, reply) ? textOf(problem, { page, request, reply }) : undefined;
    if (text === undefined) {
      super.catch(thrown, host);
      return;
    }
    this.logFailure(problem);
    void reply
      .status(problem.kind.status)
      .headers(problem.options.headers ?? {})
      .send(text);
  }
}

interface FormSubmission {
  readonly page: FormPage;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Returns the page that shows the problem; undefined where the problem itself is the response. */
function textOf(problem: Problem, { page, request, reply }: FormSubmission): string | undefined {
  const { kind } = problem;
  if (finalStatuses.includes(kind.status)) return undefined;
  const token = stringMember(request.body, 'token');
  const hasInvalidToken = problem.options.errors?.some(({ pointer }) => pointer === '#/token') === true;
  const lacksToken = page.fields !== 'email' && (token === undefined || hasInvalidToken);
  if (problem instanceof InvalidToken || (lacksToken && kind.status < 500)) {
    return renderExpired(reply, page, InvalidToken.kind.description);
  }
  if (request.method !== 'POST') return undefined;
  return renderForm(reply, page, { token, email: stringMember(request.body, 'email'), error: errorMessageOf(problem) });
}

function errorMessageOf({ kind, options }: Problem): string {
  const sentences = (options.errors ?? []).flatMap(sentenceOf);
  return sentences.length > 0 ? sentences.join(' ') : (options.detail ?? kind.description);
}

function sentenceOf({ pointer = '', detail }: InputError): string[] {
  const label = labels[pointer];
  return label === undefined ? [] : [`${label} ${detail}.`];
}

function stringMember(body: unknown, name: string): string | undefined {
  const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}
