import { Body, Controller, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../../platform/http/auth/access.decorators.ts';
import { IgnoresIdempotencyKey } from '../../../platform/http/idempotency/idempotency.decorators.ts';
import { AcceptsOneOf, Fails, Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { PadResponseTime } from '../../../platform/http/server/response-time-padding.ts';
import { AttemptsInProgress, TooManyAttempts } from '../login-throttling/index.ts';
import { InvalidMfa } from '../mfa/index.ts';
import type { TokenExchange } from '../token-delivery/index.ts';
import { RefreshCookie, WithTokenDelivery } from '../token-delivery/index.ts';
import { TokensDto } from './auth.dto.ts';
import { presentedFactor, VerifyMfaByCodeDto, VerifyMfaByPasskeyDto, VerifyMfaDto } from './mfa-login.dto.ts';
import { MfaLoginService } from './mfa-login.service.ts';

@ApiTags('auth')
@Controller('auth/mfa')
export class MfaLoginController {
  constructor(
    private readonly logins: MfaLoginService,
    private readonly cookie: RefreshCookie,
  ) {}

  @Post('verify')
  @PadResponseTime()
  @Public()
  @IgnoresIdempotencyKey()
  @Returns(200, TokensDto, 'Set-Cookie')
  @Fails(InvalidMfa, TooManyAttempts, AttemptsInProgress)
  @AcceptsOneOf(VerifyMfaByCodeDto, VerifyMfaByPasskeyDto)
  @ApiOperation({
    operationId: 'verifyMfa',
    summary: 'Verify the second factor of a login',
    description:
      'Completes a login that returned `mfa_required`, with a code of an authenticator app, a recovery code or a ' +
      'passkey, and creates the session. Five attempts are allowed; each code is accepted once.',
  })
  async verify(@Body() body: VerifyMfaDto, @WithTokenDelivery() exchange: TokenExchange): Promise<TokensDto> {
    return TokensDto.from(
      this.cookie.deliver(await this.logins.verify(body.mfaToken, presentedFactor(body)), exchange),
    );
  }
}
