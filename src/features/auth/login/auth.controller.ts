import { Body, Controller, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { OptionalAuthentication, Public } from '../../../platform/http/auth/access.decorators.ts';
import { Unauthenticated } from '../../../platform/http/auth/auth.errors.ts';
import type { Principal } from '../../../platform/http/auth/principal.ts';
import { CurrentPrincipal, MaybePrincipal } from '../../../platform/http/auth/principal.ts';
import type { Commit } from '../../../platform/http/idempotency/idempotency.decorators.ts';
import {
  IdempotentPerToken,
  IgnoresIdempotencyKey,
  PrepareBeforeTransaction,
} from '../../../platform/http/idempotency/idempotency.decorators.ts';
import { accepted, AcceptedDto } from '../../../platform/http/openapi/accepted.dto.ts';
import { AcceptsOneOf, Fails, Returns, ReturnsOneOf } from '../../../platform/http/openapi/operation.decorators.ts';
import { AttemptsInProgress, TooManyAttempts } from '../login-throttling/index.ts';
import { InvalidMfa } from '../mfa/index.ts';
import { InvalidRefreshToken } from '../sessions/index.ts';
import {
  AccessTokenDto,
  LoginDto,
  LogoutDto,
  OneTimeTokenDto,
  RefreshDto,
  RegisterDto,
  TokensDto,
} from './auth.dto.ts';
import {
  loginResponse,
  MfaRequiredDto,
  ReauthenticateByCodeDto,
  ReauthenticateByPasswordDto,
  ReauthenticateDto,
} from './mfa-login.dto.ts';
import { EmailNotVerified, InvalidCredentials, InvalidToken } from './auth.errors.ts';
import { PasswordHashingOverloaded, WeakPassword } from '../passwords/index.ts';
import { AuthService } from './auth.service.ts';
import { ReauthenticationService } from './reauthentication.service.ts';

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly reauthentication: ReauthenticationService,
  ) {}

  @Post('register')
  @Public()
  @IgnoresIdempotencyKey()
  @Returns(202, AcceptedDto)
  @Fails(WeakPassword, PasswordHashingOverloaded, TooManyAttempts, AttemptsInProgress)
  @ApiOperation({
    operationId: 'register',
    summary: 'Register',
    description: 'Always returns the same response, to prevent account enumeration; the outcome is sent by email.',
  })
  async register(@Body() body: RegisterDto): Promise<AcceptedDto> {
    await this.auth.register(body);
    return accepted;
  }

  @Post('email/verify')
  @Public()
  @IdempotentPerToken('token')
  @PrepareBeforeTransaction()
  @Returns(204)
  @Fails(InvalidToken, TooManyAttempts, AttemptsInProgress)
  @ApiOperation({
    operationId: 'verifyEmail',
    summary: 'Verify an email address',
    description:
      'Consumes the token of an emailed link. Opening the link does not consume it, because email scanners open links.',
  })
  async verifyEmail(@Body() body: OneTimeTokenDto): Promise<Commit<void>> {
    return await this.auth.prepareVerification(body.token);
  }

  @Post('login')
  @Public()
  @IgnoresIdempotencyKey()
  @ReturnsOneOf('The tokens of a session, or what its second factor needs.', TokensDto, MfaRequiredDto)
  @Fails(InvalidCredentials, EmailNotVerified, PasswordHashingOverloaded, TooManyAttempts, AttemptsInProgress)
  @ApiOperation({
    operationId: 'login',
    summary: 'Log in',
    description:
      'Creates a session with email address and password. If the account has a second factor, returns `mfa_required` ' +
      'without tokens instead.',
  })
  async login(@Body() body: LoginDto): Promise<TokensDto | MfaRequiredDto> {
    return loginResponse(await this.auth.login(body.email, body.password));
  }

  @Post('refresh')
  @Public()
  @IgnoresIdempotencyKey()
  @Returns(200, TokensDto)
  @Fails(InvalidRefreshToken, TooManyAttempts, AttemptsInProgress)
  @ApiOperation({
    operationId: 'refresh',
    summary: 'Refresh tokens',
    description:
      'Exchanges a refresh token for a new pair of tokens. A repetition within the reuse interval returns the same ' +
      'successor; any later use of a used token revokes the session.',
  })
  async refresh(@Body() body: RefreshDto): Promise<TokensDto> {
    return TokensDto.from(await this.auth.refresh(body.refreshToken));
  }

  @Post('reauthenticate')
  @IgnoresIdempotencyKey()
  @Returns(200, AccessTokenDto)
  @Fails(InvalidCredentials, InvalidMfa, PasswordHashingOverloaded, TooManyAttempts, AttemptsInProgress)
  @AcceptsOneOf(ReauthenticateByPasswordDto, ReauthenticateByCodeDto)
  @ApiOperation({
    operationId: 'reauthenticate',
    summary: 'Verify the identity of the caller again',
    description:
      'Renews the authentication time of the session (step-up authentication), which operations with ' +
      '`reauthentication-required` need. Returns an access token of the same session; the refresh token stays ' +
      'valid. If the account has a second factor, those operations need a code at least once in the session. A wrong ' +
      'password counts as a failed login.',
  })
  async reauthenticate(
    @Body() body: ReauthenticateDto,
    @CurrentPrincipal() caller: Principal,
  ): Promise<AccessTokenDto> {
    const token = await this.reauthentication.verify(caller, body);
    if (token === undefined) throw new Unauthenticated('invalid');
    return AccessTokenDto.of(token);
  }

  @Post('logout')
  @OptionalAuthentication()
  @IgnoresIdempotencyKey()
  @Returns(204)
  @ApiOperation({
    operationId: 'logout',
    summary: 'Log out',
    description: 'Revokes the session of the access token and that of the refresh token. Idempotent.',
  })
  async logout(@Body() body: LogoutDto, @MaybePrincipal() caller: Principal | undefined): Promise<void> {
    await this.auth.logout(caller?.sessionId, body.refreshToken);
  }
}
