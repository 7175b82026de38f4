import { Body, Controller, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { OptionalAuthentication, Public } from '../../http/auth/access.decorators.ts';
import type { Principal } from '../../http/auth/principal.ts';
import { MaybePrincipal } from '../../http/auth/principal.ts';
import type { Finish } from '../../http/idempotency/idempotency.decorators.ts';
import {
  IdempotentPerToken,
  IgnoresIdempotencyKey,
  PreparesOutside,
} from '../../http/idempotency/idempotency.decorators.ts';
import { accepted, AcceptedDto } from '../../http/openapi/accepted.dto.ts';
import { Fails, Returns } from '../../http/openapi/operation.decorators.ts';
import { AttemptsCrowded, TooManyAttempts } from '../attempts/attempts.errors.ts';
import { InvalidRefreshToken } from '../sessions/sessions.errors.ts';
import { LoginDto, LogoutDto, MailedTokenDto, RefreshDto, RegisterDto, TokensDto } from './auth.dto.ts';
import { EmailNotVerified, HashingOverloaded, InvalidCredentials, InvalidToken, WeakPassword } from './auth.errors.ts';
import { AuthService } from './auth.service.ts';

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  @Post('register')
  @Public()
  @IgnoresIdempotencyKey()
  @Returns(202, AcceptedDto)
  @Fails(WeakPassword, HashingOverloaded, TooManyAttempts, AttemptsCrowded)
  @ApiOperation({
    operationId: 'register',
    summary: 'Register',
    description: 'Always answers the same; what happened is told by mail to the address alone.',
  })
  async register(@Body() body: RegisterDto): Promise<AcceptedDto> {
    await this.auth.register(body);
    return accepted;
  }

  @Post('email/verify')
  @Public()
  @IdempotentPerToken('token')
  @PreparesOutside()
  @Returns(204)
  @Fails(InvalidToken, TooManyAttempts, AttemptsCrowded)
  @ApiOperation({
    operationId: 'verifyEmail',
    summary: 'Verify an e-mail address',
    description: 'Spends the token of a mailed link. A GET never does: mail scanners open links.',
  })
  async verifyEmail(@Body() body: MailedTokenDto): Promise<Finish<void>> {
    return await this.auth.prepareVerification(body.token);
  }

  @Post('login')
  @Public()
  @IgnoresIdempotencyKey()
  @Returns(200, TokensDto)
  @Fails(InvalidCredentials, EmailNotVerified, HashingOverloaded, TooManyAttempts, AttemptsCrowded)
  @ApiOperation({ operationId: 'login', summary: 'Log in', description: 'Begins a session with e-mail and password.' })
  async login(@Body() body: LoginDto): Promise<TokensDto> {
    return TokensDto.from(await this.auth.login(body.email, body.password));
  }

  @Post('refresh')
  @Public()
  @IgnoresIdempotencyKey()
  @Returns(200, TokensDto)
  @Fails(InvalidRefreshToken, TooManyAttempts, AttemptsCrowded)
  @ApiOperation({
    operationId: 'refresh',
    summary: 'Refresh tokens',
    description:
      'Exchanges a refresh token for a new pair. Repeated within the grace it answers the same successor; any later use of a spent token ends the session.',
  })
  async refresh(@Body() body: RefreshDto): Promise<TokensDto> {
    return TokensDto.from(await this.auth.refresh(body.refreshToken));
  }

  @Post('logout')
  @OptionalAuthentication()
  @IgnoresIdempotencyKey()
  @Returns(204)
  @ApiOperation({
    operationId: 'logout',
    summary: 'Log out',
    description: 'Ends the session of the access token and the one of the refresh token. Always 204, also twice.',
  })
  async logout(@Body() body: LogoutDto, @MaybePrincipal() caller: Principal | undefined): Promise<void> {
    await this.auth.logout(caller?.sessionId, body.refreshToken);
  }
}
