import { Body, Controller, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../../../platform/http/auth/access.decorators.ts';
import type { SessionCaller } from '../../../platform/http/auth/principal.ts';
import { CurrentSession } from '../../../platform/http/auth/principal.ts';
import { IgnoresIdempotencyKey } from '../../../platform/http/idempotency/idempotency.decorators.ts';
import { Fails, Returns } from '../../../platform/http/openapi/operation.decorators.ts';
import { PadResponseTime } from '../../../platform/http/server/response-time-padding.ts';
import { AttemptsInProgress, TooManyAttempts } from '../login-throttling/index.ts';
import { InvalidMfa } from '../mfa/index.ts';
import { PasskeysUnavailable } from '../passkeys/index.ts';
import type { TokenExchange } from '../token-delivery/index.ts';
import { RefreshCookie, WithTokenDelivery } from '../token-delivery/index.ts';
import { TokensDto } from './auth.dto.ts';
import { InvalidCredentials } from './auth.errors.ts';
import { MfaTokenDto } from './mfa-login.dto.ts';
import { MfaLoginService } from './mfa-login.service.ts';
import { PasskeyLoginDto } from './passkey-credential.ts';
import { PasskeyRequestOptionsDto } from './passkey-login.dto.ts';
import { PasskeyLoginService } from './passkey-login.service.ts';
import { ReauthenticationService } from './reauthentication.service.ts';

const unavailable = 'Returns 404 where the service has no domain: browsers have no passkeys for IP addresses.';

/** The use of passkeys: as a login, as its second factor, and for step-up. */
@ApiTags('auth')
@Controller('auth')
export class PasskeyLoginController {
  constructor(
    private readonly logins: PasskeyLoginService,
    private readonly mfaLogins: MfaLoginService,
    private readonly reauthentication: ReauthenticationService,
    private readonly cookie: RefreshCookie,
  ) {}

  @Post('passkeys/login/options')
  @Public()
  @IgnoresIdempotencyKey()
  @Returns(201, PasskeyRequestOptionsDto)
  @Fails(PasskeysUnavailable)
  @ApiOperation({
    operationId: 'createPasskeyLoginOptions',
    summary: 'Create the options of a login by passkey',
    description: `Returns what a browser needs to offer the passkeys of its user. ${unavailable}`,
  })
  async loginOptions(): Promise<PasskeyRequestOptionsDto> {
    return await this.logins.options();
  }

  @Post('passkeys/login')
  @PadResponseTime()
  @Public()
  @IgnoresIdempotencyKey()
  @Returns(200, TokensDto, 'Set-Cookie')
  @Fails(InvalidCredentials, TooManyAttempts, AttemptsInProgress)
  @ApiOperation({
    operationId: 'loginByPasskey',
    summary: 'Log in with a passkey',
    description:
      'Creates a session without email address and password. It needs no second factor, because the authenticator ' +
      'verifies its user. Works while the password of the account is locked.',
  })
  async login(
    @Body() { credential }: PasskeyLoginDto,
    @WithTokenDelivery() exchange: TokenExchange,
  ): Promise<TokensDto> {
    return TokensDto.from(this.cookie.deliver(await this.logins.logIn(credential), exchange));
  }

  @Post('mfa/passkey/options')
  @PadResponseTime()
  @Public()
  @IgnoresIdempotencyKey()
  @Returns(201, PasskeyRequestOptionsDto)
  @Fails(InvalidMfa, TooManyAttempts, AttemptsInProgress, PasskeysUnavailable)
  @ApiOperation({
    operationId: 'createMfaPasskeyOptions',
    summary: 'Create the options of a passkey as the second factor',
    description: `Returns what a browser needs to complete a login that returned \`mfa_required\`. ${unavailable}`,
  })
  async mfaOptions(@Body() { mfaToken }: MfaTokenDto): Promise<PasskeyRequestOptionsDto> {
    return await this.mfaLogins.passkeyOptions(mfaToken);
  }

  @Post('reauthenticate/passkey/options')
  @IgnoresIdempotencyKey()
  @Returns(201, PasskeyRequestOptionsDto)
  @Fails(PasskeysUnavailable)
  @ApiOperation({
    operationId: 'createReauthenticationPasskeyOptions',
    summary: 'Create the options of a passkey for step-up authentication',
    description: `Returns what a browser needs to verify the identity of the caller again. ${unavailable}`,
  })
  async stepUpOptions(@CurrentSession() { userId }: SessionCaller): Promise<PasskeyRequestOptionsDto> {
    return await this.reauthentication.passkeyOptions(userId);
  }
}
