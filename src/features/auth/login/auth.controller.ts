import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { AcceptsMissingMfa, OptionalAuthentication, Public } from '../../../platform/http/auth/access.decorators.ts';
import type { Principal, SessionCaller } from '../../../platform/http/auth/principal.ts';
import { CurrentSession, MaybePrincipal } from '../../../platform/http/auth/principal.ts';
import type { Commit } from '../../../platform/http/idempotency/idempotency.decorators.ts';
import {
  IdempotentPerToken,
  IgnoresIdempotencyKey,
  PrepareBeforeTransaction,
} from '../../../platform/http/idempotency/idempotency.decorators.ts';
import { accepted, AcceptedDto } from '../../../platform/http/openapi/accepted.dto.ts';
import { AcceptsOneOf, Fails, Returns, ReturnsOneOf } from '../../../platform/http/openapi/operation.decorators.ts';
import { ReadsHeader } from '../../../platform/http/server/request-header.ts';
import { PadResponseTime } from '../../../platform/http/server/response-time-padding.ts';
import { AttemptsInProgress, TooManyAttempts } from '../login-throttling/index.ts';
import { InvalidMfa } from '../mfa/index.ts';
import { InvalidRefreshToken } from '../sessions/index.ts';
import type { TokenExchange } from '../token-delivery/index.ts';
import {
  CsrfRejected,
  JsonRequired,
  missingRefreshToken,
  ReadsCsrfToken,
  RefreshCookie,
  WithTokenDelivery,
} from '../token-delivery/index.ts';
import {
  AccessTokenDto,
  CsrfTokenDto,
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
  ReauthenticateByPasskeyDto,
  ReauthenticateByPasswordDto,
  ReauthenticateDto,
  tokensOrSecondFactor,
} from './mfa-login.dto.ts';
import { InvalidCredentials, InvalidToken } from './auth.errors.ts';
import { PasswordHashingOverloaded, WeakPassword } from '../passwords/index.ts';
import { AuthService } from './auth.service.ts';
import { ReauthenticationService } from './reauthentication.service.ts';

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly cookie: RefreshCookie,
    private readonly reauthentication: ReauthenticationService,
  ) {}

  @Post('register')
  @PadResponseTime('all')
  @Public()
  @IgnoresIdempotencyKey()
  @ReadsHeader({
    name: 'Accept-Language',
    required: false,
    description: 'Determines the language of the emails to the account (RFC 9110 §12.5.4): English or German.',
    maxLength: 512,
    example: 'de-AT, de;q=0.9, en;q=0.8',
  })
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
  @PadResponseTime()
  @Public()
  @IdempotentPerToken('token')
  @PrepareBeforeTransaction()
  @Returns(204)
  @Fails(InvalidToken, TooManyAttempts)
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
  @PadResponseTime()
  @Public()
  @IgnoresIdempotencyKey()
  @ReturnsOneOf(tokensOrSecondFactor, [TokensDto, MfaRequiredDto], 'Set-Cookie')
  @Fails(InvalidCredentials, PasswordHashingOverloaded, TooManyAttempts, AttemptsInProgress)
  @ApiOperation({
    operationId: 'login',
    summary: 'Log in',
    description:
      'Creates a session with email address and password. With `X-Token-Delivery: cookie` the refresh token is in a ' +
      'cookie only, and the response has a `csrfToken` instead. If the account has a second factor, returns ' +
      '`mfa_required` without tokens instead.',
  })
  async login(
    @Body() body: LoginDto,
    @WithTokenDelivery() exchange: TokenExchange,
  ): Promise<TokensDto | MfaRequiredDto> {
    return loginResponse(await this.auth.login(body.email, body.password), this.cookie, exchange);
  }

  @Post('refresh')
  @PadResponseTime()
  @Public()
  @IgnoresIdempotencyKey()
  @ReadsCsrfToken()
  @Returns(200, TokensDto, 'Set-Cookie')
  @Fails(InvalidRefreshToken, CsrfRejected, TooManyAttempts)
  @ApiOperation({
    operationId: 'refresh',
    summary: 'Refresh tokens',
    description:
      'Exchanges a refresh token for a new pair of tokens. A repetition within the reuse interval returns the same ' +
      'successor; any later use of a used token revokes the session. Without a token in the body the cookie is used, ' +
      'after the CSRF checks; its successor replaces it.',
  })
  async refresh(@Body() body: RefreshDto, @WithTokenDelivery() exchange: TokenExchange): Promise<TokensDto> {
    const presented = await this.cookie.presented(exchange, body.refreshToken);
    if (presented === undefined) throw missingRefreshToken(exchange);
    return TokensDto.from(this.cookie.deliver(await this.auth.refresh(presented.refreshToken), presented.exchange));
  }

  @Get('csrf')
  @Public()
  @Returns(200, CsrfTokenDto)
  @Fails(InvalidRefreshToken, CsrfRejected, JsonRequired)
  @ApiOperation({
    operationId: 'getCsrfToken',
    summary: 'Get a CSRF token',
    description:
      'Returns a CSRF token for the session of the cookie, for a page that was loaded again. Does not use the refresh ' +
      'token.',
  })
  async csrfToken(@WithTokenDelivery() exchange: TokenExchange): Promise<CsrfTokenDto> {
    return { csrfToken: await this.cookie.csrfToken(exchange) };
  }

  @Post('reauthenticate')
  @PadResponseTime()
  @AcceptsMissingMfa()
  @IgnoresIdempotencyKey()
  @Returns(200, AccessTokenDto)
  @Fails(InvalidCredentials, InvalidMfa, PasswordHashingOverloaded, TooManyAttempts, AttemptsInProgress)
  @AcceptsOneOf(ReauthenticateByPasswordDto, ReauthenticateByCodeDto, ReauthenticateByPasskeyDto)
  @ApiOperation({
    operationId: 'reauthenticate',
    summary: 'Verify the identity of the caller again',
    description:
      'Renews the authentication time of the session (step-up authentication), which operations with ' +
      '`reauthentication-required` need. Returns an access token of the same session; the refresh token stays ' +
      'valid. If the account has a second factor, those operations need a code or a passkey at least once in the ' +
      'session. A wrong password counts as a failed login.',
  })
  async reauthenticate(@Body() body: ReauthenticateDto, @CurrentSession() by: SessionCaller): Promise<AccessTokenDto> {
    return AccessTokenDto.of(await this.reauthentication.verify(by, body));
  }

  @Post('logout')
  @OptionalAuthentication()
  @IgnoresIdempotencyKey()
  @ReadsCsrfToken()
  @Returns(204, undefined, 'Set-Cookie')
  @Fails(CsrfRejected)
  @ApiOperation({
    operationId: 'logout',
    summary: 'Log out',
    description:
      'Revokes the session of the access token and that of the refresh token. Idempotent. Without a token in the body ' +
      'the cookie is used, after the CSRF checks, and deleted.',
  })
  async logout(
    @Body() body: LogoutDto,
    @MaybePrincipal() caller: Principal | undefined,
    @WithTokenDelivery() exchange: TokenExchange,
  ): Promise<void> {
    const presented = await this.cookie.presented(exchange, body.refreshToken);
    await this.auth.logout(caller?.sessionId, presented?.refreshToken);
    if (presented?.exchange.byCookie === true) this.cookie.clear(exchange);
  }
}
