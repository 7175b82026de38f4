import { Body, Get, Header, HttpCode, Post } from '@nestjs/common';
import { PasswordPolicy } from '../auth/passwords/index.ts';
import { HostedPagesController } from './hosted-pages.decorator.ts';
import { PasswordCheckForm } from './hosted-pages.dto.ts';
import { violationsOf } from './form-errors.view.ts';
import { HostedPagesView } from './hosted-pages.view.ts';
import type { PageExchange } from './page-exchange.decorator.ts';
import { Exchange } from './page-exchange.decorator.ts';
import { passkeyScript, passkeyScriptPath } from './passkey-script.ts';
import { pageScript, scriptPath } from './page-scripts.ts';

/** The script of the pages, and what it requests. */
@HostedPagesController()
export class PageAssetsController {
  constructor(
    private readonly policy: PasswordPolicy,
    private readonly view: HostedPagesView,
  ) {}

  @Get('page.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  script(@Exchange() exchange: PageExchange): string {
    allowCaching(exchange, scriptPath);
    return pageScript;
  }

  @Get('passkey.js')
  @Header('content-type', 'text/javascript; charset=utf-8')
  passkeyScript(@Exchange() exchange: PageExchange): string {
    allowCaching(exchange, passkeyScriptPath);
    return passkeyScript;
  }

  /** In memory: without the account of a link, and without a request to another service. The submission is decisive. */
  @Post('password-check')
  @HttpCode(200)
  async check(
    @Body() body: PasswordCheckForm,
    @Exchange() exchange: PageExchange,
  ): Promise<{ readonly violations: readonly string[] }> {
    const texts = this.view.textsFor(exchange);
    return { violations: violationsOf(await this.policy.violationsIn(body), texts) };
  }
}

/** While two versions of the service run, a page of one can request a script of the other, which must not be kept. */
function allowCaching({ request, reply }: PageExchange, path: string): void {
  if (request.url === path) void reply.header('cache-control', 'public, max-age=31536000, immutable');
}
