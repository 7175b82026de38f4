import { Body, Controller, Get, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../../platform/http/auth/access.decorators.ts';
import { IgnoresIdempotencyKey } from '../../../platform/http/idempotency/idempotency.decorators.ts';
import { Fails, Redirects, Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { HostCookies } from '../../../platform/http/server/host-cookies.ts';
import { TooManyAttempts } from '../login-throttling/index.ts';
import { BackChannelLogout } from './backchannel-logout.service.ts';
import { CallbackParameters, ProviderParam } from './oauth.document.ts';
import { AuthorizeQuery, LogoutTokenDto } from './oauth.dto.ts';
import { InvalidLogoutToken, InvalidOAuthCallback, ProviderUnavailable } from './oauth.errors.ts';
import { flowTtlSeconds, OAuthFlows } from './oauth-flows.service.ts';

/** The cookie that binds a login to the browser that started it. */
const cookieName = 'oauth';

@ApiTags('auth')
@Controller('auth/oauth')
@Public()
export class OAuthController {
  constructor(
    private readonly flows: OAuthFlows,
    private readonly logout: BackChannelLogout,
    private readonly cookies: HostCookies,
  ) {}

  @Get(':provider/authorize')
  @ProviderParam()
  @Redirects(302, 'The browser continues at the provider.', 'Set-Cookie')
  @Fails(ProviderUnavailable)
  @ApiOperation({
    operationId: 'authorizeOAuth',
    summary: 'Log in with a provider',
    description:
      'Navigate the browser here. It logs in at the provider and returns to `redirect` with the parameter `code`, or ' +
      'with `error`: `access_denied`, `temporarily_unavailable` or `login_failed`. A cookie binds the login to the ' +
      'browser for ten minutes; a newer login replaces it.',
  })
  async authorize(
    @Param('provider') provider: string,
    @Query() query: AuthorizeQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ url: string }> {
    const { url, cookie } = await this.flows.start(provider, query);
    // The provider navigates the browser to the callback: a Strict cookie would not be sent.
    this.cookies.set(reply, cookieName, { value: cookie, maxAgeSeconds: flowTtlSeconds, sameSite: 'Lax' });
    return { url };
  }

  @Get(':provider/callback')
  @ProviderParam()
  @CallbackParameters()
  @Redirects(303, 'The browser continues in the front end, with a code or an error.', 'Set-Cookie')
  @Fails(InvalidOAuthCallback, TooManyAttempts)
  @ApiOperation({
    operationId: 'completeOAuth',
    summary: 'Get the response of a provider',
    description:
      'The provider navigates the browser here. The response must belong to a login that this browser started, and is ' +
      'accepted once. Unknown parameters are ignored.',
  })
  async callback(
    @Param('provider') provider: string,
    @Query() query: Record<string, unknown>,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ url: string }> {
    const url = await this.flows.complete(provider, textsOf(query), this.cookies.read(request, cookieName));
    this.cookies.set(reply, cookieName, { value: '', maxAgeSeconds: 0, sameSite: 'Lax' });
    return { url };
  }

  @Post(':provider/backchannel-logout')
  @ProviderParam()
  @IgnoresIdempotencyKey()
  @ApiConsumes('application/json', 'application/x-www-form-urlencoded')
  @Returns(200)
  @Fails(InvalidLogoutToken, ProviderUnavailable, TooManyAttempts)
  @ApiOperation({
    operationId: 'backChannelLogout',
    summary: 'Revoke sessions after a logout at a provider',
    description:
      'For providers (OpenID Connect Back-Channel Logout 1.0), which send a form. Revokes the sessions that began with ' +
      'the session at the provider (`sid`), or with its user (`sub`). Each token is accepted once.',
  })
  async backChannelLogout(@Param('provider') provider: string, @Body() body: LogoutTokenDto): Promise<void> {
    await this.logout.logOut(provider, body.logout_token);
  }
}

/** The parameters that were sent once. */
function textsOf(query: Readonly<Record<string, unknown>>): URLSearchParams {
  const texts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (typeof value === 'string') texts.set(name, value);
  return texts;
}
