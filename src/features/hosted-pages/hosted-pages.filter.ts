import type { ArgumentsHost } from '@nestjs/common';
import { Catch } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Links } from '../../platform/config/links.ts';
import { HtmlPages } from '../../platform/http/html/html-pages.ts';
import { negotiatesHtml } from '../../platform/http/html/negotiation.ts';
import type { Problem } from '../../platform/http/problem/problem.ts';
import { ProblemFilter } from '../../platform/http/server/problem.filter.ts';
import { toProblem } from '../../platform/http/problem/to-problem.ts';
import { AllowedMethods } from '../../platform/http/server/allowed-methods.ts';
import { InvalidParameter } from '../../platform/http/problem/http.errors.ts';
import { InvalidToken } from '../auth/login/index.ts';
import { hostedCallbackPath } from '../auth/oauth/index.ts';
import { formErrorsOf } from './form-errors.view.ts';
import { HostedPagesView } from './hosted-pages.view.ts';
import { LoginView } from './login.view.ts';
import { isLinkRoute } from './page-definitions.ts';
import type { PageExchange } from './page-exchange.decorator.ts';
import { languageOfPage, parametersOf } from './page-exchange.decorator.ts';
import type { PageName } from './texts/texts.ts';
import { isPageName } from './texts/texts.ts';

/** Their failures lead back to the login form. */
const loginRoutes = ['passkey-login', 'provider-login'];

/** The form cannot be submitted again after these, unless there is a text for the problem. */
const finalStatuses: readonly number[] = [403, 404];

/**
 * Renders the form with the errors for browsers when it can be submitted again; otherwise responds with the problem.
 */
@Catch()
export class HostedPagesFilter extends ProblemFilter {
  constructor(
    methods: AllowedMethods,
    links: Links,
    pages: HtmlPages,
    private readonly view: HostedPagesView,
    private readonly loginView: LoginView,
  ) {
    super(methods, links, pages);
  }

  override catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const exchange = { request: http.getRequest<FastifyRequest>(), reply: http.getResponse<FastifyReply>() };
    const { request, reply } = exchange;
    const route = request.routeOptions.url?.replace(/^\/account\//, '') ?? '';
    const name = loginRoutes.includes(route) ? 'login' : route;
    const problem = toProblem(thrown);
    const page = isPageName(name) && negotiatesHtml(request, reply) ? this.pageOf(name, problem, exchange) : undefined;
    if (page === undefined) {
      super.catch(thrown, host, languageOfPage(exchange));
      return;
    }
    this.logFailure(problem);
    void reply
      .status(problem.kind.status)
      .headers(problem.options.headers ?? {})
      .send(page);
  }

  /** Undefined where the problem itself is the response. */
  private pageOf(name: PageName, problem: Problem, exchange: PageExchange): string | undefined {
    const { kind, options } = problem;
    const texts = this.view.textsFor(exchange);
    if (finalStatuses.includes(kind.status) && !Object.hasOwn(texts.problems, kind.slug)) return undefined;
    const { token, login } = parametersOf(exchange.request);
    const hasInvalidToken =
      options.errors?.some(({ pointer, parameter }) => pointer === '#/token' || parameter === 'token') === true;
    const lacksToken = isLinkRoute(exchange.request.routeOptions.url) && (token === undefined || hasInvalidToken);
    if (problem instanceof InvalidToken || (lacksToken && kind.status < 500))
      return this.view.invalidLink(name, exchange);
    const isFormAgain = exchange.request.method === 'POST' || exchange.request.routeOptions.url === hostedCallbackPath;
    if (!isFormAgain || problem instanceof InvalidParameter) return undefined;
    const { id: requestId, routeOptions } = exchange.request;
    const byPasskey = routeOptions.url === '/account/passkey-login';
    const errors = formErrorsOf(problem, texts, { requestId, byPasskey });
    if (name === 'login') return this.loginView.login(exchange, errors);
    if (name === 'second-factor') return this.loginView.secondFactor(exchange, login, errors);
    return this.view.form(name, exchange, { errors });
  }
}
