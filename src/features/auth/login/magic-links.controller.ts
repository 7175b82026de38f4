import type { CanActivate } from '@nestjs/common';
import { Body, Controller, Injectable, Post, Res, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../../platform/http/auth/access.decorators.ts';
import { HostCookies } from '../../../platform/http/server/host-cookies.ts';
import { IgnoresIdempotencyKey } from '../../../platform/http/idempotency/idempotency.decorators.ts';
import { accepted, AcceptedDto } from '../../../platform/http/openapi/accepted.dto.ts';
import { Fails, Returns, ReturnsOneOf } from '../../../platform/http/openapi/operation.decorators.ts';
import { PadResponseTime } from '../../../platform/http/server/response-time-padding.ts';
import { TooManyAttempts } from '../login-throttling/index.ts';
import type { TokenExchange } from '../token-delivery/index.ts';
import { RefreshCookie, WithTokenDelivery } from '../token-delivery/index.ts';
import { MagicLinkDto, OneTimeTokenDto, TokensDto } from './auth.dto.ts';
import { loginResponse, MfaRequiredDto, tokensOrSecondFactor } from './mfa-login.dto.ts';
import { InvalidToken, MagicLinksDisabled } from './auth.errors.ts';
import { browserSecretName, MagicLinksService } from './magic-links.service.ts';

/** Responds as for an unknown path while magic links are disabled. */
@Injectable()
class MagicLinksGuard implements CanActivate {
  constructor(private readonly magicLinks: MagicLinksService) {}

  canActivate(): boolean {
    this.magicLinks.assertEnabled();
    return true;
  }
}

@ApiTags('auth')
@Controller('auth/magic-link')
@Public()
@UseGuards(MagicLinksGuard)
export class MagicLinksController {
  constructor(
    private readonly magicLinks: MagicLinksService,
    private readonly cookies: HostCookies,
    private readonly refreshCookie: RefreshCookie,
  ) {}

  @Post()
  @PadResponseTime('all')
  @IgnoresIdempotencyKey()
  @Returns(202, AcceptedDto, 'Set-Cookie')
  @Fails(MagicLinksDisabled, TooManyAttempts)
  @ApiOperation({
    operationId: 'requestMagicLink',
    summary: 'Request a magic link',
    description:
      'Sends a login link by email, if the email address is the verified one of an account. Always returns the ' +
      'same response, and sets a cookie that binds the link to this browser. Returns 404 unless ' +
      '`AUTH_MAGIC_LINK_ENABLED` is `true`.',
  })
  async request(@Body() body: MagicLinkDto, @Res({ passthrough: true }) reply: FastifyReply): Promise<AcceptedDto> {
    const value = await this.magicLinks.request(body.email);
    this.cookies.set(reply, browserSecretName, { value, maxAgeSeconds: this.magicLinks.ttlSeconds });
    return accepted;
  }

  @Post('verify')
  @PadResponseTime()
  @IgnoresIdempotencyKey()
  @ReturnsOneOf(tokensOrSecondFactor, [TokensDto, MfaRequiredDto], 'Set-Cookie')
  @Fails(InvalidToken, MagicLinksDisabled, TooManyAttempts)
  @ApiOperation({
    operationId: 'verifyMagicLink',
    summary: 'Log in with a magic link',
    description:
      'Consumes the token of a magic link and creates a session. Requires the cookie that was set when the link ' +
      'was requested. Counts as one factor (`amr` is `email`): if the account has a second factor, ' +
      'returns `mfa_required` without tokens instead. Returns 404 unless `AUTH_MAGIC_LINK_ENABLED` is ' +
      '`true`.',
  })
  async verify(
    @Body() body: OneTimeTokenDto,
    @WithTokenDelivery() exchange: TokenExchange,
  ): Promise<TokensDto | MfaRequiredDto> {
    const browserSecret = this.cookies.read(exchange.request, browserSecretName);
    return loginResponse(await this.magicLinks.verify(body.token, browserSecret), this.refreshCookie, exchange);
  }
}
