import { Body, Controller, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AcceptsMissingMfa, Public } from '../../../platform/http/auth/access.decorators.ts';
import type { SessionCaller } from '../../../platform/http/auth/principal.ts';
import { CurrentSession } from '../../../platform/http/auth/principal.ts';
import { IgnoresIdempotencyKey } from '../../../platform/http/idempotency/idempotency.decorators.ts';
import { Fails, Returns, ReturnsOneOf } from '../../../platform/http/openapi/operation.decorators.ts';
import { PadResponseTime } from '../../../platform/http/server/response-time-padding.ts';
import { TooManyAttempts } from '../login-throttling/index.ts';
import {
  IdentityNotLinked,
  InvalidOAuthCode,
  OAuthCodeDto,
  OAuthLoginRefused,
  OAuthLogins,
  ProviderAuthenticationNotRecent,
} from '../oauth/index.ts';
import type { TokenExchange } from '../token-delivery/index.ts';
import { RefreshCookie, WithTokenDelivery } from '../token-delivery/index.ts';
import { AccessTokenDto, TokensDto } from './auth.dto.ts';
import { loginResponse, MfaRequiredDto, tokensOrSecondFactor } from './mfa-login.dto.ts';

/** What the code of a login with a provider is exchanged for. */
@ApiTags('auth')
@Controller('auth')
export class OAuthLoginController {
  constructor(
    private readonly logins: OAuthLogins,
    private readonly refreshCookie: RefreshCookie,
  ) {}

  @Post('oauth/exchange')
  @PadResponseTime()
  @Public()
  @IgnoresIdempotencyKey()
  @ReturnsOneOf(tokensOrSecondFactor, [TokensDto, MfaRequiredDto], 'Set-Cookie')
  @Fails(InvalidOAuthCode, OAuthLoginRefused, IdentityNotLinked, TooManyAttempts)
  @ApiOperation({
    operationId: 'exchangeOAuthCode',
    summary: 'Create a session with a code of a provider login',
    description:
      'For the code of a login on the hosted pages, returns the tokens of its session. For that of a provider, creates ' +
      'a session, and an account if the provider states a verified email address that has none. A verified ' +
      'account with this email address is linked; an unverified one is given to its owner, without its former ' +
      'password. If the account has a second factor, returns `mfa_required` without tokens instead.',
  })
  async exchange(
    @Body() body: OAuthCodeDto,
    @WithTokenDelivery() exchange: TokenExchange,
  ): Promise<TokensDto | MfaRequiredDto> {
    return loginResponse(await this.logins.exchange(body), this.refreshCookie, exchange);
  }

  @Post('reauthenticate/oauth')
  @PadResponseTime()
  @AcceptsMissingMfa()
  @IgnoresIdempotencyKey()
  @Returns(200, AccessTokenDto)
  @Fails(InvalidOAuthCode, ProviderAuthenticationNotRecent, TooManyAttempts)
  @ApiOperation({
    operationId: 'reauthenticateWithProvider',
    summary: 'Verify the identity of the caller at a provider',
    description:
      'Renews the authentication time of the session by the time at which the provider authenticated the user, which ' +
      'the provider must state (`auth_time`). Returns an access token of the same session.',
  })
  async reauthenticate(
    @Body() body: OAuthCodeDto,
    @CurrentSession() { userId, sessionId }: SessionCaller,
  ): Promise<AccessTokenDto> {
    return AccessTokenDto.of(await this.logins.reauthenticate({ userId, sessionId }, body));
  }
}
